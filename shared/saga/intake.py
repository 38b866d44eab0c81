"""From event to intent: what a message asks of this participant. Anything that cannot be meant is `Unreadable`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.message import (
    Booked,
    BookingFailed,
    CompensationRequested,
    Envelope,
    Metadata,
    Mode,
    Problem,
    Unreadable,
    read_data,
    read_metadata,
    request_hash,
    shorten,
)
from shared.request import ID
from shared.saga.declaration import InvalidRequest, Saga
from shared.saga.participant import Participant

ORCHESTRATOR = "orchestrator"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What the stage lays down for a participant.

    `client_source` is the source of requests (empty: the saga's own `client`). `after` names whose booking triggers this
    one's, with their legs: one in each definition that is still under way (nobody: this one starts trips, and stamps them
    with its `definition`). `unlisted` is the capacity of stock that nobody has listed (None: the service's own default).
    """

    client_source: str = ""
    after: Mapping[str, int] = field(default_factory=dict)
    definition: int = 1
    faults_allowed: bool = False
    default_deadline: timedelta = timedelta(minutes=5)
    unlisted: int | None = None

    def clients(self, saga: Saga) -> str:
        """The event source that clients use."""
        return self.client_source or saga.source_of("client")


@dataclass(frozen=True, kw_only=True)
class Order:
    """Book this trip. `at` is when the message was taken up."""

    trip_id: str
    request_hash: str
    mode: Mode
    trip: Mapping[str, Any]
    cause: str
    at: datetime
    requested_at: datetime
    deadline: datetime
    definition: int = 1


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """This request starts no trip. `request_id` is the id of the event that carried it, `reason` is invalid or conflict."""

    request_id: str
    trip_id: str | None
    at: datetime
    reason: str
    problems: tuple[Problem, ...]
    request_hash: str | None = None


class Ask(StrEnum):
    """Why a participant is asked to give up a trip, or (the last two) to say what is decided; with `DECIDE` it is, then."""

    COMPENSATE = "compensate"
    CANCEL = "cancelled"
    EXPIRE = "deadline"
    DECIDE = "decide"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """A failure downstream, the user's cancel, or a passed deadline. `reason` is the one to record."""

    ask: Ask
    trip_id: str
    request_hash: str | None
    mode: Mode
    reason: str
    cause: str
    at: datetime
    requested_at: datetime | None = None
    deadline: datetime | None = None
    definition: int = 1


def read_booking(saga: Saga, terms: Terms, envelope: Envelope, at: datetime) -> Order | Rejected:
    """What a message in the book queue asks: a client's request for the first leg, the previous leg's booking for the others."""
    return _continuation(saga, terms.after, envelope, at) if terms.after else _opening(saga, terms, envelope, at)


def _opening(saga: Saga, terms: Terms, envelope: Envelope, at: datetime) -> Order | Rejected:
    if (envelope.source, envelope.detail_type) != (terms.clients(saga), saga.requested):
        raise Unreadable(
            f"{envelope.detail_type!r} from {envelope.source!r}:"
            f" the first leg starts on {saga.requested} from {terms.clients(saga)!r}"
        )
    try:
        request = saga.read(envelope.detail, requested_at=envelope.time, faults_allowed=terms.faults_allowed)
    except InvalidRequest as invalid:
        return Rejected(
            request_id=envelope.id,
            trip_id=saga.named(envelope.detail),
            at=envelope.time,
            reason="invalid",
            problems=invalid.problems,
        )
    return Order(
        trip_id=request.trip_id,
        request_hash=request_hash(envelope.detail),
        mode=request.mode,
        trip=request.detail,
        cause=envelope.id,
        at=at,
        requested_at=envelope.time,
        deadline=request.deadline or envelope.time + terms.default_deadline,
        definition=terms.definition,
    )


