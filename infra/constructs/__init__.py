"""Building blocks of the stacks: an inbox, a worker, alarms, a table, and reasons for what stays wide."""
