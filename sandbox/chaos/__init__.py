"""Chaos: many trips on the local engine while its processes are killed, its queues stopped and its power cut."""
