"""One workload, every mode: what `wayfare compare` runs, measures and checks."""
