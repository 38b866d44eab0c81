"""The same workload in memory: any order of delivery, every message twice, a thousand trips in seconds.

It says nothing of time; it says that no order of events led to anything wrong.
"""

from collections.abc import Sequence

import msgspec

from infra.stages import named
from sandbox.auditor import Violation
from sandbox.compare.arena import MemoryArena
from sandbox.compare.correctness import balance
from sandbox.compare.runner import Plan, Report, play_rounds
from sandbox.compare.workload import Mix
from sandbox.memory.world import MemoryWorld
from sandbox.modes import Mode

TRIPS = 1000
DUPLICATES = 2


class Simulated(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a mode's trips in memory."""

    mode: str
    trips: int
    confirmed: int
    asked_for: int
    """Trips that nothing was to go wrong with: as many must be confirmed."""
    violations: int


def simulate(
    modes: Sequence[Mode], mix: Mix, seed: int, report: Report, trips: int = TRIPS
) -> tuple[list[Simulated], list[Violation]]:
    """Each mode by itself."""
    told, violations = [], []
    for mode in modes:
        arena = MemoryArena(mode, MemoryWorld(named(mode.stage), seed, DUPLICATES, mode=mode))
        found = play_rounds(Plan(trips=trips, rounds=1, rate=100.0, seed=seed, mix=mix, hot_trips=0), [arena], _silent)
        report(f"{mode.name}: {trips} trips in memory")
        sums = balance(found.samples)
        asked = sum(it.kind == "confirmed" for it in found.samples)
        told.append(
            Simulated(
                mode=mode.name,
                trips=sums["trips"],
                confirmed=sums["CONFIRMED"],
                asked_for=asked,
                violations=len(found.violations),
            )
        )
        violations += found.violations
    return told, violations


def _silent(_what: str) -> None:
    """Its rounds are one piece of work."""
