"""`SagaLog`: one suite for the fake, for DynamoDB as moto has it, and for the local engine."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Protocol

import pytest
from botocore.exceptions import ReadTimeoutError
from msgspec.structs import replace

from shared.aws.saga_log import DynamoSagaLog
from shared.message import Problem
from shared.observer.effects import SagaLog
from shared.observer.standing import Known, Rejection, Summary, assess, nudged
from shared.ports import Busy
from shared.saga.timeline import Facts, Noted, Status
from tests.ports.conftest import Aws
from tests.samples import DEADLINE, LEGS, NOW
from tests.unit.histories import HISTORIES, told

HOTEL, FLIGHT = told("hotel Booked", 0), told("flight Booked", 1)


class Readable(SagaLog, Protocol):
    """What the console reads beside what the observer needs."""

    def rejection(self, request_id: str) -> Rejection | None: ...
    def rejections(self, trip_id: str) -> list[Rejection]: ...
    def recent(self, now: Any, limit: int) -> list[Summary]: ...


@pytest.fixture
def log(saga_log: Readable) -> Readable:
    """The log under test."""
    return saga_log


def summary(trip_id: str, *noted: Noted, late: int = 0) -> Summary:
    """A summary of a trip, due some seconds later than usual."""
    found = assess(Facts([replace(fact, trip_id=trip_id) for fact in noted], LEGS), None)
    return replace(found, due=found.due + timedelta(seconds=late))


def rejection(request_id: str, trip_id: str | None = "trip-1", **changes: Any) -> Rejection:
    problems = (Problem("hotel", '"🏨"', "send text"),)
    kept = Rejection(request_id=request_id, reason="invalid", occurred_at=NOW, problems=problems, trip_id=trip_id)
    return replace(kept, **changes)


def by_id(noted: tuple[Noted, ...]) -> dict[str, Noted]:
    return {fact.event_id: fact for fact in noted}


def test_nothing_is_known_of_a_trip_that_nobody_spoke_of(log: Readable) -> None:
    """No facts, no summary, no rejection."""
    assert log.recall("trip-1") == Known((), None)
    assert log.rejection("event-1") is None
    assert log.rejections("trip-1") == []
    assert log.due(DEADLINE + timedelta(days=999)) == []
    assert log.recent(NOW, 10) == []


def test_a_fact_is_kept_and_answered_with_all_the_others(log: Readable) -> None:
    """Its own trip's only."""
    assert log.note(HOTEL) == Known((HOTEL,), None)
    assert by_id(log.note(FLIGHT).noted) == by_id((HOTEL, FLIGHT))
    other = replace(HOTEL, trip_id="trip-10")
    assert log.note(other) == Known((other,), None)
    assert by_id(log.recall("trip-1").noted) == by_id((HOTEL, FLIGHT))


def test_a_fact_is_kept_once_as_it_first_came(log: Readable) -> None:
    """Delivered ten times, it is one fact."""
    log.note(HOTEL)
    for attempt in range(10):
        assert log.note(replace(HOTEL, message=f"again {attempt}")) == Known((HOTEL,), None)


def test_every_part_of_a_fact_is_kept(log: Readable) -> None:
    """Reasons and messages with emoji, a moment's microseconds, attempts."""
    odd = replace(
        told("hotel CompensationDelayed Busy", 0),
        event_id="hotel:trip-1:DELAYED:3",
        message="no room 🏨 at 'Zum 𠜎' <b>{0}</b>",
        occurred_at=NOW + timedelta(microseconds=7),
        request_hash="f" * 64,
        attempt=3,
    )
    assert log.note(odd) == Known((odd,), None)
    for fact in HISTORIES["a compensation is parked and redriven"].noted:
        log.note(fact)
    assert by_id(log.recall("trip-1").noted)[odd.event_id] == odd


def test_a_summary_is_kept_beside_the_facts(log: Readable) -> None:
    """And handed over with them."""
    log.note(HOTEL)
    log.enter(summary("trip-1", HOTEL))
    assert log.recall("trip-1") == Known((HOTEL,), summary("trip-1", HOTEL))
    assert log.note(FLIGHT).summary == summary("trip-1", HOTEL)


def test_a_summary_made_of_fewer_facts_never_replaces_one_of_more(log: Readable) -> None:
    """Whichever worker is slower; of as many, the later one stands (a nudge, an announced end)."""
    two = summary("trip-1", HOTEL, FLIGHT)
    log.enter(two)
    log.enter(summary("trip-1", HOTEL))
    assert log.recall("trip-1").summary == two
    reminded = nudged(two, NOW)
    log.enter(reminded)
    assert log.recall("trip-1").summary == reminded


