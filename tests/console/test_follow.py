"""Following a request: each line once and in order, and the right end."""

import msgspec

from console.follow import Ending, complete, follow
from shared.saga.timeline import Noted, Status
from tests.console.given import (
    BOOKED,
    CAR_BOOKED,
    FLIGHT_BOOKED,
    FLIGHT_REFUSED,
    GIVEN_BACK,
    HOTEL_BOOKED,
    HOTEL_CANCELLED,
    REJECTION,
    Told,
    a_request,
)


def followed(log: Told, trip_id: str | None = "trip-1", patience: float = 5.0) -> tuple[Ending, list[str]]:
    """The ending, and the lines as they were told."""
    lines: list[str] = []
    ending = follow(log, a_request(trip_id), lambda entry: lines.append(entry.text), patience=patience, pause=0)
    return ending, lines


def test_lines_come_as_the_facts_do() -> None:
    """Nothing is known at first; each line is told once."""
    ending, lines = followed(Told((), (), BOOKED[:1], BOOKED[:1], BOOKED[:2], BOOKED))
    assert ending.verdict.status is Status.CONFIRMED
    assert lines == [entry.text for entry in ending.log]
    assert len(lines) == 8


def test_facts_out_of_order_are_told_in_order() -> None:
    """The observer may see the car's booking first: the trip is confirmed, its log waits for the rest."""
    ending, lines = followed(Told((CAR_BOOKED,), (CAR_BOOKED, FLIGHT_BOOKED), BOOKED))
    assert lines == [entry.text for entry in ending.log]
    assert lines[1] == "start book hotel"


def test_a_refused_trip_is_followed_until_all_is_given_back() -> None:
    """The refusal is not the end."""
    log = Told(GIVEN_BACK[:1], GIVEN_BACK[:2], GIVEN_BACK[:2], GIVEN_BACK)
    ending, lines = followed(log)
    assert (ending.verdict.status, ending.verdict.reason) == (Status.FAILED, "flight_full")
    assert lines[-1] == "end saga (FAILED: flight_full)"
    assert log.reads == 4


def test_a_rejection_ends_it() -> None:
    """A rejected request starts no trip, so there is nothing else to wait for."""
    ending, lines = followed(Told((), rejected_after=3))
    assert ending.rejection == REJECTION
    assert ending.ended
    assert lines == []


def test_a_request_without_a_usable_id_is_followed_by_its_event() -> None:
    """No trip is asked for; the rejection is found by the event's id."""
    log = Told((), rejected_after=0)
    ending, _ = followed(log, trip_id=None)
    assert ending.rejection is not None
    assert log.reads == 0


def test_another_requests_trip_is_none_of_this_ones() -> None:
    """The id was taken by another payload: its CONFIRMED is not this request's; the conflict is."""
    others = tuple(msgspec.structs.replace(fact, request_hash="another's") for fact in BOOKED)
    ending, lines = followed(Told(others, rejected_after=2))
    assert ending.rejection is not None
    assert lines == []


def test_patience_ends() -> None:
    """Without an outcome the trip is left where it stands."""
    ending, lines = followed(Told(BOOKED[:1]), patience=0.01)
    assert not ending.ended
    assert lines == ["begin saga", "start book hotel", "end book hotel"]


def test_a_log_is_complete_when_every_line_can_be_told() -> None:
    """A booking that was given back must have been seen as booked; a tombstone has none."""
    tombstone: Noted = msgspec.structs.replace(HOTEL_CANCELLED, released=False)
    assert complete(BOOKED)
    assert complete(GIVEN_BACK)
    assert complete((FLIGHT_REFUSED, tombstone))
    assert not complete((CAR_BOOKED, HOTEL_BOOKED))
    assert not complete((FLIGHT_REFUSED, HOTEL_CANCELLED))
