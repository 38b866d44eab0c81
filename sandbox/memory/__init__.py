"""The same system in one process: the shipped handlers on ports that keep everything in memory."""
