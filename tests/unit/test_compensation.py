"""The compensate queue, row by row: failures downstream, the user's cancel, a passed deadline."""

from typing import Any

import pytest
from msgspec.structs import replace

from shared.message import Mode, Unreadable
from shared.ports import Busy, Seen, Stale, Tripwire
from shared.saga.effects import Announce, Decide, Look, Release
from shared.saga.record import State
from shared.saga.runtime import handle_notice
from tests.samples import (
    CLAIMS,
    PARTICIPANTS,
    TERMS,
    body,
    booked,
    cancel_requested,
    cancelled,
    delivery,
    fact,
    failed,
    metadata,
    requested,
    tombstone,
)
from tests.unit.by_hand import Run, by_hand, ledger
from tests.unit.test_booking import DETAILS

REPEATED_CANCEL = body(
    "TripCancelRequested", "travel.trip", {"metadata": metadata("trip", "CANCEL:1"), "data": {"nudge": 1}}
)
EXPIRED = body("TripExpired", "travel.trip", {"metadata": metadata("trip", "EXPIRED:1"), "data": {"nudge": 1}})


def handed_over(participant: str = "orchestrator", reason: Any = "car_unavailable", source: str | None = None) -> str:
    """A cancel that kept failing when the state machine asked for it, as the machine sends it to the queue."""
    told = metadata(participant, "COMPENSATE", mode="orchestration", pivot=None, causationId="car:trip-1:FAILED")
    detail = {"metadata": told, "data": {"reason": reason}}
    return body("CompensationRequested", source or f"travel.{participant}", detail)


REFUSED = fact("car", "BookingFailed", {"reason": "car_unavailable"})
UNDONE = fact("car", "Cancelled")


def compensate(name: str, message: str, answers: Any, attempt: int = 1, *, last: bool = False) -> Run:
    return by_hand(handle_notice(PARTICIPANTS[name], TERMS[name], delivery(message, attempt, last=last)), answers)


def standing(name: str, state: str) -> Any:
    return {"BOOKED": booked, "FAILED": failed, "CANCELLED": cancelled, "tombstone": tombstone}[state](
        details=DETAILS[name] if state == "BOOKED" else {}
    )


DOWNSTREAM = [("hotel", REFUSED), ("hotel", UNDONE), ("hotel", fact("flight", "BookingFailed"))]
DOWNSTREAM += [("flight", REFUSED), ("flight", UNDONE)]
DOWNSTREAM += [("hotel", handed_over()), ("flight", handed_over())]
"""Every failure downstream that hotel and flight hear of, and a cancel that the state machine hands over."""

DONE = {
    "FAILED": "BookingFailed hotel_full",
    "CANCELLED": "Cancelled flight_full",
    "tombstone": "Cancelled flight_full",
}


@pytest.mark.parametrize(("name", "message"), DOWNSTREAM)
def test_a_failure_downstream_leaves_a_tombstone_where_nothing_is_recorded(name: str, message: str) -> None:
    """So that a booking which arrives late loses."""
    run = compensate(name, message, ledger())
    assert run.names == ["Look", "Decide", "Announce"]
    (record,) = run.decided
    assert (record.state, record.claims, record.released, record.trip) == (State.CANCELLED, (), False, None)
    assert run.announced[0].detail_type == f"{name.capitalize()}Cancelled"
    assert run.failure is None


@pytest.mark.parametrize(("name", "message"), DOWNSTREAM)
def test_a_failure_downstream_gives_a_booking_back(name: str, message: str) -> None:
    """Record and stock in one transaction, by the claims on record."""
    run = compensate(name, message, ledger(standing(name, "BOOKED")))
    assert run.names == ["Look", "Release", "Announce"]
    (record,) = run.released
    assert (record.state, record.released, record.claims) == (State.CANCELLED, True, CLAIMS)
    assert run.announced[0].detail_type == f"{name.capitalize()}Cancelled"
    assert run.announced[0].metadata.causation_id == record.cause != booked().cause


@pytest.mark.parametrize(("name", "message"), DOWNSTREAM)
@pytest.mark.parametrize(("state", "said"), DONE.items())
def test_a_failure_downstream_changes_nothing_that_is_over(name: str, message: str, state: str, said: str) -> None:
    """A repeat announces again, and gives nothing back twice."""
    run = compensate(name, message, ledger(standing(name, state)))
    assert run.names == ["Look", "Announce"]
    assert run.said == [f"{name.capitalize()}{said}"]


def test_the_reason_of_the_failure_is_recorded_with_the_cancellation() -> None:
    """So that whoever reads hotel's record alone knows why."""
    assert compensate("hotel", REFUSED, ledger(booked())).released[0].reason == "car_unavailable"
    assert compensate("hotel", UNDONE, ledger(booked())).released[0].reason == "car_cancelled"
    assert compensate("hotel", handed_over(), ledger(booked())).released[0].reason == "car_unavailable"


