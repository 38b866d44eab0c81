"""Everything that takes long: the full exploration, all mutants, many schedules, an hour on paper, chaos; and the page that quotes it."""
