"""Bad input, line by line: what is put, what AWS answers at the door, and what becomes of it here."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, NamedTuple

from infra.names import PLATFORM, QUARANTINE
from sandbox.world import Inbox
from shared.saga.timeline import Status
from tests.saga.story import Trip
from tests.samples import metadata

ABSENT: Final = object()

PASSES = "passes"
MALFORMED = "refuses the entry: MalformedDetail"
INVALID = "refuses the entry: InvalidArgument"
NO_PERMISSION = "a client's role may not put this source; passes for whoever may"

BOOK = Inbox("hotel", "book")
FLIGHT, CAR, OBSERVE = Inbox("flight", "book"), Inbox("car", "compensate"), Inbox("trip", "observe")
UNDO_HOTEL, UNDO_FLIGHT = Inbox("hotel", "compensate"), Inbox("flight", "compensate")
STRANGERS = Inbox(PLATFORM, QUARANTINE)
"""Where the quarantine rule puts events: no function looks at them, so there is no reason beside them."""


class Put(NamedTuple):
    """An event to put. A detail that is text is put as it stands, JSON or not."""

    detail: Any
    detail_type: str = "TripRequested"
    source: str = "travel.client"


Puts = Callable[[Trip], Sequence[Put]]


@dataclass(frozen=True)
class Case:
    """One bad input.

    `puts` makes the events from a trip that would be good. Expected are either the fields that the refusal names, or the
    queues in whose dead letters (or, of the platform, in whose quarantine) it lies and why, or the trip's end.
    """

    name: str
    puts: Puts
    door: str = PASSES
    refused: frozenset[str] = frozenset()
    parked: Mapping[Inbox, str] = field(default_factory=dict)
    ends: tuple[Status, str] | None = None
    conflict: bool = False
    sends: tuple[tuple[Inbox, str], ...] = ()


def refused(name: str, *fields: str, **changes: Any) -> Case:
    """A request with these changes (a change to ABSENT leaves the field out) is refused for these fields."""
    return Case(name, lambda trip: [Put(changed(trip, changes))], refused=frozenset(fields or changes))


def changed(trip: Trip, changes: Mapping[str, Any]) -> Trip:
    """A trip with some fields changed, or left out."""
    return {key: value for key, value in {**trip, **changes}.items() if value is not ABSENT}


def _many(count: int) -> dict[str, Any]:
    """So many fields that nobody knows."""
    return {f"x{n}": 1 for n in range(count)}


def whole(name: str, detail: Any, door: str, *fields: str) -> Case:
    """A request that is something else altogether."""
    return Case(name, lambda _: [Put(detail)], door, frozenset(fields or ("detail",)))


def ends(name: str, status: Status, reason: str = "", **changes: Any) -> Case:
    """A request that is good after all, or that is refused for business reasons."""
    return Case(name, lambda trip: [Put(changed(trip, changes))], ends=(status, reason))


def stray(name: str, puts: Puts, parked: Mapping[Inbox, str], door: str = PASSES) -> Case:
    """Events that are put aside."""
    return Case(name, puts, door, parked=parked)


def sent(name: str, inbox: Inbox, text: str, why: str) -> Case:
    """A message sent straight to a queue."""
    return Case(name, lambda _: [], "there is none: SQS takes any text", parked={inbox: why}, sends=((inbox, text),))


def fact(trip: Trip, participant: str, kind: str, data: Any, /, **changes: Any) -> Put:
    """A fact that somebody made up about a trip."""
    said = {**metadata(participant, "FORGED", tripId=trip["tripId"]), **changes}
    said = {key: value for key, value in said.items() if value is not ABSENT}
    return Put({"metadata": said, "data": data}, kind, f"travel.{participant}")


def _called(name: str, trip: Trip) -> Sequence[Put]:
    """The trip to places of that name."""
    return [Put({**trip, **{place: f"{name} {trip[place]}" for place in ("hotel", "depart", "arrive", "car")}})]


def _text(trip: Trip, field: str, literal: str) -> str:
    """The trip as JSON text, with a field of which the text is not JSON, or hardly."""
    return json.dumps({**trip, field: "@@"}).replace('"@@"', literal)


def _raw(name: str, field: str, literal: str, *, door: str, why: str) -> Case:
    return stray(name, lambda trip: [Put(_text(trip, field, literal))], {BOOK: why}, door)


FIELDS = (
    "tripId", "depart", "departAt", "arrive", "arriveAt", "hotel", "checkIn", "checkOut", "car", "carFrom", "carTo",
)  # fmt: skip
REASON = {"reason": "car_unavailable", "message": "none left"}
NO_VERSION = "metadata.version"

WHOLE = [
    whole("no detail", ABSENT, INVALID, *FIELDS),
    whole("an empty object", {}, PASSES, *FIELDS),
    whole("detail not JSON", "not json", MALFORMED),
    whole("half a JSON object", '{"tripId": "t', MALFORMED),
    whole("empty text", "", INVALID),
    whole("a JSON string", '"text"', MALFORMED),
    whole("a JSON array", "[]", MALFORMED),
    whole("an array of trips", '[{"tripId": "t"}]', MALFORMED),
    whole("a JSON number", "7", MALFORMED),
    whole("null", "null", MALFORMED),
    whole("true", "true", MALFORMED),
    whole("nested ten thousand deep", "[" * 10_000 + "]" * 10_000, MALFORMED),
]
IDS = [
    refused(f"tripId {what}", tripId=value)
    for what, value in {
        "missing": ABSENT,
        "empty": "",
        "of 10 kB": "x" * 10_000,
        "of 65 letters": "x" * 65,
        "with #": "a#b",
        "with /": "a/b",
        "with ..": "..",
        "with a newline": "abc\n",
        "with NUL": "a\x00b",
        "with a blank": "a b",
        "with an accent": "café",
        "as number": 7,
        "as object": {"id": "t"},
        "as list": ["t"],
        "null": None,
    }.items()
]
SIZES = [
    refused("255 kB of padding", "detail", padding="x" * 255_000),
    refused("255 kB of padding in a part that passes through", "detail", part={"x": "x" * 255_000}),
    refused("20,000 unknown fields", "detail", **_many(20_000)),
    refused("1,000 unknown fields", *_many(30), "detail", **_many(1000)),
]
NAMES = [
    refused("a typo", "chekIn", "checkIn", checkIn=ABSENT, chekIn="2017-07-10T12:00:00Z"),
    refused("an unknown field", "note", note="hello"),
    refused("an unknown field without a name", '""', **{"": 1}),
    refused("no hotel part", hotel=ABSENT, checkIn=ABSENT, checkOut=ABSENT),
    refused("no car part", car=ABSENT, carFrom=ABSENT, carTo=ABSENT),
    refused("an empty hotel", hotel=""),
    refused("an empty car", car=""),
    refused("empty places", depart="", arrive=""),
    refused("a hotel of blanks", hotel="   "),
    refused("a hotel of 101 letters", hotel="x" * 101),
    refused("a hotel that is a number", hotel=7),
    refused("ANSI escapes", hotel="\x1b[31mred\x1b[0m"),
    refused("a newline in a name", car="Vol\nvo"),
    refused("text that is no Unicode", "detail", hotel="\ud800"),
    *(
        Case(f"places called {name}", partial(_called, name), ends=(Status.CONFIRMED, ""))
        for name in (
            "🏨 Zum 🦄",
            "𠜎𠜱𡿺",
            "<script>alert(1)</script>",
            "'; DROP TABLE trips; --",
            "${jndi:ldap://x}",
            "%s %n {0} {{x}}",
            'a"b\\c',
            "STOCK#x/../TRIP#y",
        )
    ),
]
DATES = [
    refused("check-out before check-in", "checkOut", checkOut="2017-07-09T12:00:00Z"),
    refused("check-out at check-in", "checkOut", checkOut="2017-07-10T12:00:00.000Z"),
    refused("400 nights", "checkOut", checkOut="2018-08-14T12:00:00Z"),
    refused("400 days of rental", "carTo", carTo="2018-08-14T12:00:00Z"),
    refused("an arrival before the departure", "arriveAt", arriveAt="2017-07-10T05:00:00Z"),
    refused("a date as epoch number", checkIn=1499688000),
    refused("a date as epoch text", checkIn="1499688000"),
    refused("a date without time zone", checkIn="2017-07-10T12:00:00"),
    refused("a date without time", checkIn="2017-07-10"),
    refused("a date that there is not", departAt="2017-02-30T06:00:00Z"),
    refused("an offset that there is not", departAt="2017-07-10T06:00:00+25:00"),
    refused("a date in the year 9999", "carTo", carTo="9999-12-31T23:59:59Z"),
    refused("a date in another script", checkIn="٢٠١٧-07-10T12:00:00Z"),
    ends("an odd offset", Status.CONFIRMED, checkIn="2017-07-10T12:00:00+05:45", departAt="2017-07-10T06:00:00-09:30"),
    ends("a stay of sixty nights", Status.CONFIRMED, checkIn="2017-01-01T12:00:00Z", checkOut="2017-03-02T12:00:00Z"),
    ends("zero nights", Status.FAILED, "no_night", checkIn="2017-07-10T10:00:00Z", checkOut="2017-07-10T20:00:00Z"),
    ends(
        "a drop-off on the day before its pick-up, as they are written",
        Status.CONFIRMED,
        carFrom="2017-07-11T01:00:00+14:00",
        carTo="2017-07-10T10:00:00-05:00",
    ),
    refused("a deadline in the past", deadline="2017-07-10T06:00:00Z"),
    refused("a deadline in ten years", deadline="2036-11-21T06:00:00Z"),
    refused("a deadline that is no date", deadline="soon"),
    refused("a deadline that is a number", deadline=300),
]
NO_COUNTS: tuple[Any, ...] = (-1, 0, 1.5, 2.0, 10, "2", True, None, [2], 10**30)
QUANTITIES = [
    *(refused(f"travellers {value!r}", travellers=value) for value in NO_COUNTS),
    _raw("travellers NaN", "travellers", "NaN", door=MALFORMED, why="NaN is no JSON number"),
    _raw("travellers Infinity", "travellers", "Infinity", door=MALFORMED, why="Infinity is no JSON number"),
    _raw("travellers -Infinity", "travellers", "-Infinity", door=MALFORMED, why="-Infinity is no JSON number"),
    _raw("travellers 1e400", "travellers", "1e400", door=PASSES, why="number"),
    ends("nine travellers", Status.CONFIRMED, travellers=9),
]
NO_MODES: tuple[Any, ...] = ("", "Choreography", "both", 7, None, {}, ["choreography"])
MODES = [
    *(refused(f"mode {value!r}", mode=value) for value in NO_MODES),
    ends("mode choreography", Status.CONFIRMED, mode="choreography"),
]
FAULTS = [
    refused("a fault of another shape", faults="throttle"),
    refused("a fault that there is not", faults=[{"at": "hotel", "do": "explode"}]),
    refused("a flag that is no boolean", failBookHotel="yes"),
    ends("a flag for somebody else", Status.CONFIRMED, failBookTour=True),
]
REPEATS = [
    Case("the same payload twice", lambda trip: [Put(trip), Put(trip)], ends=(Status.CONFIRMED, "")),
    Case(
        "another payload under the same trip id",
        lambda trip: [Put(trip), Put({**trip, "travellers": 2})],
        ends=(Status.CONFIRMED, ""),
        conflict=True,
    ),
    Case(
        "a cancel for a trip that nobody knows, and its booking after it",
        lambda trip: [Put({"tripId": trip["tripId"]}, "TripCancelRequested"), Put(trip)],
        ends=(Status.CANCELLED, "cancelled"),
    ),
]
CANCELS = [
    stray(
        f"a cancel {what}",
        lambda _, detail=detail: [Put(detail, "TripCancelRequested")],  # type: ignore[misc]
        {CAR: "tripId: send 1 to 64", OBSERVE: "tripId: send 1 to 64"},
        door,
    )
    for what, detail, door in (
        ("without a trip", {}, PASSES),
        ("of a trip whose id is none", {"tripId": "a/b"}, PASSES),
        ("of a trip whose id is a number", {"tripId": 7}, PASSES),
        ("of a list", '["trip-1"]', MALFORMED),
    )
]
WORDS = [
    stray(what, lambda trip, kind=kind, source=source: [Put(trip, kind, source)], {STRANGERS: ""}, door)  # type: ignore[misc]
    for what, kind, source, door in (
        ("a detail-type in the wrong case", "triprequested", "travel.client", PASSES),
        ("a detail-type with a trailing blank", "TripRequested ", "travel.client", PASSES),
        ("a detail-type that nobody knows", "TripWished", "travel.client", PASSES),
        ("a source in the wrong case", "TripRequested", "travel.Client", PASSES),
        ("a source with a trailing blank", "TripRequested", "travel.client ", PASSES),
        ("a request from a participant", "TripRequested", "travel.hotel", NO_PERMISSION),
        ("a request from nobody of ours", "TripRequested", "somebody.else", PASSES),
        ("an outcome from a client", "TripConfirmed", "travel.client", PASSES),
        ("the observer's word from a client", "TripExpired", "travel.client", PASSES),
        ("a fact from a client", "HotelBooked", "travel.client", PASSES),
    )
]
FORGERIES = [
    stray(
        "a booking without metadata",
        lambda trip: [Put({"data": {"trip": trip}}, "HotelBooked", "travel.hotel")],
        {FLIGHT: NO_VERSION, OBSERVE: NO_VERSION},
        NO_PERMISSION,
    ),
    stray(
        "a fact of an unknown major version",
        lambda trip: [fact(trip, "hotel", "HotelBooked", {"trip": trip}, version=2)],
        {FLIGHT: "metadata.version = 2", OBSERVE: "metadata.version = 2"},
        NO_PERMISSION,
    ),
    stray(
        "a booking with another leg",
        lambda trip: [fact(trip, "hotel", "HotelBooked", {"trip": trip}, leg=20)],
        {FLIGHT: "follows 'hotel', leg 10", OBSERVE: "no fact of a known participant"},
        NO_PERMISSION,
    ),
    stray(
        "a booking in the name of another participant",
        lambda trip: [fact(trip, "hotel", "HotelBooked", {"trip": trip}, participant="car")],
        {FLIGHT: "does not belong to source", OBSERVE: "does not belong to source"},
        NO_PERMISSION,
    ),
    stray(
        "a failure whose leg is higher than its participant's",
        lambda trip: [fact(trip, "hotel", "HotelBookingFailed", REASON, leg=25)],
        {
            UNDO_HOTEL: "no failure downstream of leg 10",
            UNDO_FLIGHT: "no failure downstream of leg 20",
            OBSERVE: "no fact of a known participant",
        },
        NO_PERMISSION,
    ),
    stray(
        "a detail-type of another participant",
        lambda trip: [fact(trip, "hotel", "HotelBooked", {"trip": trip})._replace(detail_type="CarBooked")],
        {STRANGERS: "", OBSERVE: "no fact of a known participant"},
        NO_PERMISSION,
    ),
    stray(
        "a failure of another participant, from a source that may not tell it",
        lambda trip: [fact(trip, "flight", "FlightBookingFailed", REASON)._replace(source="travel.hotel")],
        {STRANGERS: "", UNDO_HOTEL: "does not belong to source", OBSERVE: "does not belong to source"},
        NO_PERMISSION,
    ),
    stray(
        "a deadline that the observer did not tell",
        lambda trip: [fact(trip, "hotel", "TripExpired", {"nudge": 1})._replace(source="travel.hotel")],
        {STRANGERS: ""},
        NO_PERMISSION,
    ),
    stray(
        "a rejection without anything in it",
        lambda _: [Put({}, "TripRequestRejected", "travel.hotel")],
        {OBSERVE: NO_VERSION},
        NO_PERMISSION,
    ),
    stray(
        "a fact of the end of the calendar",
        lambda trip: [fact(trip, "hotel", "HotelCompensationDelayed", {}, occurredAt="9999-12-31T23:59:59Z")],
        {OBSERVE: "occurredAt"},
        NO_PERMISSION,
    ),
    stray(
        "a fact with text that is no Unicode",
        lambda trip: [fact(trip, "flight", "FlightBookingFailed", {**REASON, "message": "\ud800"})],
        {UNDO_HOTEL: "not valid Unicode", OBSERVE: "not valid Unicode"},
        NO_PERMISSION,
    ),
]
SENT = [
    sent("a message that is no JSON, sent to a queue", BOOK, "hello", "not readable as JSON"),
    sent("a message that is no event, sent to a queue", BOOK, '{"hello": 1}', "not an EventBridge event"),
    sent("a trip sent straight to a queue", BOOK, '{"tripId": "trip-1"}', "not an EventBridge event"),
    sent("an SNS notification", FLIGHT, '{"Type": "Notification", "Message": "{}"}', "not an EventBridge event"),
    sent("a batch of Lambda's", CAR, '{"Records": []}', "not an EventBridge event"),
    sent("a message to the observer", OBSERVE, "[1, 2", "not readable as JSON"),
    sent("JSON with a key twice", UNDO_HOTEL, '{"id": "a", "id": "b"}', "'id' stands twice"),
    sent("nested ten thousand deep, sent to a queue", UNDO_FLIGHT, "[" * 10_000, "not readable as JSON"),
]

CASES: tuple[Case, ...] = (
    *WHOLE, *IDS, *SIZES, *NAMES, *DATES, *QUANTITIES, *MODES, *FAULTS, *REPEATS, *CANCELS, *WORDS, *FORGERIES, *SENT,
)  # fmt: skip
