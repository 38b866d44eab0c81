"""The course of a trip to each of its outcomes, recorded from the shipped handlers: who works when, on what, doing what.

One trip at a time, with nothing going wrong, in virtual time; so a change of a handler or of a rule changes the courses.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from random import Random
from typing import Any, Final

import msgspec

from infra.catalog import CATALOG, ORCHESTRATOR
from infra.stages import named
from sandbox.modes import MODES, Mode
from sandbox.simulate.pace import call_of
from sandbox.simulate.queue import Letter
from sandbox.simulate.scenario import LAST_PLACES, request_of
from sandbox.simulate.weather import AnyPace, Weather
from sandbox.simulate.world import SimulatedWorld
from sandbox.world import TASK, Inbox
from shared.observer.effects import Enter, Note
from shared.saga.driver import Result
from shared.saga.effects import Announce, Decide, Effect, Look, Release
from shared.saga.timeline import Facts, Noted, verdict

REQUEST, CANCEL = -1, -2
"""What a visit follows that follows no other: the client's request, or its cancel."""
QUIET: Final = 2
"""A schedule in which no two visits of the observer overlap, so that nothing is said twice; a test compares with the bills."""
AFTER_COMMIT: Final = 3600.0
"""Seconds after which the client cancels: when all is long over."""

OUTCOMES: Final = ("confirmed", *(f"refused at {name}" for name in CATALOG.legs), "cancelled after the commit")
"""The courses that are recorded, by their names in `sandbox.metering`."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One handling of one message (or one call by the machine). `after`: the visit whose event or answer leads to it."""

    inbox: Inbox
    after: int
    calls: tuple[str, ...] = ()
    """What it does, call by call, by the names of the assumed latencies."""
    reads: int = 0
    writes: int = 0
    """Units of its own table; the observer's writes grow with the trip's item, and are reckoned in `sandbox.metering`."""
    needed: bool = False
    """The observer knows the outcome no sooner than it has noted this."""
    ends: bool = False
    """It moves the trip to the board of the ended."""

    @property
    def queued(self) -> bool:
        """Whether a queue lies before it; the machine calls without one."""
        return self.inbox.role != TASK


@dataclass(frozen=True, slots=True)
class Course:
    """A trip's way to one outcome, in one mode: its visits, each after the one that leads to it."""

    mode: str
    outcome: str
    visits: tuple[Visit, ...]
    asked: int
    """What the outcome is counted from: the request, or the cancel."""


@cache
def courses(mode: str) -> Mapping[str, Course]:
    """The courses of a mode, by outcome."""
    return {outcome: record(MODES[mode], outcome) for outcome in OUTCOMES}


class Recorder(SimulatedWorld):
    """A world that keeps who worked on what because of whom."""

    def __init__(self, mode: Mode) -> None:
        chance = Random(QUIET)  # noqa: S311 - a schedule, no secret
        super().__init__(
            replace(named(mode.stage), batch_size=1), chance, Weather(chance, frozenset()), AnyPace(chance)
        )
        self.visits: dict[str, Visit] = {}
        self.facts: dict[str, Noted] = {}
        """By the visit that noted them first."""
        self._made: dict[str, int] = {}
        """Which visit put an event, by the event's id."""
        self._noted: set[str] = set()
        self._machine_after = REQUEST

    def started(self, who: str, inbox: Inbox, letters: Sequence[Letter]) -> None:
        event = msgspec.json.decode(letters[0].body)
        said = event["detail"].get("metadata", {}).get("eventId", "")
        asked = CANCEL if event.get("detail-type") == "TripCancelRequested" else REQUEST
        self.visits[who] = Visit(inbox, self._made.get(said, asked))
        if inbox.service == ORCHESTRATOR:
            self._machine_after = len(self.visits) - 1

    def called(self, who: str, inbox: Inbox, payload: Mapping[str, Any]) -> None:  # noqa: ARG002 - whom it is called for is known
        self.visits[who] = Visit(inbox, self._machine_after)
        self._machine_after = len(self.visits) - 1

    def done(self, who: str, service: str, effect: Effect, result: Result) -> None:
        super().done(who, service, effect, result)
        visit = self.visits[who]
        reads, writes = units_of(effect)
        self.visits[who] = replace(
            visit,
            calls=(*visit.calls, call_of(effect)),
            reads=visit.reads + reads,
            writes=visit.writes + writes,
            ends=visit.ends or (isinstance(effect, Enter) and not effect.summary.open),
        )
        if isinstance(effect, Announce):
            self._made.setdefault(effect.fact.metadata.event_id, [*self.visits].index(who))
        if isinstance(effect, Note) and effect.fact.event_id not in self._noted:
            self._noted.add(effect.fact.event_id)
            self.facts[who] = effect.fact


def units_of(effect: Effect) -> tuple[int, int]:
    """Read and write units of a participant's call, by AWS's rules: a transaction costs twice its items."""
    match effect:
        case Look(keys=keys):
            return 1 + len(keys), 0
        case Decide(record=record):
            return 0, 2 * (1 + len(record.claims)) if record.claims else 1
        case Release(booked=booked):
            return 0, 2 * (1 + len(booked.claims))
    return 0, 0


def record(mode: Mode, outcome: str) -> Course:
    """Let one trip take this course, and tell how it went."""
    world = Recorder(mode)
    if outcome.startswith("refused at "):
        service = outcome.removeprefix("refused at ")
        for item, unit, _ in LAST_PLACES[service]:
            world.set_stock(service, item, unit, 0)
    world.enter(0, lambda: world.put(mode.ask(request_of("trip-1"))))
    world.settle()
    before = len(world.visits)
    if outcome == "cancelled after the commit":
        world.enter(world.agenda.now + AFTER_COMMIT, lambda: world.put({"tripId": "trip-1"}, "TripCancelRequested"))
        world.settle()
    needed = _needed(world, before if outcome.startswith("cancelled") else 0)
    visits = [replace(it, needed=who in needed) for who, it in world.visits.items()]
    return Course(mode.name, outcome, tuple(visits), CANCEL if outcome.startswith("cancelled") else REQUEST)


def _needed(world: Recorder, since: int) -> set[str]:
    """The visits without whose fact the observer would not know the outcome."""
    noted = world.facts
    end = verdict(Facts(noted.values(), CATALOG.legs)).status
    names = [*world.visits][since:]
    return {
        who
        for who in names
        if who in noted
        and verdict(Facts([fact for other, fact in noted.items() if other != who], CATALOG.legs)).status is not end
    }