def test_what_is_handed_over_keeps_its_mode() -> None:
    """So that the facts of an orchestrated trip start nothing."""
    (record,) = compensate("hotel", handed_over(), ledger()).decided
    assert record.mode is Mode.ORCHESTRATION
    delayed = compensate("hotel", handed_over(), {**ledger(booked()), Release: lambda _: Busy("throttled")})
    assert delayed.said == ["HotelCompensationDelayed Busy: throttled"]
    assert getattr(delayed.announced[0].metadata, "mode", None) is Mode.ORCHESTRATION


@pytest.mark.parametrize("message", [cancel_requested(), REPEATED_CANCEL], ids=["client", "observer"])
class TestTheUsersCancelAtThePivot:
    """Only the pivot decides: commit or abort, by its record."""

    def test_without_a_record_the_trip_is_refused_for_good(self, message: str) -> None:
        """It may have overtaken the booking, which will find it refused."""
        run = compensate("car", message, ledger())
        assert [record.state for record in run.decided] == [State.FAILED]
        assert run.said == ["CarBookingFailed cancelled"]

    def test_a_commit_is_undone(self, message: str) -> None:
        """The one way to undo it."""
        run = compensate("car", message, ledger(standing("car", "BOOKED")))
        assert run.names == ["Look", "Release", "Announce"]
        assert run.said == ["CarCancelled cancelled"]

    @pytest.mark.parametrize(("state", "said"), DONE.items())
    def test_what_is_over_is_announced_again(self, message: str, state: str, said: str) -> None:
        """A repeated cancel heals a lost answer."""
        run = compensate("car", message, ledger(standing("car", state)))
        assert run.names == ["Look", "Announce"]
        assert run.said == [f"Car{said}"]


def test_the_deadline_makes_the_pivot_decide_if_nobody_has() -> None:
    """No record: the trip is off."""
    run = compensate("car", EXPIRED, ledger())
    assert [record.state for record in run.decided] == [State.FAILED]
    assert run.said == ["CarBookingFailed deadline"]


def test_a_commit_is_never_undone_by_time() -> None:
    """It is announced again, and that is all."""
    run = compensate("car", EXPIRED, ledger(standing("car", "BOOKED")))
    assert run.names == ["Look", "Announce"]
    assert run.said == ["CarBooked"]


@pytest.mark.parametrize("name", ["hotel", "flight"])
def test_at_the_deadline_nobody_else_decides(name: str) -> None:
    """No lease expires by itself: without a record there is nothing to say, a booking is announced again."""
    assert compensate(name, EXPIRED, ledger()).names == ["Look"]
    run = compensate(name, EXPIRED, ledger(standing(name, "BOOKED")))
    assert run.said == [f"{name.capitalize()}Booked"]
    assert not run.released


@pytest.mark.parametrize("name", list(PARTICIPANTS))
@pytest.mark.parametrize(("state", "said"), DONE.items())
def test_at_the_deadline_what_is_over_is_announced_again(name: str, state: str, said: str) -> None:
    """Whoever missed it hears it now."""
    run = compensate(name, EXPIRED, ledger(standing(name, state)))
    assert run.names == ["Look", "Announce"]
    assert run.said == [f"{name.capitalize()}{said}"]


def test_a_decision_that_came_first_stands() -> None:
    """The pivot booked between the look and the write: at the deadline it is announced, by a cancel it is undone."""
    raced = {**ledger(), Decide: lambda _: standing("car", "BOOKED")}
    assert compensate("car", EXPIRED, raced).said == ["CarBooked"]
    assert compensate("car", cancel_requested(), raced).said == ["CarCancelled cancelled"]


def test_a_booking_that_is_cancelled_meanwhile_is_not_given_back_twice() -> None:
    """The release finds another record, and that is announced."""
    run = compensate("hotel", REFUSED, {**ledger(booked()), Release: lambda _: cancelled(reason="earlier")})
    assert run.said == ["HotelCancelled earlier"]


@pytest.mark.parametrize("state", ["BOOKED", "CANCELLED", "FAILED"])
def test_a_notice_of_another_request_touches_nothing(state: str) -> None:
    """Same trip id, other hash: the record that stands belongs to somebody else."""
    theirs = replace(standing("hotel", state), request_hash="another")
    run = compensate("hotel", REFUSED, ledger(theirs))
    assert not run.decided
    assert not run.released
    assert run.quarantined == (["trip trip-1 is recorded here for another request"] if state == "BOOKED" else [])


