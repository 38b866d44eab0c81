"""What one trip costs in billed operations: trips of one kind, one at a time, between two readings of the meter.

One at a time every batch holds one message, so these are the dearest trips there are; a busy stage shares batches.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from infra.catalog import CATALOG
from sandbox.compare.arena import EngineArena
from sandbox.compare.runner import Report, calls_of, mark_of
from sandbox.compare.samples import AFTER
from sandbox.compare.stopwatch import Heard
from sandbox.compare.workload import CANCELLED, CONFIRMED, KINDS, Mix, deal
from sandbox.metering.counts import Counts, place_of
from sandbox.metering.meter import Meter, Runs


class Counted(NamedTuple):
    """The operations of a trip of one kind. `seconds` and `handler_seconds` are of the same trips."""

    mode: str
    group: str
    trips: int
    per_trip: Counts
    seconds: list[float]
    handler_seconds: float
    """Mean billed time of the participants' functions, for each trip."""


def counted(arenas: Sequence[EngineArena], *, trips: int, seed: int, report: Report) -> list[Counted]:
    """Every kind of trip in every mode."""
    found = []
    for number, kind in enumerate(KINDS):
        for arena in arenas:
            found.append(_count(arena, kind, number, trips, seed))
            report(f"{arena.mode.name}: counting operations, {kind}")
    return found


def _count(arena: EngineArena, kind: str, number: int, trips: int, seed: int) -> Counted:
    meter, mark = Meter(arena.world.engine), mark_of(arena, "count", number)
    arena.rest([])
    before, ran = meter.snapshot(), meter.functions()
    seconds = []
    for order in deal(Mix(shares={kind: 1}), trips, 1.0, seed):
        for call in calls_of(order, arena, mark):
            puts = arena.play([call._replace(at=0)])
            arena.rest([call.trip_id])
        put = next(iter(puts.values()))
        seconds += [max(it.at for it in heard) - put.due for heard in [_outcomes(arena, kind)] if heard]
    spent = (meter.snapshot() - before).of_stage(arena.mode.stage).of_trips()
    handled = _handler_ms(meter.functions(), arena.mode.stage) - _handler_ms(ran, arena.mode.stage)
    group = AFTER if kind == CANCELLED else kind
    return Counted(arena.mode.name, group, trips, spent.scaled(1 / trips), seconds, handled / 1000 / trips)


def _outcomes(arena: EngineArena, kind: str) -> list[Heard]:
    wanted = {CONFIRMED: "TripConfirmed", CANCELLED: "TripCancelled"}.get(kind, "TripFailed")
    return [it for it in arena.heard() if it.detail_type == wanted]


def _handler_ms(functions: Mapping[str, Runs], stage: str) -> float:
    """Billed milliseconds of the participants' functions of a stage."""
    return sum(
        runs.billed_ms
        for name, runs in functions.items()
        if (place := place_of(name)).stage == stage and place.owner in CATALOG.legs
    )
