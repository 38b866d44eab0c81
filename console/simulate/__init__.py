"""What simulations came to: on a terminal, as JSON, as a page."""