def test_trips_are_due_when_their_time_has_come_the_most_overdue_first(log: Readable) -> None:
    """Open ones only."""
    for place, trip_id in enumerate(("b", "c", "a", "d", "e", "f")):
        log.enter(summary(trip_id, HOTEL, late=10 * place))
    log.enter(summary("over", *HISTORIES["goes well"].noted))
    assert [found.trip_id for found in log.due(DEADLINE + timedelta(seconds=30))] == ["b", "c", "a", "d"]
    assert log.due(DEADLINE - timedelta(microseconds=1)) == []


def test_a_trip_that_ends_is_due_no_more(log: Readable) -> None:
    """It moves from one side of the board to the other."""
    log.enter(summary("trip-1", HOTEL))
    assert [found.status for found in log.due(DEADLINE)] == [Status.PENDING]
    log.enter(summary("trip-1", *HISTORIES["goes well"].noted))
    assert log.due(DEADLINE) == []
    assert [found.status for found in log.recent(NOW, 10)] == [Status.CONFIRMED]


def test_recent_trips_are_told_the_newest_first(log: Readable) -> None:
    """Open or over, no more than asked for."""
    for place, trip_id in enumerate(("t1", "t2", "t3", "t4")):
        found = summary(trip_id, *(HISTORIES["goes well"].noted if place % 2 else (HOTEL,)))
        log.enter(replace(found, requested_at=NOW - timedelta(minutes=10 - place)))
    assert [found.trip_id for found in log.recent(NOW, 3)] == ["t4", "t3", "t2"]


def test_a_rejection_is_found_by_its_request_and_by_its_trip(log: Readable) -> None:
    """Kept once, as it first came; it is no fact of the trip."""
    log.note_rejection(rejection("event-1"))
    log.note_rejection(rejection("event-1", reason="changed"))
    log.note_rejection(rejection("event-2"))
    assert log.rejection("event-1") == rejection("event-1")
    assert sorted(found.request_id for found in log.rejections("trip-1")) == ["event-1", "event-2"]
    assert log.recall("trip-1") == Known((), None)


def test_a_rejection_without_a_usable_trip_id_is_found_by_its_request(log: Readable) -> None:
    """The client knows the event that it put."""
    log.note_rejection(rejection("event-1", None))
    assert log.rejection("event-1") == rejection("event-1", None)
    assert log.rejections("trip-1") == []


@pytest.mark.parametrize("saga_log", ["memory", "local"], indirect=True)
def test_facts_that_come_at_once_are_all_kept_and_the_last_to_come_sees_all(log: Readable) -> None:
    """Whoever completes the set must see that it is complete, or no outcome would ever be announced."""
    noted = [replace(HOTEL, event_id=f"hotel:trip-1:DELAYED:{n}") for n in range(30)]
    with ThreadPoolExecutor(15) as pool:
        answers = list(pool.map(log.note, noted))
    assert by_id(log.recall("trip-1").noted) == by_id(tuple(noted))
    assert max(len(answer.noted) for answer in answers) == 30


TURNED_DOWN = rejection("event-1")
WRITES: dict[str, tuple[str, Callable[[DynamoSagaLog], object], Callable[[DynamoSagaLog], object], object]] = {
    "note": ("UpdateItem", lambda log: log.note(HOTEL), lambda log: log.recall("trip-1").noted, (HOTEL,)),
    "enter": (
        "UpdateItem",
        lambda log: log.enter(summary("trip-1", HOTEL)),
        lambda log: log.recall("trip-1").summary,
        summary("trip-1", HOTEL),
    ),
    "note_rejection": (
        "PutItem",
        lambda log: log.note_rejection(TURNED_DOWN),
        lambda log: (log.rejection("event-1"), log.rejections("trip-1")),
        (TURNED_DOWN, [TURNED_DOWN]),
    ),
}


@pytest.mark.parametrize(("operation", "write", "read", "kept"), WRITES.values(), ids=WRITES)
def test_a_write_whose_answer_is_lost_is_made_again(
    moto: Aws,
    operation: str,
    write: Callable[[DynamoSagaLog], object],
    read: Callable[[DynamoSagaLog], object],
    kept: object,
) -> None:
    """It may be done or not, so the message is to be delivered again; the second time changes nothing."""
    client = moto.client("dynamodb")
    log = DynamoSagaLog(client, moto.table("trip"))

    def lose(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    client.meta.events.register(f"after-call.dynamodb.{operation}", lose)
    with pytest.raises(Busy):
        write(log)
    client.meta.events.unregister(f"after-call.dynamodb.{operation}", lose)
    write(log)
    write(log)
    assert read(log) == kept
