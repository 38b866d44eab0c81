"""The crash matrix: every handler, every call that it makes of the world, everything that can happen to a call."""
