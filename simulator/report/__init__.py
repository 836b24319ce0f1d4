"""Results as text for people and as csv and json for programs."""
