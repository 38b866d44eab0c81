"""The book queue, row by row: what a participant does on its trigger, whatever it has on record."""

from datetime import timedelta
from typing import Any

import pytest

from shared.message import Mode, Unreadable, request_hash
from shared.ports import Busy, Seen, Stale
from shared.saga.effects import Announce, Decide, Look, Quarantine
from shared.saga.intake import Terms
from shared.saga.record import Record, State, Stock, StockKey
from shared.saga.runtime import MAX_PLANS, handle_booking
from tests.samples import (
    DEADLINE,
    HASH,
    NOW,
    PARTICIPANTS,
    TERMS,
    a_trip,
    body,
    booked,
    cancelled,
    delivery,
    fact,
    failed,
    requested,
    tombstone,
    with_faults_allowed,
)
from tests.unit.by_hand import Run, by_hand, in_turn, ledger

NAMES = list(PARTICIPANTS)
TRIGGER = {"hotel": requested(), "flight": fact("hotel", "Booked"), "car": fact("flight", "Booked")}
DETAILS: dict[str, dict[str, Any]] = {
    "hotel": {"hotel": "holiday inn", "nights": ["2017-07-10"]},
    "flight": {"flight": "london > dublin", "fare": "saver", "seats": 1},
    "car": {"vehicle": "VOLVO-1", "days": ["2017-07-10"]},
}


def book(name: str, message: str, answers: Any, terms: Terms | None = None) -> Run:
    return by_hand(handle_booking(PARTICIPANTS[name], terms or TERMS[name], delivery(message)), answers)


@pytest.mark.parametrize("name", NAMES)
def test_no_record_books_and_announces_what_is_recorded(name: str) -> None:
    """Row one: look, one transaction, announce; nothing else."""
    run = book(name, TRIGGER[name], ledger())
    assert run.names == ["Look", "Decide", "Announce"]
    (record,), (told,) = run.decided, run.announced
    assert record.state is State.BOOKED
    assert record.claims
    assert told.detail_type == f"{name.capitalize()}Booked"
    assert told.metadata.event_id == f"{name}:trip-1:BOOKED"
    assert (record.request_hash, record.trip, record.deadline) == (HASH, a_trip(), DEADLINE)
    assert record.cause == {"hotel": "event-1", "flight": "hotel:trip-1:Booked", "car": "flight:trip-1:Booked"}[name]
    assert run.failure is None


@pytest.mark.parametrize("name", NAMES)
def test_no_stock_is_recorded_as_a_refusal_and_announced(name: str) -> None:
    """A business "no" is a fact, not an error: the message is done."""
    run = book(name, TRIGGER[name], ledger(), Terms(after=TERMS[name].after, unlisted=0))
    (record,) = run.decided
    assert (record.state, record.claims) == (State.FAILED, ())
    assert run.said == [f"{name.capitalize()}BookingFailed {name}_unknown"]
    assert run.failure is None


