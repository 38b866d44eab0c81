"""Typical trips as they really went: every fact of each, in the order in which it came true."""

from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from shared.saga.timeline import CLIENT, Facts, Noted, Status, verdict
from tests.samples import DEADLINE, LEGS, NOW


class Ending(NamedTuple):
    """How a trip ended, in the words of the observer."""

    status: Status
    reason: str = ""


class History(NamedTuple):
    """A trip: its facts in the order of time, and how it ended."""

    noted: tuple[Noted, ...]
    ending: Ending

    @property
    def commit(self) -> int | None:
        """The place of the commit in time; None if there was none."""
        parts = [(fact.participant, fact.part) for fact in self.noted]
        return parts.index(("car", "Booked")) if ("car", "Booked") in parts else None

    def held_after(self, place: int) -> set[str]:
        """Who held something right after the fact at this place."""
        held: set[str] = set()
        for fact in self.noted[: place + 1]:
            if fact.part == "Booked":
                held.add(fact.participant)
            elif fact.part == "Cancelled":
                held.discard(fact.participant)
        return held


STATES = {"Booked": "BOOKED", "BookingFailed": "FAILED", "Cancelled": "CANCELLED"}


def told(word: str, place: int) -> Noted:
    """A fact from a word such as `hotel Booked`, `car BookingFailed car_unavailable` or `flight Cancelled tombstone`."""
    participant, part, *rest = word.split()
    reason = rest[0] if rest else ""
    return Noted(
        event_id=f"{participant}:trip-1:{STATES.get(part, part)}",
        trip_id="trip-1",
        participant=participant,
        part=part,
        occurred_at=NOW + timedelta(seconds=1 + place),
        leg=LEGS.get(participant, 0),
        requested_at=None if participant == CLIENT else NOW,
        deadline=None if participant == CLIENT else DEADLINE,
        reason=reason,
        released=part == "Cancelled" and reason != "tombstone",
        attempt=1 if part.startswith("Compensation") else 0,
    )


def history(ending: Ending, *words: str) -> History:
    """A history from its words."""
    return History(tuple(told(word, place) for place, word in enumerate(words)), ending)


def claim(noted: Iterable[Noted]) -> Ending:
    """What the observer says who has seen these facts."""
    found = verdict(Facts(noted, LEGS))
    return Ending(found.status, found.reason)


CANCELLED = Ending(Status.CANCELLED, "cancelled")
HISTORIES = {
    "goes well": history(Ending(Status.CONFIRMED), "hotel Booked", "flight Booked", "car Booked"),
    "stopped before anybody was asked": history(
        Ending(Status.FAILED, "deadline"),
        "orchestrator Started",
        "car BookingFailed deadline",
        "hotel Cancelled tombstone",
        "flight Cancelled tombstone",
    ),
    "hotel refuses": history(Ending(Status.FAILED, "hotel_full"), "hotel BookingFailed hotel_full"),
    "flight refuses": history(
        Ending(Status.FAILED, "flight_full"),
        "hotel Booked",
        "flight BookingFailed flight_full",
        "hotel Cancelled flight_full",
    ),
    "car refuses": history(
        Ending(Status.FAILED, "car_unavailable"),
        "hotel Booked",
        "flight Booked",
        "car BookingFailed car_unavailable",
        "hotel Cancelled car_unavailable",
        "flight Cancelled car_unavailable",
    ),
    "cancelled before the commit": history(
        CANCELLED,
        "hotel Booked",
        "client CancelRequested",
        "car BookingFailed cancelled",
        "flight Cancelled tombstone",
        "hotel Cancelled cancelled",
    ),
    "cancelled before anything": history(
        CANCELLED,
        "client CancelRequested",
        "car BookingFailed cancelled",
        "hotel Cancelled tombstone",
        "flight Cancelled tombstone",
    ),
    "cancelled after the commit": history(
        CANCELLED,
        "hotel Booked",
        "flight Booked",
        "car Booked",
        "client CancelRequested",
        "car Cancelled cancelled",
        "flight Cancelled car_cancelled",
        "hotel Cancelled car_cancelled",
    ),
    "flight refuses while the user cancels": history(
        Ending(Status.FAILED, "flight_full"),
        "hotel Booked",
        "client CancelRequested",
        "flight BookingFailed flight_full",
        "car BookingFailed cancelled",
        "hotel Cancelled flight_full",
    ),
    "hotel refuses a trip that was cancelled": history(
        Ending(Status.FAILED, "hotel_full"),
        "client CancelRequested",
        "car BookingFailed cancelled",
        "flight Cancelled tombstone",
        "hotel BookingFailed hotel_full",
    ),
    "the deadline passes": history(
        Ending(Status.FAILED, "deadline"),
        "hotel Booked",
        "flight Booked",
        "car BookingFailed deadline",
        "hotel Cancelled deadline",
        "flight Cancelled deadline",
    ),
    "a compensation is parked and redriven": history(
        Ending(Status.FAILED, "car_unavailable"),
        "hotel Booked",
        "flight Booked",
        "car BookingFailed car_unavailable",
        "flight CompensationDelayed Busy",
        "flight CompensationParked Busy",
        "hotel Cancelled car_unavailable",
        "flight Cancelled car_unavailable",
    ),
}
