"""The services. Each ships alone; none imports another."""
