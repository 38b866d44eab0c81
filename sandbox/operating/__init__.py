"""Operating the failures: what would become of a message, and what waits on what. Pure, on any engine."""
