"""Correctness before speed: what a run must have kept, and by name what it did not.

Beside the auditor's invariants: L2 every trip ended, and as its kind demands; B compensations due, started and
finished are as many; C1 all modes end the same trips alike.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from infra.catalog import CATALOG
from sandbox.auditor import Violation, audit
from sandbox.compare.samples import Sample
from sandbox.compare.workload import CANCELLED, CONFIRMED
from sandbox.world import World
from shared.saga.timeline import Status

INVARIANTS = {
    "S1": "stock adds up, and nothing is oversold",
    "S3": "nobody announced both Booked and BookingFailed",
    "S4": "a booked pivot has every earlier leg booked",
    "S5": "the observer's summary is true",
    "S6": "a commit is undone only by the user",
    "L1": "at rest, a trip is booked by all or by none, and its status says so",
    "L2": "every trip came to its end",
    "B": "compensations due = started = finished",
    "C1": "all modes end the same trips alike",
}
"""What is checked."""


def audited(world: World, trips: Collection[str]) -> list[Violation]:
    """The auditor's word on a world at rest, trip by trip for these."""
    books = {name: world.books(name) for name in CATALOG.legs}
    with ThreadPoolExecutor(4) as readers:
        known = dict(zip(trips, readers.map(world.known, trips), strict=True))
    return audit(books, {trip: seen for trip, seen in known.items() if seen.noted}, CATALOG.legs, set(trips))


def checked(samples: Iterable[Sample]) -> Iterator[Violation]:
    """What is wrong with the samples of one mode."""
    for it in samples:
        where = f"{it.mode}, trip {it.trip}"
        if it.status not in (Status.CONFIRMED, Status.FAILED, Status.CANCELLED):
            yield Violation("L2", where, f"it is {it.status}, and nothing is outstanding")
        elif it.phase != "hot" and (it.status, it.reason) != _wanted(it.kind):
            yield Violation("L2", where, f"{it.kind} ended {it.status} {it.reason!r}")
        if not it.due == it.started == it.finished:
            yield Violation("B", where, f"{it.due} compensations due, {it.started} started, {it.finished} finished")


def compared(samples: Sequence[Sample]) -> Iterator[Violation]:
    """C1: what the modes disagree about, trip by trip. Who wins a race for a last place is nobody's to foretell."""
    fair = [it for it in samples if it.phase != "hot"]
    for key, alike in groupby(sorted(fair, key=_place), key=_place):
        ends = {(it.status, it.booked): it for it in alike}
        if len(ends) > 1:
            told = "; ".join(f"{it.mode}: {it.status} holding {len(it.booked)}" for it in ends.values())
            yield Violation("C1", f"{key[0]} {key[1]}, trip {key[2]}", told)


def balance(samples: Iterable[Sample]) -> dict[str, int]:
    """Trips by outcome, and the sums that must tally."""
    every = list(samples)
    statuses = Counter(it.status for it in every)
    return {
        "trips": len(every),
        **{status: statuses[status] for status in ("CONFIRMED", "FAILED", "CANCELLED")},
        "open": sum(count for status, count in statuses.items() if status in ("PENDING", "COMPENSATING")),
        "failures injected": sum(it.kind != CONFIRMED for it in every),
        "compensations due": sum(it.due for it in every),
        "started": sum(it.started for it in every),
        "finished": sum(it.finished for it in every),
    }


def _wanted(kind: str) -> tuple[str, str]:
    if kind == CONFIRMED:
        return "CONFIRMED", ""
    return ("CANCELLED", "cancelled") if kind == CANCELLED else ("FAILED", "requested_failure")


def _place(it: Sample) -> tuple[str, int, int]:
    return it.phase, it.round, it.number
