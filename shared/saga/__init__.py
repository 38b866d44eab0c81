"""The saga runtime: the only code that makes plans true, and announces what is recorded."""