def test_a_notice_of_another_request_meanwhile_touches_nothing() -> None:
    """The same, when the other record appears between the look and the write."""
    run = compensate("hotel", REFUSED, {**ledger(), Decide: lambda _: booked(request_hash="another")})
    assert run.quarantined
    assert not run.released


@pytest.mark.parametrize("effect", [Look, Release])
def test_a_compensation_that_cannot_be_done_says_so_and_is_retried(effect: type) -> None:
    """Never counted as done; the observer is told the attempt and the reason."""
    answers = {**ledger(booked()), effect: lambda _: Busy("throttled")}
    run = compensate("hotel", REFUSED, answers, attempt=3)
    assert run.said == ["HotelCompensationDelayed Busy: throttled"]
    assert getattr(run.announced[0].data, "attempt", 0) == 3
    assert isinstance(run.failure, Busy)


def test_after_the_last_delivery_it_is_parked() -> None:
    """SQS moves the message to the dead-letter queue; an operator redrives it."""
    answers = {**ledger(booked()), Release: lambda _: Tripwire("less is held")}
    run = compensate("hotel", REFUSED, answers, attempt=10, last=True)
    assert run.said == ["HotelCompensationParked Tripwire: less is held"]
    assert isinstance(run.failure, Tripwire)


def test_telling_of_a_delay_is_best_effort() -> None:
    """A bus that is down too does not hide the first failure."""
    answers = {**ledger(booked()), Release: lambda _: Busy("table"), Announce: lambda _: Busy("bus")}
    run = compensate("hotel", REFUSED, answers)
    assert str(run.failure) == "table"


def test_what_can_never_be_read_is_quarantined_and_not_retried() -> None:
    """No delay is announced for poison."""
    run = compensate("hotel", REFUSED, {**ledger(), Look: lambda _: Unreadable("key")})
    assert run.names == ["Look", "Quarantine"]
    assert run.failure is None


def test_a_ledger_that_refuses_a_first_word_for_want_of_stock_is_not_believed() -> None:
    """It claims nothing, so that answer is a fault."""
    run = compensate("hotel", REFUSED, {Look: lambda _: Seen(None, {}), Decide: lambda _: Stale(())})
    assert isinstance(run.failure, Busy)


NOT_FOR_ME = [
    ("hotel", "not json", "not readable as JSON"),
    ("hotel", requested(), "metadata.version"),
    ("hotel", cancel_requested(), "metadata.version"),
    ("hotel", REPEATED_CANCEL, "is not for 'hotel'"),
    ("hotel", fact("car", "Booked"), "no failure downstream of leg 10"),
    ("hotel", fact("car", "CompensationDelayed"), "no failure downstream"),
    ("hotel", fact("hotel", "BookingFailed"), "no failure downstream"),
    ("hotel", fact("hotel", "BookingFailed", leg=20), "no failure downstream"),
    ("flight", fact("hotel", "BookingFailed", leg=25), "no failure downstream"),
    ("hotel", fact("car", "BookingFailed", leg=10), "no failure downstream"),
    ("hotel", fact("car", "BookingFailed", participant="hotel"), "does not belong to source"),
    ("hotel", fact("car", "BookingFailed", {"reason": 7}), "data: "),
    (
        "hotel",
        body("HotelBookingFailed", "travel.car", {"metadata": metadata("car", "FAILED")}),
        "no failure downstream",
    ),
    ("car", fact("car", "BookingFailed"), "no failure downstream of leg 30"),
    ("car", cancel_requested("a b"), "tripId: send 1 to 64"),
    ("car", body("TripCancelRequested", "travel.client", ["trip-1"]), "tripId: send 1 to 64"),
    ("car", body("TripExpired", "travel.client", {"tripId": "trip-1"}), "metadata.version"),
    ("car", body("TripExpired", "travel.hotel", {"metadata": metadata("hotel", "X")}), "is not for 'car'"),
    ("hotel", handed_over("trip"), "only 'orchestrator' hands over"),
    ("hotel", handed_over("car"), "only 'orchestrator' hands over"),
    ("hotel", handed_over("orchestrator", reason=7), "data: "),
    ("hotel", handed_over("orchestrator", source="travel.car"), "does not belong to source"),
    ("car", handed_over("orchestrator"), "no failure downstream of leg 30"),
]


@pytest.mark.parametrize(("name", "message", "why"), NOT_FOR_ME)
def test_a_message_whose_parts_do_not_belong_together_is_quarantined(name: str, message: str, why: str) -> None:
    """Nothing is read, written or announced for it."""
    run = compensate(name, message, ledger(booked()))
    assert run.names == ["Quarantine"]
    assert why in run.quarantined[0]
