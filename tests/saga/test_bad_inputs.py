"""Bad input is refused with a reason that names the field, or put aside; and nobody else is harmed.

A booking request arrives by put-events from anyone who may put events, so it can be anything. All of `bad_inputs` is put at
once, each line in one call with a good trip, so that good and bad meet in every batch. Then each line is looked at alone.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from infra.catalog import CATALOG
from infra.stages import named
from sandbox.auditor import audit
from sandbox.local_world import LocalWorld
from sandbox.memory.world import MemoryWorld
from sandbox.world import Books, Inbox, Parked, World
from shared.observer.standing import Known, Rejection
from shared.saga.timeline import Status
from tests.saga.bad_inputs import ABSENT, CASES, STRANGERS, Case, Put, fact
from tests.saga.story import Story, Trip
from tests.saga.story import ends as ends_as
from tests.samples import a_trip

QUEUES = [Inbox(who.name, role) for who in CATALOG.participants for role in ("book", "compensate")]
QUEUES += [Inbox("trip", "observe")]


class Flood:
    """Every bad input and as many good trips, put into a world that has come to rest."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.story = Story(world)
        self.trips = {case.name: self._trip(n) for n, case in enumerate(CASES)}
        self.neighbours = {case.name: self._trip(n, "good") for n, case in enumerate(CASES)}
        self.requests = {case.name: self._put(case) for case in CASES}
        world.settle()
        self.books: dict[str, Books] = {name: world.books(name) for name in CATALOG.legs}
        self._aside = self._put_aside()

    def _trip(self, number: int, word: str = "bad") -> Trip:
        """A trip to places of its own."""
        places = dict.fromkeys(("hotel", "depart", "arrive", "car"), f"{word} {number} {self.story.mark}")
        return self.story.another(**places)

    def _put(self, case: Case) -> list[str]:
        events = [*case.puts(self.trips[case.name]), Put(self.neighbours[case.name])]
        ids = _put(self.world, events)
        for inbox, text in case.sends:
            self.world.send(inbox, text)
        return ids[:-1]

    def _put_aside(self) -> dict[str, dict[Inbox, str]]:
        """By event id (or, without one, by text): where it was put aside, and why."""
        found: defaultdict[str, dict[Inbox, str]] = defaultdict(dict)
        for inbox in QUEUES:
            for parked in _all_parked(self.world, inbox):
                found[_id_of(parked.body)][inbox] = parked.reason
        for body in self.world.waiting(STRANGERS):
            found[_id_of(body)][STRANGERS] = ""
        return found

    def aside(self, case: Case) -> dict[Inbox, str]:
        """Where the case's messages lie, and why."""
        names = [*self.requests[case.name], *(text for _, text in case.sends)]
        return {inbox: why for name in names for inbox, why in self._aside.get(name, {}).items()}

    def rejections(self, case: Case) -> list[Rejection]:
        """The answers to the case's requests that were rejected."""
        answers = [self.world.rejection(request) for request in self.requests[case.name]]
        return [answer for answer in answers if answer is not None]

    def held(self, trip: Trip) -> dict[str, Any]:
        """Who has a record of a trip."""
        return {
            name: books.records[trip["tripId"]] for name, books in self.books.items() if trip["tripId"] in books.records
        }

    def known(self, trip: Trip) -> Known:
        return self.world.known(trip["tripId"])


def _put(world: World, events: Sequence[Put]) -> list[str]:
    """Put events, in one call where there are calls."""
    if isinstance(world, LocalWorld):
        return world.put_raw([_entry(put) for put in events])
    return [world.put(_decoded(put.detail), put.detail_type, put.source) for put in events]


def _entry(put: Put) -> dict[str, Any]:
    detail = put.detail if isinstance(put.detail, str) else json.dumps(put.detail) if put.detail is not ABSENT else None
    entry = {"Source": put.source, "DetailType": put.detail_type}
    return entry if detail is None else {**entry, "Detail": detail}


def _decoded(detail: Any) -> Any:
    """What the local engine makes of a detail's text: JSON, or else the text itself; without one, an empty object."""
    if detail is ABSENT:
        return {}
    if isinstance(detail, str):
        with suppress(ValueError, RecursionError):
            return json.loads(detail)
    return detail


def _id_of(body: str) -> str:
    """The id of the event in a message; the message itself if there is none."""
    with suppress(ValueError, RecursionError, TypeError, KeyError):
        return str(json.loads(body)["id"] if '"detail-type"' in body else body)
    return body


