"""A saga's graph, from its contracts, rules and catalogue, and what is wrong with it."""
