"""A participant called by the state machine, row by row: the same records, answered as values."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from shared.message import Mode, Unreadable
from shared.ports import Busy, Tripwire
from shared.saga.effects import Announce, Core, Decide, Release
from shared.saga.intake import Terms
from shared.saga.record import Record, State
from shared.saga.tasks import Answer, Do, Outcome, Task, perform, read_task
from tests.samples import (
    CLAIMS,
    DEADLINE,
    HASH,
    NOW,
    PARTICIPANTS,
    TERMS,
    a_trip,
    booked,
    cancelled,
    failed,
    tombstone,
)
from tests.unit.by_hand import Run, by_hand, ledger
from tests.unit.test_booking import DETAILS

ORCHESTRATED = Mode.ORCHESTRATION
BEFORE = ["hotel", "flight"]
PIVOT = "car"
LATER = NOW + timedelta(minutes=1)

CALL: dict[str, Any] = {
    "do": "book",
    "tripId": "trip-1",
    "requestHash": HASH,
    "trip": a_trip(),
    "requestedAt": NOW.isoformat(),
    "deadline": DEADLINE.isoformat(),
    "cause": "event-1",
}
"""An invocation's payload."""


def task(do: Do, **changes: Any) -> Task:
    return replace(read_task({**CALL, "do": str(do)}), **changes)


def call(name: str, asked: Task, answers: Any, terms: Terms | None = None) -> tuple[Run, Answer | None]:
    """Perform a task on a ledger; None if it ended in an error."""
    heard: list[Answer] = []

    def listening() -> Core[None]:
        heard.append((yield from perform(PARTICIPANTS[name], terms or TERMS[name], asked, LATER)))

    run = by_hand(listening(), answers)
    return run, heard[0] if heard else None


def outcome(answer: Answer | None) -> Outcome | None:
    return answer.outcome if answer else None


STANDING: dict[str, tuple[Any, Outcome, str]] = {
    "BOOKED": (booked, Outcome.BOOKED, "Booked"),
    "FAILED": (failed, Outcome.FAILED, "BookingFailed hotel_full"),
    "CANCELLED": (cancelled, Outcome.CANCELLED, "Cancelled flight_full"),
    "tombstone": (tombstone, Outcome.CANCELLED, "Cancelled flight_full"),
}


def standing(name: str, state: str) -> Record:
    """A record that the machine made here before."""
    record: Record = STANDING[state][0](details=DETAILS[name] if state == "BOOKED" else {}, mode=ORCHESTRATED)
    return record


class TestBook:
    @pytest.mark.parametrize("name", PARTICIPANTS)
    def test_no_record_books(self, name: str) -> None:
        """Look, one transaction, announce: as from a queue. The fact carries the mode."""
        run, answer = call(name, task(Do.BOOK), ledger())
        assert run.names == ["Look", "Decide", "Announce"]
        (record,), (told,) = run.decided, run.announced
        assert (record.state, record.mode, record.request_hash) == (State.BOOKED, ORCHESTRATED, HASH)
        assert (record.cause, record.deadline, record.decided_at) == ("event-1", DEADLINE, LATER)
        assert getattr(told.metadata, "mode", None) is ORCHESTRATED
        assert answer == Answer(outcome=Outcome.BOOKED, event_id=f"{name}:trip-1:BOOKED")

    @pytest.mark.parametrize("name", PARTICIPANTS)
    def test_a_refusal_is_a_value(self, name: str) -> None:
        """No exception: the machine routes by it."""
        run, answer = call(name, task(Do.BOOK), ledger(), Terms(after=TERMS[name].after, unlisted=0))
        assert run.failure is None
        assert run.said == [f"{name.capitalize()}BookingFailed {name}_unknown"]
        assert answer
        assert (answer.outcome, answer.reason) == (Outcome.FAILED, f"{name}_unknown")
        assert answer.message == run.decided[0].message != ""

    @pytest.mark.parametrize("name", PARTICIPANTS)
    @pytest.mark.parametrize("state", STANDING)
    def test_what_is_recorded_is_announced_again_and_answered(self, name: str, state: str) -> None:
        """A second call writes nothing; a booking that comes after its cancel loses."""
        run, answer = call(name, task(Do.BOOK), ledger(standing(name, state)))
        assert run.names == ["Look", "Announce"]
        assert run.said == [f"{name.capitalize()}{STANDING[state][2]}"]
        assert outcome(answer) is STANDING[state][1]