def _continuation(saga: Saga, after: Mapping[str, int], envelope: Envelope, at: datetime) -> Order:
    metadata = read_metadata(envelope, saga.name)
    part = saga.part_of(metadata.participant, envelope.detail_type)
    if part != "Booked" or after.get(metadata.participant) != metadata.leg:
        follows = " or ".join(f"{upstream!r}, leg {leg}" for upstream, leg in after.items())
        raise Unreadable(
            f"{envelope.detail_type!r} of {metadata.participant!r}, leg {metadata.leg}: this participant follows {follows}"
        )
    if metadata.request_hash is None or metadata.requested_at is None or metadata.deadline is None:
        raise Unreadable("metadata: a booking carries requestHash, requestedAt and deadline")
    trip = read_data(envelope, Booked).trip
    try:  # the bus is open to whoever may put events: what cannot have passed the first leg is not planned with
        saga.read(trip, requested_at=metadata.requested_at, faults_allowed=True)
    except InvalidRequest as invalid:
        raise Unreadable(f"data.trip: {invalid}") from invalid
    if (named := saga.named(trip)) != metadata.trip_id:
        raise Unreadable(f"data.trip.{saga.id_field} = {shorten(named)}: metadata.tripId says {metadata.trip_id!r}")
    return Order(
        trip_id=metadata.trip_id,
        request_hash=metadata.request_hash,
        mode=metadata.mode,
        trip=trip,
        cause=metadata.event_id,
        at=at,
        requested_at=metadata.requested_at,
        deadline=metadata.deadline,
        definition=metadata.definition,
    )


def read_notice(participant: Participant, terms: Terms, envelope: Envelope, at: datetime) -> Notice:
    """What a message in the compensate queue asks."""
    saga, said = participant.saga, envelope.detail_type
    if said == saga.cancel_requested and participant.pivot and envelope.source == terms.clients(saga):
        return _client_cancel(saga, envelope, at)
    if said == "CompensationRequested" and (saga.undoes_failures or not participant.pivot):
        return _handed_over(saga, envelope, at)
    if said in (saga.cancel_requested, saga.expired):
        return _observer_notice(participant, envelope, at)
    return _failure_downstream(participant, terms, envelope, at)


def _client_cancel(saga: Saga, envelope: Envelope, at: datetime) -> Notice:
    trip_id = saga.named(envelope.detail)
    if trip_id is None:
        raise Unreadable(f"{saga.id_field}: {ID.cure}")
    return Notice(
        ask=Ask.CANCEL,
        trip_id=trip_id,
        request_hash=None,
        mode=Mode.CHOREOGRAPHY,
        reason=Ask.CANCEL,
        cause=envelope.id,
        at=at,
    )


def _observer_notice(participant: Participant, envelope: Envelope, at: datetime) -> Notice:
    saga = participant.saga
    metadata = read_metadata(envelope, saga.name)
    cancel = envelope.detail_type == saga.cancel_requested
    if metadata.participant != saga.observer or (cancel and not participant.pivot):
        raise Unreadable(f"{envelope.detail_type!r} from {envelope.source!r} is not for {participant.name!r}")
    return _notice(Ask.CANCEL if cancel else Ask.EXPIRE, metadata, at, reason=Ask.CANCEL if cancel else Ask.EXPIRE)


def _handed_over(saga: Saga, envelope: Envelope, at: datetime) -> Notice:
    """A cancel, or a question, that kept failing when the state machine asked."""
    metadata = read_metadata(envelope, saga.name)
    if metadata.participant != ORCHESTRATOR:
        raise Unreadable(f"{envelope.detail_type!r} from {envelope.source!r}: only {ORCHESTRATOR!r} hands over")
    data = read_data(envelope, CompensationRequested)
    return _notice(Ask.DECIDE if data.undecided else Ask.COMPENSATE, metadata, at, reason=data.reason)


def _failure_downstream(participant: Participant, terms: Terms, envelope: Envelope, at: datetime) -> Notice:
    metadata = read_metadata(envelope, participant.saga.name)
    part = participant.saga.part_of(metadata.participant, envelope.detail_type)
    not_later = {participant.name, *terms.after}  # whatever leg they claim
    later = metadata.leg > participant.leg and metadata.participant not in not_later
    own = participant.saga.undoes_failures and metadata.participant == participant.name and part == "BookingFailed"
    if part not in ("BookingFailed", "Cancelled") or not (later or own):
        raise Unreadable(
            f"{envelope.detail_type!r} of {metadata.participant!r}, leg {metadata.leg}: no failure downstream of leg {participant.leg}"
        )
    reason = (
        read_data(envelope, BookingFailed).reason if part == "BookingFailed" else f"{metadata.participant}_cancelled"
    )
    return _notice(Ask.COMPENSATE, metadata, at, reason=reason)


def _notice(ask: Ask, metadata: Metadata, at: datetime, *, reason: str) -> Notice:
    return Notice(
        ask=ask,
        trip_id=metadata.trip_id,
        request_hash=metadata.request_hash,
        mode=metadata.mode,
        reason=reason,
        cause=metadata.event_id,
        at=at,
        requested_at=metadata.requested_at,
        deadline=metadata.deadline,
        definition=metadata.definition,
    )