def _all_parked(world: World, inbox: Inbox) -> list[Parked]:
    """Everything in a dead-letter queue, however much."""
    if not isinstance(world, LocalWorld):
        return world.parked(inbox)
    sqs: Any = world.engine.clients.client("sqs")
    url = f"{world.queue_url(inbox)}-dlq"
    taken: list[dict[str, Any]] = []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=60, MessageAttributeNames=["All"]
    ).get("Messages"):
        taken += messages
    for message in taken:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    reasons = (message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", "") for message in taken)
    return [Parked(message["Body"], reason) for message, reason in zip(taken, reasons, strict=True)]


@pytest.fixture(scope="module", params=["memory", "local"])
def flood(request: pytest.FixtureRequest) -> Flood:
    """Everything put into each world, once."""
    return Flood(MemoryWorld() if request.param == "memory" else request.getfixturevalue("local"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_bad_input_is_refused_or_put_aside_and_harms_nobody(flood: Flood, case: Case) -> None:
    """Refused by field, put aside with the reason, or answered as a business would; the trip beside it is booked."""
    trip = flood.trips[case.name]
    rejections = flood.rejections(case)

    assert {
        problem.field for answer in rejections if answer.reason == "invalid" for problem in answer.problems
    } == case.refused
    assert any(answer.reason == "conflict" for answer in rejections) is case.conflict
    aside = flood.aside(case)
    assert aside.keys() == case.parked.keys()
    for inbox, why in case.parked.items():
        assert why in aside[inbox], aside
        assert inbox == STRANGERS or aside[inbox], "given up after its last delivery, not put aside"
    if case.ends:
        summary = flood.known(trip).summary
        assert summary is not None
        assert (summary.status, summary.reason) == case.ends
    else:
        assert not flood.held(trip)
        assert flood.known(trip).summary is None
    neighbour = flood.known(flood.neighbours[case.name]).summary
    assert neighbour is not None
    assert neighbour.status is Status.CONFIRMED


def test_whatever_is_held_afterwards_is_held_by_trips_that_are_booked(flood: Flood) -> None:
    """The invariants, after all of it; and no message is left anywhere."""
    trips = [*flood.neighbours.values(), *(flood.trips[case.name] for case in CASES if case.ends)]
    ids = {trip["tripId"] for trip in trips}
    books = {name: _own(book, ids, flood.story.mark) for name, book in flood.books.items()}
    assert audit(books, {trip: flood.world.known(trip) for trip in ids}, CATALOG.legs) == []
    for inbox in QUEUES:
        assert flood.world.waiting(inbox) == []


def _own(books: Books, ids: set[str], mark: str) -> Books:
    """What these trips have on record, and the stock at places of their own."""
    records = {trip: record for trip, record in books.records.items() if trip in ids}
    return Books(records, {key: stock for key, stock in books.stock.items() if mark in key.item.lower()})


def test_a_forged_booking_of_another_request_touches_no_trip_that_is_committed(world: World) -> None:
    """Whoever may put it: the record that stands belongs to the client's request."""
    story = Story(world)
    story.request(story.trip)
    world.settle()
    forged = fact(story.trip, "hotel", "HotelBooked", {"trip": story.trip}, requestHash="another")
    (event,) = _put(world, [forged])
    world.settle()
    parked = {_id_of(each.body): each.reason for each in _all_parked(world, Inbox("flight", "book"))}
    assert "is recorded here for another request" in parked[event]
    story.then(ends_as(Status.CONFIRMED))


def test_one_bad_entry_of_ten_leaves_nine_trips_booked(world: World) -> None:
    """A batch with the fourth invalid."""
    story = Story(world)
    trips = [story.another(car=f"car {n} {story.mark}") for n in range(10)]
    trips[3] = {**trips[3], "hotel": ""}
    requests = _put(world, [Put(trip) for trip in trips])
    world.settle()
    for n, (trip, request) in enumerate(zip(trips, requests, strict=True)):
        rejection, summary = world.rejection(request), world.known(trip["tripId"]).summary
        assert (rejection is not None) is (n == 3)
        assert (summary is not None and summary.status is Status.CONFIRMED) is (n != 3)


UNKNOWN = [
    ("hotel_unknown", {}),
    ("flight_unknown", {"hotel": [("h", "2017-07-10"), ("h", "2017-07-11")]}),
    (
        "car_unknown",
        {"hotel": [("h", "2017-07-10"), ("h", "2017-07-11")], "flight": [("a > b 2017-07-10T06:00Z", "flex")]},
    ),
]


@pytest.mark.parametrize(("reason", "listed"), UNKNOWN, ids=lambda value: value if isinstance(value, str) else "")
def test_on_a_listed_only_stage_what_is_not_listed_is_a_business_refusal(
    reason: str, listed: dict[str, list[tuple[str, str]]]
) -> None:
    """An unknown hotel, route or class of cars: a recorded refusal, not an error; what was held is given back."""
    world = MemoryWorld(named("prod"))
    for service, items in listed.items():
        for item, unit in items:
            world.set_stock(service, item, unit, 1)
    world.put(a_trip(hotel="h", depart="a", arrive="b"))
    world.settle()
    summary = world.known("trip-1").summary
    assert summary is not None
    assert (summary.status, summary.reason) == (Status.FAILED, reason)
    assert all(stock.held == 0 for service in CATALOG.legs for stock in world.books(service).stock.values())


@pytest.mark.parametrize("field", ["failBookHotel", "faults"])
def test_where_no_faults_are_allowed_a_request_with_one_is_refused(field: str) -> None:
    """Naming the field; production cannot be broken on request."""
    world = MemoryWorld(named("prod"))
    request = world.put(a_trip(**{field: True if field == "failBookHotel" else []}))
    world.settle()
    rejection = world.rejection(request)
    assert rejection is not None
    assert [problem.field for problem in rejection.problems] == [field]
