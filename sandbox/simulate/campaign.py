"""Many schedules, one seed after the other, on as many processes as wanted; and the shortest story of one that fails."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from sandbox.auditor import Violation
from sandbox.simulate.schedule import NO_LIMITS, Limits, Ran, run
from sandbox.simulate.world import Tamper

CHUNK: Final = 250
"""Schedules between two reports."""
KEPT: Final = 20
"""Failing seeds that are kept; one is enough to begin with."""
TRIES: Final = 150
"""Seeds looked at for a smaller story of the same kind."""

Report = Callable[[int], None]
"""Told how many schedules are done."""


@dataclass(slots=True)
class Tally:
    """What many schedules came to."""

    schedules: int = 0
    trips: int = 0
    effects: int = 0
    hours: float = 0.0
    """Virtual."""
    failing: int = 0
    struck: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, Sequence[Violation]]] = field(default_factory=list)

    def add(self, ran: Ran) -> None:
        """Count one more."""
        self.schedules += 1
        self.trips += ran.trips
        self.effects += ran.effects
        self.hours += ran.seconds / 3600
        self.struck.update({str(fault): count for fault, count in ran.struck.items()})
        self.outcomes.update(ran.outcomes)
        if ran.violations:
            self.failing += 1
            self.failures = [*self.failures, (ran.seed, ran.violations)][:KEPT]

    def merge(self, other: "Tally") -> None:
        """Add what another part of the campaign came to."""
        self.schedules += other.schedules
        self.trips += other.trips
        self.effects += other.effects
        self.hours += other.hours
        self.failing += other.failing
        self.struck.update(other.struck)
        self.outcomes.update(other.outcomes)
        self.failures = [*self.failures, *other.failures][:KEPT]


def campaign(
    first: int, count: int, *, processes: int = 1, limits: Limits = NO_LIMITS, report: Report | None = None
) -> Tally:
    """Run the schedules of seeds `first` to `first + count - 1`."""
    total = Tally()
    for part in _parts(_chunks(first, count), processes, limits):
        total.merge(part)
        if report:
            report(total.schedules)
    return total


def _parts(chunks: Sequence[range], processes: int, limits: Limits) -> Iterator[Tally]:
    if processes == 1:
        yield from map(partial(_run_all, limits), chunks)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(partial(_run_all, limits), chunks)


def _chunks(first: int, count: int) -> list[range]:
    last = first + count
    return [range(start, min(start + CHUNK, last)) for start in range(first, last, CHUNK)]


def _run_all(limits: Limits, seeds: range) -> Tally:
    tally = Tally()
    for seed in seeds:
        tally.add(run(seed, limits))
    return tally


def shrink(seed: int, limits: Limits = NO_LIMITS, tamper: Tamper | None = None) -> tuple[int, Limits]:
    """A seed and limits whose schedule breaks the same invariant with fewer trips and fewer kinds of faults."""
    broken = _broken(seed, limits, tamper)
    for smaller in _smaller(limits):
        seeds = (seed, *range(TRIES))
        if (found := next((it for it in seeds if _broken(it, smaller, tamper) & broken), None)) is not None:
            return shrink(found, smaller, tamper)
    return seed, limits


def _smaller(limits: Limits) -> Iterator[Limits]:
    """One step down each way: the boldest first."""
    if limits.trips > 1:
        yield from (replace(limits, trips=trips) for trips in range(1, limits.trips))
    if len(limits.modes) > 1:
        yield from (replace(limits, modes=(mode,)) for mode in limits.modes)
    if len(limits.faults) > 1:
        yield replace(limits, faults=frozenset())
    yield from (replace(limits, faults=limits.faults - {fault}) for fault in sorted(limits.faults))


def _broken(seed: int, limits: Limits, tamper: Tamper | None) -> set[str]:
    return {violation.invariant for violation in run(seed, limits, tamper=tamper).violations}
