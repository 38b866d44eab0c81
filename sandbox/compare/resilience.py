"""What happens to trips when something is stopped: a matrix of what, against mode."""

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from functools import partial
from typing import Any, Final

import msgspec

from infra.catalog import CATALOG, OBSERVER, ORCHESTRATOR, REQUESTED
from sandbox.auditor import Violation
from sandbox.compare.arena import Arena, Call, EngineArena
from sandbox.compare.correctness import audited
from sandbox.compare.runner import Report, calls_of, mark_of
from sandbox.compare.stops import impatient, stopped
from sandbox.compare.workload import Mix, Order, deal
from sandbox.modes import ORCHESTRATION
from sandbox.world import World
from shared.saga.record import State

MIX = Mix(shares={"confirmed": 0.6, "refused-flight": 0.1, "refused-car": 0.2, "cancelled": 0.1})
RATE = 20.0
ALLOWED, SOON = timedelta(seconds=20), timedelta(seconds=6)
"""The trips' deadline, and that of those whose execution is aborted: what then has no outcome, the observer brings to its end."""
KILLED: Final = "a worker, in mid-flight"
ABORTED: Final = "running executions, for good"
SCENARIOS: Final[Mapping[str, str]] = {
    "the orchestrator": ORCHESTRATOR,
    "one participant (flight)": "flight",
    "the observer": OBSERVER,
    KILLED: "",
    ABORTED: ORCHESTRATOR,
}
"""What is stopped, and the service that it is."""
AT_ONCE: Final = (KILLED, ABORTED)
"""What happens in a moment, and is not there again after a while."""
SLOW_SECONDS = 1
"""How long each car takes to book while executions are aborted, so that there are some."""


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the trips that came while something was stopped."""

    mode: str
    stopped: str
    present: bool
    """False: the mode's stage has no such thing."""
    trips: int
    ended_meanwhile: int
    by_themselves: int
    """Came to their end after it was there again, or at once, without a reminder."""
    by_deadline: int
    """Came to their end after the observer reminded the pivot."""
    stuck: int
    """Have no end."""
    lost: int
    """Nobody has anything on record of them."""
    drain_seconds: float
    """From the moment it was there again (of what happens at once: from the last request) to the last end."""


def resilience(
    arenas: Sequence[Arena], *, trips: int, hold: float, seed: int, report: Report
) -> tuple[list[Outage], list[Violation]]:
    """Every scenario in every mode."""
    outages, violations = [], []
    for number, what in enumerate(SCENARIOS):
        for arena in arenas:
            outage, ids = _outage(arena, what, number, deal(MIX, trips, RATE, seed + number), hold)
            outages.append(outage)
            violations += [*audited(arena.world, ids), *_lost(outage)]
            report(f"{arena.mode.name}: stopped: {what}")
    return outages, violations


def _outage(
    arena: Arena, what: str, number: int, orders: Sequence[Order], hold: float
) -> tuple[Outage, Collection[str]]:
    calls = [call for order in orders for call in calls_of(order, arena, mark_of(arena, "stop", number))]
    ids = sorted({call.trip_id for call in calls})
    with impatient(arena) if what == KILLED else nullcontext():
        with _stopped(arena, what) as present:
            arena.play([_adapted(arena, what, place, call) for place, call in enumerate(calls)])
            aborted = _abort(arena) if what == ABORTED else 0
            meanwhile = _wait(arena, ids, 0 if what in AT_ONCE else hold)
        began = time.monotonic()
        open_ones = arena.rest(ids, patience=_allowed(what).total_seconds() + 2)
        if open_ones:
            arena.world.tick()
            open_ones = arena.rest(open_ones)
        drained = time.monotonic() - began
    arena.heard()
    there = aborted > 0 if what == ABORTED else present
    return _told(arena, what, there, ids, meanwhile, open_ones, drained), ids


def _told(  # noqa: PLR0913, PLR0917 - a row of the matrix
    arena: Arena,
    what: str,
    present: bool,
    ids: Collection[str],
    meanwhile: int,
    stuck: Collection[str],
    drained: float,
) -> Outage:
    known = [arena.world.known(trip) for trip in ids]
    reminded = sum(seen.summary.nudges > 0 for seen in known if seen.summary)
    return Outage(
        mode=arena.mode.name,
        stopped=what,
        present=present,
        trips=len(ids),
        ended_meanwhile=meanwhile,
        by_themselves=len(ids) - reminded - len(stuck),
        by_deadline=reminded,
        stuck=len(stuck),
        lost=len(ids) - len([trip for trip in ids if _on_record(arena.world, trip)]),
        drain_seconds=drained,
    )


def _stopped(arena: Arena, what: str) -> AbstractContextManager[bool]:
    return nullcontext(True) if what in AT_ONCE else stopped(arena, SCENARIOS[what])


def _abort(arena: Arena) -> int:
    """Stop every execution that runs, when one waits for the pivot: no Catch of theirs sees it. Answers how many."""
    if arena.mode != ORCHESTRATION:
        return 0
    world, last = arena.world, f"Book {CATALOG.pivot.name}"
    world.wait_for(partial(_any_waits, world, last), f"an execution to get to {last!r}")
    return sum(world.stop(name) for name in world.executions("RUNNING"))


def _any_waits(world: World, at: str) -> bool:
    return any(world.tasks(name)[-1:] == [at] for name in world.executions("RUNNING"))


def _allowed(what: str) -> timedelta:
    return SOON if what == ABORTED else ALLOWED


def _adapted(arena: Arena, what: str, place: int, call: Call) -> Call:
    """With a deadline; and with what the scenario needs: every third trip kills a worker, or every car takes its time."""
    if call.detail_type != REQUESTED:
        return call
    detail: dict[str, Any] = {**call.detail, "deadline": (arena.world.now + _allowed(what)).isoformat()}
    if what == KILLED and place % 3 == 0:
        at = ("flight", "car")[place % 2]
        detail["faults"] = [{"at": at, "on": "book", "do": "crash_after"}]
    if what == ABORTED:
        detail["faults"] = [{"at": "car", "on": "book", "do": "delay", "seconds": SLOW_SECONDS}]
    return call._replace(detail=detail)


def _wait(arena: Arena, trips: Sequence[str], hold: float) -> int:
    """Let it be stopped for a while; answers how many trips came to an end of their bookings meanwhile."""
    if isinstance(arena, EngineArena):
        time.sleep(hold)
    else:
        arena.rest([])
    records = {name: arena.world.books(name).records for name in CATALOG.legs}
    return sum(_decided([records[name].get(trip) for name in records]) for trip in trips)


def _decided(records: Sequence[Any]) -> bool:
    booked = [record is not None and record.state is State.BOOKED for record in records]
    return all(booked) or (any(records) and not any(booked))


def _on_record(world: World, trip: str) -> bool:
    return bool(world.known(trip).noted)


def _lost(outage: Outage) -> Iterator[Violation]:
    if outage.lost or outage.stuck:
        where = f"{outage.mode}, without {outage.stopped}"
        yield Violation("L2", where, f"{outage.lost} trips lost, {outage.stuck} stuck")
