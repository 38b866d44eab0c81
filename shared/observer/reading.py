"""From event to note: what the observer keeps of each message it sees."""

from collections.abc import Mapping
from typing import Any

import msgspec

from shared.message import (
    BookingFailed,
    Cancelled,
    CompensationDelayed,
    CompensationParked,
    Data,
    Envelope,
    TripRequestRejected,
    Unreadable,
    read_data,
    read_envelope,
    read_metadata,
    read_rejection,
)
from shared.observer.standing import Rejection
from shared.request import ID
from shared.saga.declaration import Saga
from shared.saga.intake import ORCHESTRATOR
from shared.saga.timeline import CLIENT, STARTED, Noted

TOLD: Mapping[str, type[Data]] = {
    "BookingFailed": BookingFailed,
    "Cancelled": Cancelled,
    "CompensationDelayed": CompensationDelayed,
    "CompensationParked": CompensationParked,
}
"""The facts whose data is worth a note."""


def read(saga: Saga, legs: Mapping[str, int], client_source: str, body: str) -> Noted | Rejection:
    """The note to keep of a message. Raises `Unreadable`."""
    envelope = read_envelope(body)
    if envelope.detail_type == saga.rejected:
        return _rejection(saga, envelope)
    if envelope.detail_type == saga.cancel_requested:
        return _cancel_request(saga, envelope, client_source)
    return _fact(saga, legs, envelope)


def _rejection(saga: Saga, envelope: Envelope) -> Rejection:
    metadata, data = read_rejection(envelope, saga.name), read_data(envelope, TripRequestRejected)
    return Rejection(
        request_id=data.request_id,
        reason=data.reason,
        occurred_at=metadata.occurred_at,
        problems=data.problems,
        trip_id=metadata.trip_id,
    )


def _cancel_request(saga: Saga, envelope: Envelope, client_source: str) -> Noted:
    """The client's cancel, or the observer's own repetition of it, which says nothing new."""
    if envelope.source != client_source:
        trip_id: str | None = read_metadata(envelope, saga.name).trip_id
    else:
        trip_id = saga.named(envelope.detail)
    if trip_id is None:
        raise Unreadable(f"{envelope.detail_type} from {envelope.source!r}: {saga.id_field}: {ID.cure}")
    # whoever cancels twice cancels once: one note a trip, whatever the event ids
    return Noted(
        event_id=f"{CLIENT}:{trip_id}:CANCEL",
        trip_id=trip_id,
        participant=CLIENT,
        part="CancelRequested",
        occurred_at=envelope.time,
    )


def _fact(saga: Saga, legs: Mapping[str, int], envelope: Envelope) -> Noted:
    metadata = read_metadata(envelope, saga.name)
    begun = (metadata.participant, envelope.detail_type) == (ORCHESTRATOR, saga.started)
    part = STARTED if begun else saga.part_of(metadata.participant, envelope.detail_type)
    if part is None or legs.get(metadata.participant, 0 if begun else None) != metadata.leg:
        raise Unreadable(
            f"{envelope.detail_type!r} of {metadata.participant!r}, leg {metadata.leg}: no fact of a known participant"
        )
    told: dict[str, Any] = msgspec.structs.asdict(read_data(envelope, TOLD[part])) if part in TOLD else {}
    return Noted(
        event_id=metadata.event_id,
        trip_id=metadata.trip_id,
        participant=metadata.participant,
        part=part,
        occurred_at=metadata.occurred_at,
        causation_id=metadata.causation_id,
        leg=metadata.leg,
        mode=metadata.mode,
        requested_at=metadata.requested_at,
        deadline=metadata.deadline,
        request_hash=metadata.request_hash,
        definition=metadata.definition,
        **told,
    )
