"""From event to note: what the observer keeps of each message it sees."""

from collections.abc import Mapping
from typing import Any

import msgspec

from services.trip.standing import Rejection
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
from shared.saga.participant import PARTS, title_of
from shared.saga.timeline import CLIENT, Noted
from shared.trip import TRIP_ID_CHECK

TOLD: Mapping[str, type[Data]] = {
    "BookingFailed": BookingFailed,
    "Cancelled": Cancelled,
    "CompensationDelayed": CompensationDelayed,
    "CompensationParked": CompensationParked,
}
"""The facts whose data is worth a note."""


def read(legs: Mapping[str, int], client_source: str, body: str) -> Noted | Rejection:
    """The note to keep of a message. Raises `Unreadable`."""
    envelope = read_envelope(body)
    match envelope.detail_type:
        case "TripRequestRejected":
            return _rejection(envelope)
        case "TripCancelRequested":
            return _cancel_request(envelope, client_source)
        case _:
            return _fact(legs, envelope)


def _rejection(envelope: Envelope) -> Rejection:
    metadata, data = read_rejection(envelope), read_data(envelope, TripRequestRejected)
    return Rejection(
        request_id=data.request_id,
        reason=data.reason,
        occurred_at=metadata.occurred_at,
        problems=data.problems,
        trip_id=metadata.trip_id,
    )


def _cancel_request(envelope: Envelope, client_source: str) -> Noted:
    """The client's cancel, or the observer's own repetition of it, which says nothing new."""
    trip_id = envelope.detail.get("tripId") if isinstance(envelope.detail, dict) else None
    if envelope.source != client_source:
        trip_id = read_metadata(envelope).trip_id
    if not TRIP_ID_CHECK.accepts(trip_id):
        raise Unreadable(f"{envelope.detail_type} from {envelope.source!r}: tripId: {TRIP_ID_CHECK.cure}")
    # whoever cancels twice cancels once: one note a trip, whatever the event ids
    return Noted(
        event_id=f"{CLIENT}:{trip_id}:CANCEL",
        trip_id=str(trip_id),
        participant=CLIENT,
        part="CancelRequested",
        occurred_at=envelope.time,
    )


def _fact(legs: Mapping[str, int], envelope: Envelope) -> Noted:
    metadata = read_metadata(envelope)
    part = envelope.detail_type.removeprefix(title_of(metadata.participant))
    if part not in PARTS or legs.get(metadata.participant) != metadata.leg:
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
        **told,
    )
