"""Injected faults do what the trip asks for, where the stage allows it; and nothing to any other trip."""

from typing import Any

import pytest

from services.flight.participant import FLIGHT
from services.hotel.participant import HOTEL
from shared.ports import Busy
from shared.saga.effects import Core
from shared.saga.faults import Pause, WorkerDied, with_faults
from shared.saga.runtime import handle_booking, handle_notice
from tests.samples import TERMS, a_trip, booked, delivery, fact, requested, with_faults_allowed
from tests.unit.by_hand import by_hand, ledger


def fault(**changes: Any) -> dict[str, Any]:
    return {"at": "hotel", "do": "throttle", **changes}


def booking(*faults: dict[str, Any], attempt: int = 1) -> Core[None]:
    handling = handle_booking(
        HOTEL, with_faults_allowed(TERMS["hotel"]), delivery(requested(a_trip(faults=list(faults))), attempt)
    )
    return with_faults(handling, HOTEL, "book", attempt)


def names(core: Core[None]) -> list[str]:
    return by_hand(core, ledger()).names


def test_a_trip_without_faults_is_handled_as_ever() -> None:
    """The wrapper is invisible."""
    assert names(booking()) == ["Look", "Decide", "Announce"]


@pytest.mark.parametrize("other", [fault(at="flight"), fault(on="compensate"), fault(at="flight", do="crash_after")])
def test_a_fault_for_somebody_else_does_nothing_here(other: dict[str, Any]) -> None:
    """Another participant's, or another step's."""
    assert names(booking(other)) == ["Look", "Decide", "Announce"]


def test_a_throttle_fails_the_write_as_often_as_asked() -> None:
    """By the count of deliveries, so that it needs no memory."""
    for attempt in (1, 2):
        run = by_hand(booking(fault(times=2), attempt=attempt), ledger())
        assert isinstance(run.failure, Busy)
        assert run.names == ["Look"]
    assert by_hand(booking(fault(times=2), attempt=3), ledger()).failure is None


def test_a_crash_before_the_write_leaves_nothing_written() -> None:
    """The worker dies, past every handler of errors."""
    core = booking(fault(do="crash_before"))
    with pytest.raises(WorkerDied, match="before Decide"):
        names(core)


def test_a_crash_after_the_write_leaves_it_unannounced() -> None:
    """The window that an outbox is there for."""
    written: list[object] = []
    answers = {**ledger(), **{kind: _noting(written, answer) for kind, answer in ledger().items()}}
    core = booking(fault(do="crash_after"))
    with pytest.raises(WorkerDied, match="after Decide"):
        by_hand(core, answers)
    assert [type(effect).__name__ for effect in written] == ["Look", "Decide"]


def _noting(into: list[object], answer: Any) -> Any:
    def noted(effect: object) -> object:
        into.append(effect)
        return answer(effect)

    return noted


def test_a_delay_waits_before_the_write() -> None:
    """As long as asked."""
    run = by_hand(booking(fault(do="delay", seconds=0.25)), ledger())
    assert run.names == ["Look", "Pause", "Decide", "Announce"]
    (pause,) = [effect for effect in run.effects if isinstance(effect, Pause)]
    assert pause.seconds == 0.25
    assert not pause.touches()
    Pause(0).perform(None)


def test_a_refusal_is_a_business_answer() -> None:
    """Recorded and announced like any other."""
    run = by_hand(booking(fault(do="refuse")), ledger())
    assert run.said == ["HotelBookingFailed requested_failure"]


def test_a_fault_at_compensation_meets_the_release_and_is_told_as_a_delay() -> None:
    """The trip that asked for it is on record, so its compensation knows."""
    standing = booked(trip=a_trip(faults=[fault(on="compensate")]))
    handling = handle_notice(HOTEL, TERMS["hotel"], delivery(fact("flight", "BookingFailed")))
    run = by_hand(with_faults(handling, HOTEL, "compensate", 1), ledger(standing))
    assert run.said == ["HotelCompensationDelayed Busy: throttled on request, delivery 1"]
    assert isinstance(run.failure, Busy)


def test_an_error_of_a_port_reaches_the_core_through_the_wrapper() -> None:
    """Faults add errors, they never swallow one."""
    handling = handle_booking(HOTEL, TERMS["hotel"], delivery(requested()))
    answers = {kind: (lambda _: Busy("real")) for kind in ledger()}
    assert str(by_hand(with_faults(handling, HOTEL, "book", 1), answers).failure) == "real"


def test_a_fact_from_upstream_carries_the_faults_along() -> None:
    """A later leg meets its own fault on its own write."""
    trip = a_trip(faults=[fault(at="flight", do="crash_before")])
    handling = handle_booking(FLIGHT, TERMS["flight"], delivery(fact("hotel", "Booked", {"trip": trip})))
    with pytest.raises(WorkerDied):
        by_hand(with_faults(handling, FLIGHT, "book", 1), ledger())
