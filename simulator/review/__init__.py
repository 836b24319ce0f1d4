"""What a scenario says without running it: show, diff, lint."""
