"""Which participants exist, in which order, and which words they may say.

The one place to add a participant. It ships with no function: a function learns its neighbours from its
settings, so adding a participant changes nobody's code.
"""

from dataclasses import dataclass
from typing import Final

from services.car.participant import CAR
from services.flight.participant import FLIGHT
from services.hotel.participant import HOTEL
from shared.message import source_of
from shared.saga.participant import PARTS, title_of

OBSERVER: Final = "trip"
ORCHESTRATOR: Final = "orchestrator"
REQUESTED: Final = "TripRequested"
CANCEL_REQUESTED: Final = "TripCancelRequested"
REJECTED: Final = "TripRequestRejected"
EXPIRED: Final = "TripExpired"
OUTCOMES: Final = ("TripConfirmed", "TripFailed", "TripCancelled")


@dataclass(frozen=True, slots=True)
class Participant:
    """A service that books something, and its place in the order of bookings (its leg)."""

    name: str
    leg: int

    @property
    def source(self) -> str:
        return source_of(self.name)

    @property
    def noun(self) -> str:
        """The first word of its facts: `Hotel`."""
        return title_of(self.name)

    @property
    def booked(self) -> str:
        return f"{self.noun}Booked"

    @property
    def refused(self) -> str:
        return f"{self.noun}BookingFailed"

    @property
    def cancelled(self) -> str:
        return f"{self.noun}Cancelled"

    @property
    def facts(self) -> tuple[str, ...]:
        """Every detail-type that it may put."""
        return tuple(self.noun + part for part in PARTS)


@dataclass(frozen=True, slots=True)
class Catalog:
    """The participants in booking order; the last one is the pivot, whose record commits the saga."""

    participants: tuple[Participant, ...]

    def __post_init__(self) -> None:
        legs = [participant.leg for participant in self.participants]
        if len(legs) < 2 or legs != sorted(set(legs)):
            raise ValueError(f"a saga needs two or more participants on rising legs, not {legs}")

    @property
    def first(self) -> Participant:
        return self.participants[0]

    @property
    def pivot(self) -> Participant:
        return self.participants[-1]

    @property
    def services(self) -> tuple[str, ...]:
        """Every service with a stack of its own: the participants, the observer, the orchestrator."""
        return (*(participant.name for participant in self.participants), OBSERVER, ORCHESTRATOR)

    @property
    def legs(self) -> dict[str, int]:
        return {participant.name: participant.leg for participant in self.participants}

    def named(self, name: str) -> Participant:
        """The participant of that name; KeyError if there is none."""
        return {participant.name: participant for participant in self.participants}[name]

    def before(self, participant: Participant) -> Participant | None:
        """Whose booking starts this one's; None for the first."""
        place = self.participants.index(participant)
        return self.participants[place - 1] if place else None

    def after(self, participant: Participant) -> Participant | None:
        """Whom this one's booking starts; None for the pivot."""
        rest = self.participants[self.participants.index(participant) + 1 :]
        return rest[0] if rest else None

    def senders(self, client_source: str) -> dict[str, tuple[str, ...]]:
        """Every known detail-type and the sources that may put it."""
        observer = source_of(OBSERVER)
        return {
            REQUESTED: (client_source,),
            CANCEL_REQUESTED: (client_source, observer),
            REJECTED: (self.first.source, source_of(ORCHESTRATOR)),
            **{fact: (who.source,) for who in self.participants for fact in who.facts},
            **dict.fromkeys((EXPIRED, *OUTCOMES), (observer,)),
        }


PARTICIPANTS: Final = (HOTEL, FLIGHT, CAR)
"""The services that take part, as they describe themselves."""

CATALOG: Final = Catalog(tuple(Participant(who.name, who.leg) for who in PARTICIPANTS))
