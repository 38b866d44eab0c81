"""Words to tell stories with: given what there is, when something happens, then this is how it ends.

Each story has trips of its own, on a hotel, a flight and cars of its own, so that stories share an engine.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import pytest

from infra.catalog import CATALOG, PARTICIPANTS
from sandbox.auditor import audit
from sandbox.modes import ORCHESTRATION
from sandbox.world import Books, Inbox, World
from shared.observer.standing import Rejection
from shared.saga.record import State
from shared.saga.timeline import Facts, Line, Status, in_words, saga_log, verdict

EXAMPLES = Path(__file__).parents[2] / "examples" / "trips"
NIGHTS = ("2017-07-10", "2017-07-11")
STEPS = {who.name: who.step for who in PARTICIPANTS}

Trip = dict[str, Any]


def example(name: str) -> Trip:
    """One of the example trips, as it stands in its file."""
    trip: Trip = json.loads((EXAMPLES / f"{name}.json").read_text())
    return trip


class Story:
    """A story in a world, and the trips that it told of."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.mark = uuid.uuid4().hex[:8]
        self.trip = self.another()
        self.trips: dict[str, Trip] = {}
        self.requests: list[str] = []

    def another(self, **changes: Any) -> Trip:
        """A trip like the example's, under an id of its own, to this story's own places."""
        trip = example("trip-success")
        places = {place: f"{trip[place]} {self.mark}" for place in ("hotel", "depart", "arrive", "car")}
        return self.world.mode.ask({**trip, **places, "tripId": str(uuid.uuid4()), **changes})

    def given(self, *steps: "Step") -> Self:
        return self._do(steps)

    def when(self, *steps: "Step") -> Self:
        return self._do(steps)

    def then(self, *steps: "Step") -> Self:
        """Let everything come to rest, check what the story claims, and the invariants."""
        self.world.settle()
        self._do(steps)
        self.audit()
        return self

    def _do(self, steps: tuple["Step", ...]) -> Self:
        for step in steps:
            step(self)
        return self

    def request(self, trip: Trip) -> str:
        """Put a trip request, and remember it."""
        self.trips[trip["tripId"]] = trip
        self.requests.append(self.world.put(trip))
        return self.requests[-1]

    def books(self) -> Mapping[str, Books]:
        """The participants' books, as far as this story's trips and places go."""
        return {name: self._own(self.world.books(name)) for name in CATALOG.legs}

    def _own(self, books: Books) -> Books:
        stock = {key: item for key, item in books.stock.items() if self.mark in key.item.lower()}
        return Books({trip: record for trip, record in books.records.items() if trip in self.trips}, stock)

    def state(self, participant: str, trip: Trip | None = None) -> State | None:
        record = self.world.books(participant).records.get((trip or self.trip)["tripId"])
        return record.state if record else None

    def facts(self, trip: Trip | None = None) -> Facts:
        return Facts(self.world.known((trip or self.trip)["tripId"]).noted, CATALOG.legs)

    def log(self, trip: Trip | None = None) -> list[str]:
        return [as_text(line) for line in saga_log(self.facts(trip))]

    def audit(self) -> None:
        """The invariants hold."""
        known = {trip: seen for trip in self.trips if (seen := self.world.known(trip)).noted}
        books = {name: self.world.books(name) for name in CATALOG.legs}
        assert audit(books, known, CATALOG.legs, self.trips) == []


Step = Callable[[Story], object]


def as_text(line: Line) -> str:
    """A line of the saga log, without its time."""
    return in_words(line, CATALOG.saga, STEPS.get(line.participant, ""))


def stock(service: str, capacity: int) -> Step:
    """So many places are listed where the story's trips go: rooms on each night, seats (in the cheapest fare only), cars."""

    def step(story: Story) -> None:
        trip, mark = story.trip, story.mark
        match service:
            case "hotel":
                for night in NIGHTS:
                    story.world.set_stock("hotel", trip["hotel"], night, capacity)
            case "flight":
                flight = f"london {mark} > dublin {mark} 2017-07-10T06:00Z"
                for fare, seats in (("saver", capacity), ("flex", 0), ("full", 0)):
                    story.world.set_stock("flight", flight, fare, seats)
            case "car":
                story.world.set_stock("car", trip["car"], "fleet", capacity)

    return step


def requested(**changes: Any) -> Step:
    """The story's trip is requested, with these changes."""

    def step(story: Story) -> None:
        story.trip.update(changes)
        story.request(story.trip)

    return step


def told_through_queues() -> Step:
    """This story switches queues off between legs; a state machine calls its participants and has none there."""

    def step(story: Story) -> None:
        if story.world.mode is ORCHESTRATION:
            pytest.skip("no queue lies between the legs of an orchestrated trip; test_orchestration.py has its story")

    return step


def cancelled() -> Step:
    """The user cancels the story's trip."""

    def step(story: Story) -> None:
        story.trips[story.trip["tripId"]] = story.trip
        story.world.put({"tripId": story.trip["tripId"]}, "TripCancelRequested")

    return step


def settled() -> Step:
    """Everything comes to rest."""
    return lambda story: story.world.settle()


def switched_off(service: str, role: str) -> Step:
    """The consumer of a queue is switched off."""
    return lambda story: story.world.pause(Inbox(service, role))


def switched_on(service: str, role: str) -> Step:
    """It is switched on again."""
    return lambda story: story.world.resume(Inbox(service, role))


def lost(service: str, role: str) -> Step:
    """What waits in a queue (whose consumer is off) is lost."""

    def step(story: Story) -> None:
        story.world.settle()
        assert story.world.waiting(Inbox(service, role)), f"nothing waits for {service} {role}"
        story.world.drop(Inbox(service, role))

    return step


def deadline_passed(seconds: float) -> Step:
    """Time passes until the trip's deadline, and the observer's clock ticks."""

    def step(story: Story) -> None:
        known = story.world.known(story.trip["tripId"])
        assert known.summary is not None
        assert known.summary.deadline is not None
        story.world.wait_until(known.summary.deadline + timedelta(seconds=seconds))
        story.world.tick()

    return step


def ends(status: Status, reason: str = "") -> Step:
    """The trip's status, and its reason, for every reader: the facts, the summary, the announced outcome."""

    def step(story: Story) -> None:
        known = story.world.known(story.trip["tripId"])
        assert known.summary is not None, "the observer knows nothing of the trip"
        seen = verdict(story.facts())
        assert (seen.status, seen.reason) == (status, reason), story.log()
        assert (known.summary.status, known.summary.announced) == (status, status)

    return step


def log(*lines: str) -> Step:
    """The saga log, line by line."""
    return lambda story: _equal(story.log(), list(lines))


def _equal(found: object, wanted: object) -> None:
    assert found == wanted


def states(**wanted: State | None) -> Step:
    """The participants' records."""
    return lambda story: _equal({name: story.state(name) for name in wanted}, wanted)


def nothing_held() -> Step:
    """Nobody holds anything for the story's trips, and the stock is all free again."""

    def step(story: Story) -> None:
        for name, books in story.books().items():
            assert {key: item.held for key, item in books.stock.items() if item.held} == {}, name
            assert not [record for record in books.records.values() if record.state is State.BOOKED], name

    return step


def rejected(reason: str, *fields: str) -> Step:
    """The last request was answered by a rejection that names these fields."""

    def step(story: Story) -> None:
        rejection: Rejection | None = story.world.rejection(story.requests[-1])
        assert rejection is not None, "the request was not rejected"
        assert (rejection.reason, tuple(problem.field for problem in rejection.problems)) == (reason, fields)

    return step
