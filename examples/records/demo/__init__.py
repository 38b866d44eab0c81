"""The demonstration of the records saga: `make demo-records`."""
