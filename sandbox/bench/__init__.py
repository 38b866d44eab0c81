"""What the saga costs on this machine, next to doing nothing: `python -m sandbox.bench`."""
