"""What a run costs: the engine's counts, and what AWS asks for them.

Import from the modules: `meter.Meter`, `counts.Counts`, `cost`; the prices are `infra.prices`.
"""
