"""A second saga on the same runtime: process, transform and commit the records of a transaction."""
