"""Two simulations, both seeded and in virtual time, and neither a measurement.

`schedules`: the shipped handlers under random schedules of everything that AWS may do to them, audited.
`scale`: what a thousand trips a second would meet in each mode, on paper.
"""
