"""TOML text to Scenario and back, every problem with its line."""