class TestCancelBeforeThePivot:
    @pytest.mark.parametrize("name", BEFORE)
    def test_no_record_leaves_a_tombstone(self, name: str) -> None:
        """So that a call which is still on its way loses."""
        run, answer = call(name, task(Do.CANCEL, reason="car_unavailable"), ledger())
        (record,) = run.decided
        assert (record.state, record.claims, record.released) == (State.CANCELLED, (), False)
        assert (record.mode, record.reason) == (ORCHESTRATED, "car_unavailable")
        assert outcome(answer) is Outcome.CANCELLED

    @pytest.mark.parametrize("name", BEFORE)
    def test_a_booking_is_given_back(self, name: str) -> None:
        """In one transaction, by the claims on record."""
        run, answer = call(name, task(Do.CANCEL, reason="car_unavailable"), ledger(standing(name, "BOOKED")))
        assert run.names == ["Look", "Release", "Announce"]
        (record,) = run.released
        assert (record.state, record.released, record.claims) == (State.CANCELLED, True, CLAIMS)
        assert run.said == [f"{name.capitalize()}Cancelled car_unavailable"]
        assert outcome(answer) is Outcome.CANCELLED

    @pytest.mark.parametrize("name", BEFORE)
    @pytest.mark.parametrize("state", ["FAILED", "CANCELLED", "tombstone"])
    def test_what_is_over_stays(self, name: str, state: str) -> None:
        """The failed step's own cancel: a no-op that tells again."""
        run, answer = call(name, task(Do.CANCEL), ledger(standing(name, state)))
        assert run.names == ["Look", "Announce"]
        assert outcome(answer) is STANDING[state][1]

    @pytest.mark.parametrize("name", BEFORE)
    def test_asked_to_decide_it_undoes_nothing(self, name: str) -> None:
        """Nobody knows whether it booked: it says so again, or that it never will."""
        run, answer = call(name, task(Do.DECIDE), ledger(standing(name, "BOOKED")))
        assert (run.names, outcome(answer)) == (["Look", "Announce"], Outcome.BOOKED)
        run, answer = call(name, task(Do.DECIDE, reason="technical_failure"), ledger())
        (record,) = run.decided
        assert (record.state, record.released, outcome(answer)) == (State.CANCELLED, False, Outcome.CANCELLED)


@pytest.mark.parametrize("do", [Do.CANCEL, Do.DECIDE])
class TestThePivot:
    """Whatever it is asked, it decides: only a user undoes its commit."""

    def test_no_record_is_decided_against(self, do: Do) -> None:
        """For good: a booking that is still on its way finds it refused."""
        run, answer = call(PIVOT, task(do, reason="technical_failure"), ledger())
        (record,) = run.decided
        assert (record.state, record.reason, record.mode) == (State.FAILED, "technical_failure", ORCHESTRATED)
        assert record.message == "an earlier step could not be done, or not be known to be done"
        assert run.said == ["CarBookingFailed technical_failure"]
        assert outcome(answer) is Outcome.FAILED

    def test_a_commit_stands(self, do: Do) -> None:
        """It is announced again, and answered."""
        run, answer = call(PIVOT, task(do, reason="technical_failure"), ledger(standing(PIVOT, "BOOKED")))
        assert run.names == ["Look", "Announce"]
        assert run.said == ["CarBooked"]
        assert outcome(answer) is Outcome.BOOKED

    def test_a_commit_that_came_first_stands(self, do: Do) -> None:
        """Between the look and the write."""
        raced = {**ledger(), Decide: lambda _: standing(PIVOT, "BOOKED")}
        run, answer = call(PIVOT, task(do), raced)
        assert (run.said, outcome(answer)) == (["CarBooked"], Outcome.BOOKED)
        assert not run.released

    @pytest.mark.parametrize("state", ["FAILED", "CANCELLED"])
    def test_what_is_over_stays(self, do: Do, state: str) -> None:
        """A trip that the user cancelled is not brought back."""
        run, answer = call(PIVOT, task(do), ledger(standing(PIVOT, state)))
        assert run.names == ["Look", "Announce"]
        assert outcome(answer) is STANDING[state][1]


