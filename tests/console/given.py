"""What the console is given in tests: facts as the observer keeps them, and a log that tells them bit by bit."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from console.requests import Request
from shared.message import Problem
from shared.observer.standing import Known, Rejection
from shared.saga.timeline import CLIENT, Noted

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HASH = "the request's"
LEGS = {"hotel": 10, "flight": 20, "car": 30}
ESC = "\x1b[31m"


def noted(participant: str, part: str, seconds: float, **more: Any) -> Noted:
    """A fact, so many seconds after the request."""
    told = {"request_hash": None if participant == CLIENT else HASH, "requested_at": NOW, **more}
    return Noted(
        event_id=f"{participant}:trip-1:{part}",
        trip_id="trip-1",
        participant=participant,
        part=part,
        occurred_at=NOW + timedelta(seconds=seconds),
        leg=LEGS.get(participant, 0),
        **told,
    )


HOTEL_BOOKED = noted("hotel", "Booked", 0.25)
FLIGHT_BOOKED = noted("flight", "Booked", 0.5)
CAR_BOOKED = noted("car", "Booked", 0.75)
FLIGHT_REFUSED = noted("flight", "BookingFailed", 0.5, reason="flight_full", message="no seat left")
HOTEL_CANCELLED = noted("hotel", "Cancelled", 0.75, released=True, causation_id="flight:trip-1:BookingFailed")
BOOKED = (HOTEL_BOOKED, FLIGHT_BOOKED, CAR_BOOKED)
GIVEN_BACK = (HOTEL_BOOKED, FLIGHT_REFUSED, HOTEL_CANCELLED)

REJECTION = Rejection(
    request_id="event-1",
    reason="invalid",
    occurred_at=NOW,
    problems=(Problem("hotel", '""', "send text"),),
    trip_id="trip-1",
)


def a_request(trip_id: str | None = "trip-1") -> Request:
    """A request that was put a quarter of a second after the full second that its event names."""
    return Request("event-1", trip_id, HASH, NOW + timedelta(seconds=0.25))


class Told:
    """A log in which one more step of the story is known each time it is read; the last step stays."""

    def __init__(self, *steps: Sequence[Noted], rejected_after: int | None = None) -> None:
        self.steps = list(steps)
        self.rejected_after = rejected_after
        self.reads = 0

    def recall(self, trip_id: str) -> Known:
        self.reads += 1
        return Known(tuple(self.steps[min(self.reads, len(self.steps)) - 1]), None)

    def rejection(self, request_id: str) -> Rejection | None:
        over = self.rejected_after is not None and self.reads >= self.rejected_after
        return REJECTION if over else None
