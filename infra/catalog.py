"""Which participants exist, in which order, and which words they may say.

The one place to add a participant. It ships with no function: a function learns its neighbours from its
settings, so adding a participant changes nobody's code.
"""

from dataclasses import dataclass
from typing import Final, Self

from services.car.participant import CAR
from services.flight.participant import FLIGHT
from services.hotel.participant import HOTEL
from shared.saga import participant as descriptors
from shared.saga.declaration import PARTS, Saga, title_of
from shared.saga.timeline import Legs
from shared.trip import TRIP

OBSERVER: Final = TRIP.observer
ORCHESTRATOR: Final = "orchestrator"
REQUESTED: Final = TRIP.requested
CANCEL_REQUESTED: Final = TRIP.cancel_requested
REJECTED: Final = TRIP.rejected
EXPIRED: Final = TRIP.expired
OUTCOMES: Final = TRIP.outcomes


@dataclass(frozen=True, slots=True)
class Participant:
    """A service that books something, and its place in the order of bookings (its leg)."""

    name: str
    leg: int
    saga: Saga = TRIP
    since: int = 1
    """The definition of the saga in which it joined."""

    @property
    def source(self) -> str:
        return self.saga.source_of(self.name)

    @property
    def noun(self) -> str:
        """The first word of its facts: `Hotel`."""
        return title_of(self.name)

    @property
    def booked(self) -> str:
        return self.saga.detail_type(self.name, "Booked")

    @property
    def refused(self) -> str:
        return self.saga.detail_type(self.name, "BookingFailed")

    @property
    def cancelled(self) -> str:
        return self.saga.detail_type(self.name, "Cancelled")

    @property
    def facts(self) -> tuple[str, ...]:
        """Every detail-type that it may put."""
        return tuple(self.saga.detail_type(self.name, part) for part in PARTS)


@dataclass(frozen=True, slots=True)
class Catalog:
    """A saga's participants in booking order; the last one is the pivot, whose record commits the saga.

    `package` holds a folder of code for each service, `app` begins the name of everything that is deployed, `templates`
    is the module that makes its templates.
    """

    participants: tuple[Participant, ...]
    package: str = "services"
    app: str = "wayfare"
    templates: str = "infra.app"
    described: tuple[descriptors.Participant, ...] = ()
    """The participants as they describe themselves, for whoever runs their code here."""
    example: str = "examples/trips/trip-success.json"
    """A file with a request that every participant books."""
    oldest: int = 1
    """The oldest definition under which sagas may still be under way; raise it to the newest when they have ended."""

    @classmethod
    def of(cls, *described: descriptors.Participant, oldest: int = 1, **place: str) -> Self:
        """The catalogue of the services that describe themselves so; `place` says where their code is, if not in `services`."""
        taking_part = tuple(Participant(who.name, who.leg, who.saga, who.since) for who in described)
        return cls(taking_part, described=described, oldest=oldest, **place)

    def __post_init__(self) -> None:
        legs = [participant.leg for participant in self.participants]
        if len(legs) < 2 or legs != sorted(set(legs)):
            raise ValueError(f"a saga needs two or more participants on rising legs, not {legs}")
        for end in (self.first, self.pivot):
            if end.since > self.oldest:
                raise ValueError(
                    f"{end.name} joined in definition {end.since}, and sagas of definition {self.oldest} are under way:"
                    " only a leg between the first and the pivot can be added meanwhile"
                )

    @property
    def saga(self) -> Saga:
        return self.first.saga

    @property
    def first(self) -> Participant:
        return self.participants[0]

    @property
    def pivot(self) -> Participant:
        return self.participants[-1]

    @property
    def services(self) -> tuple[str, ...]:
        """Every service with a stack of its own: the participants, the observer, the orchestrator."""
        return (*(participant.name for participant in self.participants), self.saga.observer, ORCHESTRATOR)

    @property
    def definition(self) -> int:
        """The newest one: what the first leg stamps on whatever it takes."""
        return max(participant.since for participant in self.participants)

    @property
    def definitions(self) -> range:
        """Those under which sagas may be under way."""
        return range(self.oldest, self.definition + 1)

    @property
    def legs(self) -> Legs:
        since = {participant.name: participant.since for participant in self.participants if participant.since > 1}
        return Legs({participant.name: participant.leg for participant in self.participants}, since)

    def upstreams(self, me: Participant) -> dict[Participant, list[int]]:
        """Whose booking starts this one's, and under which of the definitions that are under way; nobody's: the first."""
        return self._beside(me, -1)

    def downstreams(self, me: Participant) -> dict[Participant, list[int]]:
        """Whose booking this one's starts, and under which definitions; nobody's: the pivot."""
        return self._beside(me, 1)

    def _beside(self, me: Participant, step: int) -> dict[Participant, list[int]]:
        found: dict[Participant, list[int]] = {}
        for definition in self.definitions:
            if definition < me.since:
                continue
            line = [who for who in self.participants if who.since <= definition]
            place = line.index(me) + step
            if 0 <= place < len(line):
                found.setdefault(line[place], []).append(definition)
        return found

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

    @property
    def undone(self) -> tuple[Participant, ...]:
        """Those who can be asked to compensate, in the order in which they are; the pivot only for its own failure."""
        backwards = self.participants[::-1]
        return backwards if self.saga.undoes_failures else backwards[1:]

    def senders(self, client_source: str) -> dict[str, tuple[str, ...]]:
        """Every known detail-type and the sources that may put it."""
        saga = self.saga
        observer = saga.source_of(saga.observer)
        return {
            saga.requested: (client_source,),
            saga.cancel_requested: (client_source, observer),
            saga.rejected: (self.first.source, saga.source_of(ORCHESTRATOR)),
            saga.started: (saga.source_of(ORCHESTRATOR),),
            **{fact: (who.source,) for who in self.participants for fact in who.facts},
            **dict.fromkeys((saga.expired, *saga.outcomes), (observer,)),
        }


PARTICIPANTS: Final = (HOTEL, FLIGHT, CAR)
"""The services that take part, as they describe themselves."""

CATALOG: Final = Catalog.of(*PARTICIPANTS)