@pytest.mark.parametrize("state", STANDING)
@pytest.mark.parametrize(
    ("name", "do"), [(name, do) for name in PARTICIPANTS for do in Do if name == PIVOT or do is not Do.DECIDE]
)
def test_another_requests_record_is_a_conflict_and_untouched(name: str, state: str, do: Do) -> None:
    """Nothing is written, and nothing told about that trip; the first leg answers the request."""
    theirs = replace(standing(name, state), request_hash="another")
    run, answer = call(name, task(do), ledger(theirs))
    rejected = ["TripRequestRejected conflict"] if name == "hotel" and do is not Do.CANCEL else []
    assert run.said == rejected
    assert not run.decided
    assert not run.released
    assert outcome(answer) is Outcome.CONFLICT


@pytest.mark.parametrize("name", BEFORE)
def test_another_requests_record_that_appears_meanwhile_is_a_conflict(name: str) -> None:
    """Between the look and the write."""
    theirs = replace(standing(name, "BOOKED"), request_hash="another")
    _, answer = call(name, task(Do.CANCEL), {**ledger(), Decide: lambda _: theirs})
    assert outcome(answer) is Outcome.CONFLICT


@pytest.mark.parametrize(
    ("do", "record", "effect"),
    [(Do.BOOK, None, Decide), (Do.CANCEL, booked(), Release), (Do.BOOK, None, Announce), (Do.CANCEL, None, Decide)],
)
@pytest.mark.parametrize("fault", [Busy("throttled"), Tripwire("less is held")])
def test_a_fault_is_an_error_and_never_an_answer(do: Do, record: Any, effect: type, fault: Exception) -> None:
    """The machine retries it; a fact that is not on the bus is not answered either."""
    run, answer = call("hotel", task(do), {**ledger(record), effect: lambda _: fault})
    assert run.failure is fault
    assert answer is None


def test_a_task_is_read_from_the_machines_payload() -> None:
    """As the definition makes it."""
    read = read_task({**CALL, "do": "cancel", "reason": "car_unavailable", "attempt": 3})
    assert (read.do, read.reason, read.attempt) == (Do.CANCEL, "car_unavailable", 3)
    assert (read.trip_id, read.requested_at, read.deadline) == ("trip-1", NOW, DEADLINE)
    assert read_task(CALL).attempt == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"do": "undo"},
        {"tripId": "a b"},
        {"tripId": None},
        {"trip": "text"},
        {"deadline": "soon"},
        {"deadline": "2027-07-10T06:00:00"},
        {"attempt": "two"},
    ],
    ids=str,
)
def test_a_payload_that_is_no_task_is_unreadable(wrong: dict[str, Any]) -> None:
    """A bug of whoever calls: it is not retried."""
    with pytest.raises(Unreadable, match="task: "):
        read_task({**CALL, **wrong})


def test_an_answer_holds_every_part_that_the_machine_reads() -> None:
    """An expression on a part that is missing would be an error."""
    answer = msgspec.to_builtins(Answer(outcome=Outcome.BOOKED))
    assert answer == {"outcome": "Booked", "eventId": "", "reason": "", "message": ""}