STANDING = [
    pytest.param(booked, "Booked", id="BOOKED"),
    pytest.param(failed, "BookingFailed", id="FAILED"),
    pytest.param(cancelled, "Cancelled", id="CANCELLED"),
    pytest.param(tombstone, "Cancelled", id="tombstone"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("standing", "part"), STANDING)
def test_a_record_that_stands_is_announced_again_and_nothing_is_written(name: str, standing: Any, part: str) -> None:
    """A duplicate heals a lost event, and costs no write; a late booking never overrides its own cancel."""
    record = standing(details=DETAILS[name])
    run = book(name, TRIGGER[name], ledger(record))
    assert run.names == ["Look", "Announce"]
    (told,) = run.announced
    assert told.detail_type == f"{name.capitalize()}{part}"
    assert told.metadata.causation_id == record.cause
    assert told == book(name, TRIGGER[name], ledger(record)).announced[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_record_that_appears_meanwhile_wins(name: str) -> None:
    """Two workers at the same instant: the one whose write is refused announces the other's decision."""
    run = book(name, TRIGGER[name], {**ledger(), Decide: lambda _: tombstone()})
    assert run.said == [f"{name.capitalize()}Cancelled flight_full"]


def test_a_tombstone_without_a_hash_accepts_any_request() -> None:
    """It was left by a cancel for a trip that nobody had heard of."""
    run = book("hotel", requested(), ledger(tombstone(request_hash=None)))
    assert run.said == ["HotelCancelled flight_full"]


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_another_payload_under_the_same_trip_id_is_rejected_at_the_first_leg(when: str) -> None:
    """The first trip is neither touched nor announced; the rejection names the request that lost."""
    other = booked(request_hash="another")
    answers = ledger(other) if when == "before" else {**ledger(), Decide: lambda _: other}
    run = book("hotel", requested(event_id="event-7"), answers)
    assert run.said == ["TripRequestRejected conflict"]
    (told,) = run.announced
    assert told.metadata.event_id == "hotel:event-7:REJECTED"
    assert told.metadata.request_hash == HASH


@pytest.mark.parametrize("name", ["flight", "car"])
def test_another_payload_at_a_later_leg_is_quarantined(name: str) -> None:
    """It can only be a forgery: the first leg lets one request of a trip through."""
    run = book(name, TRIGGER[name], ledger(booked(request_hash="another")))
    assert run.quarantined == ["trip trip-1 is recorded here for another request"]
    assert not run.announced


def test_a_plan_that_became_stale_is_made_anew_from_a_fresh_look() -> None:
    """Somebody took what was planned; there may be more of it elsewhere."""
    flight = StockKey("london > dublin 2017-07-10T06:00Z", "saver")
    looks = in_turn(Seen(None, {}), Seen(None, {flight: Stock(1, 0, 1)}))
    decisions = in_turn(Stale((flight,)), booked(details={"flight": "x", "fare": "flex", "seats": 1}))
    run = book("flight", TRIGGER["flight"], {Look: looks, Decide: decisions})
    assert [record.claims[0].unit for record in run.decided] == ["saver", "flex"]
    assert run.said == ["FlightBooked"]


def test_when_no_candidate_is_left_the_trip_is_refused() -> None:
    """Only then."""
    full = {StockKey("london > dublin 2017-07-10T06:00Z", fare): Stock(1, 0, 1) for fare in ("saver", "flex", "full")}
    looks = in_turn(Seen(None, {}), Seen(None, full))
    decisions = in_turn(Stale(tuple(full)), failed(reason="flight_full"))
    run = book("flight", TRIGGER["flight"], {Look: looks, Decide: decisions})
    assert [record.state for record in run.decided] == [State.BOOKED, State.FAILED]
    assert run.said == ["FlightBookingFailed flight_full"]


def test_a_duplicate_that_finds_its_plan_stale_finds_its_own_record_first() -> None:
    """Planning anew begins with a look, and a record that is there ends it."""
    looks = in_turn(Seen(None, {}), Seen(booked(), {}))
    run = book("hotel", requested(), {Look: looks, Decide: lambda _: Stale(())})
    assert run.names == ["Look", "Decide", "Look", "Announce"]
    assert run.said == ["HotelBooked"]


def test_a_stock_that_changes_under_every_plan_leaves_the_message_to_be_redelivered() -> None:
    """No endless loop, no false refusal."""
    run = book("hotel", requested(), {**ledger(), Decide: lambda _: Stale(())})
    assert isinstance(run.failure, Busy)
    assert run.names == ["Look", "Decide"] * MAX_PLANS


@pytest.mark.parametrize("effect", [Look, Decide, Announce])
def test_a_store_or_bus_that_is_busy_leaves_the_message_to_be_redelivered(effect: type) -> None:
    """Never counted as a success, never recorded as a refusal."""
    run = book("hotel", requested(), {**ledger(), effect: lambda _: Busy("throttled")})
    assert isinstance(run.failure, Busy)
    assert run.effects[-1].__class__ is effect


@pytest.mark.parametrize("effect", [Look, Decide])
def test_what_can_never_be_written_is_quarantined(effect: type) -> None:
    """A validation error is poison: the function moves the message itself, and reports success."""
    run = book("hotel", requested(), {**ledger(), effect: lambda _: Unreadable("key too long")})
    assert run.quarantined == ["key too long"]
    assert run.failure is None


def test_a_quarantine_that_fails_leaves_the_message_to_be_redelivered() -> None:
    """Nothing is ever dropped."""
    run = book("hotel", "not json", {Quarantine: lambda _: Busy("throttled")})
    assert isinstance(run.failure, Busy)


def test_an_invalid_request_is_rejected_and_touches_nothing() -> None:
    """The answer carries every problem, the trip id if it was usable, and the request's event id."""
    run = book("hotel", requested(a_trip(hotel="", car=None), event_id="event-5"), ledger())
    assert run.names == ["Announce"]
    (told,) = run.announced
    assert (told.metadata.trip_id, told.metadata.causation_id) == ("trip-1", "event-5")
    assert [problem.field for problem in getattr(told.data, "problems", ())] == ["car", "hotel"]
    assert book("hotel", requested(a_trip(tripId="..")), ledger()).announced[0].metadata.trip_id is None


def test_a_missing_deadline_gets_the_stages_default() -> None:
    """Measured from the event's own time, so that every delivery records the same one."""
    terms = Terms(default_deadline=timedelta(minutes=15))
    (record,) = book("hotel", requested(), ledger(), terms).decided
    assert record.deadline == NOW + timedelta(minutes=15)
    (record,) = book("hotel", requested(a_trip(deadline="2026-11-22T12:00:00Z")), ledger(), terms).decided
    assert record.deadline == NOW + timedelta(days=1)


def test_mode_and_hash_are_those_of_the_request_as_received() -> None:
    """A named default is another payload, and the mode goes into every fact."""
    trip = a_trip(mode="orchestration")
    (told,) = book("hotel", requested(trip), ledger()).announced
    assert getattr(told.metadata, "mode", None) is Mode.ORCHESTRATION
    assert told.metadata.request_hash == request_hash(trip) != HASH


STRANGERS = {
    "not json": "not readable as JSON",
    "{}": "not an EventBridge event",
    fact("hotel", "Booked"): "the first leg starts on TripRequested",
    body("TripRequested", "travel.trip", a_trip()): "from 'travel.client'",
    body("triprequested", "travel.client", a_trip()): "the first leg starts on TripRequested",
}


@pytest.mark.parametrize(("message", "why"), STRANGERS.items())
def test_a_message_that_is_no_request_is_quarantined_at_the_first_leg(message: str, why: str) -> None:
    """Whoever sent it there."""
    run = book("hotel", message, ledger())
    assert run.names == ["Quarantine"]
    assert why in run.quarantined[0]


FORGED = {
    requested(): "metadata.version",
    fact("car", "Booked"): "follows 'hotel', leg 10",
    fact("hotel", "Cancelled"): "follows 'hotel', leg 10",
    fact("hotel", "Booked", leg=11): "follows 'hotel', leg 10",
    fact("hotel", "Booked", participant="car"): "does not belong to source",
    fact("hotel", "Booked", version=2): "this reader knows version 1",
    fact("hotel", "Booked", requestHash=None): "carries requestHash",
    fact("hotel", "Booked", requestedAt=None): "carries requestHash, requestedAt",
    fact("hotel", "Booked", deadline=None): "carries requestHash, requestedAt and deadline",
    fact("hotel", "Booked", {"trip": a_trip(hotel="")}): "data.trip: hotel",
    fact("hotel", "Booked", {"trip": a_trip(tripId="trip-2")}): "metadata.tripId says 'trip-1'",
    fact("hotel", "Booked", {"trip": "text"}): "data: Expected `object`, got `str` - at `$.trip`",
}


@pytest.mark.parametrize(("message", "why"), FORGED.items())
def test_a_booking_that_cannot_have_come_from_the_previous_leg_is_quarantined(message: str, why: str) -> None:
    """The bus is open to whoever may put events: what cannot be meant is not planned with."""
    run = book("flight", message, ledger())
    assert run.names == ["Quarantine"]
    assert why in run.quarantined[0]


def test_a_refusal_that_the_trip_asks_for_is_honoured_where_faults_are_allowed() -> None:
    """And needs no look at the stock."""
    run = book("hotel", requested(a_trip(failBookHotel=True)), ledger(), with_faults_allowed(TERMS["hotel"]))
    assert run.names == ["Decide", "Announce"]
    assert run.said == ["HotelBookingFailed requested_failure"]
    assert book("hotel", requested(a_trip(failBookHotel=True)), ledger()).said == ["TripRequestRejected invalid"]


def test_the_record_keeps_what_the_fact_tells() -> None:
    """The fact is built from the record alone, so a duplicate years later tells the same."""
    record: Record = book("car", TRIGGER["car"], ledger()).decided[0]
    run = book("car", TRIGGER["car"], ledger(record))
    assert run.announced == book("car", TRIGGER["car"], ledger()).announced
