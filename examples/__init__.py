"""Examples: what runs on Wayfare."""
