"""A new participant's files: named, checked, written, put into the catalogue."""
