"""From record to fact: what is announced is built from what is recorded, and from nothing else."""

from datetime import datetime

import msgspec

from shared.message import (
    VERSION,
    CompensationDelayed,
    CompensationParked,
    Data,
    Fact,
    Metadata,
    RejectionMetadata,
    Started,
    TripRequestRejected,
)
from shared.saga.intake import Notice, Order, Rejected
from shared.saga.participant import Participant, Speaker
from shared.saga.record import Record, State


def announcement(participant: Participant, record: Record, asked: str | None = None) -> Fact:
    """The fact that tells a record's state; the same record always makes the same fact, id and all.

    Only `asked` may differ: what the pivot answers by it.
    """
    part, data = _told(participant, record)
    metadata = _metadata(participant, record, str(record.state), record.decided_at, asked)
    return Fact(participant.source, participant.detail_type(part), metadata, data)


def _told(participant: Participant, record: Record) -> tuple[str, Data]:
    match record.state:
        case State.BOOKED:
            return "Booked", msgspec.convert({**record.details, "trip": record.trip}, participant.booked)
        case State.FAILED:
            return "BookingFailed", participant.failed(reason=record.reason, message=record.message)
        case State.CANCELLED:
            return "Cancelled", participant.cancelled(released=record.released, reason=record.reason)


def rejection(speaker: Speaker, refused: Rejected) -> Fact:
    """The answer to one request that starts no saga."""
    metadata = RejectionMetadata(
        event_id=f"{speaker.name}:{refused.request_id}:REJECTED",
        causation_id=refused.request_id,
        participant=speaker.name,
        leg=speaker.leg,
        version=VERSION,
        occurred_at=refused.at,
        trip_id=refused.trip_id,
        request_hash=refused.request_hash,
    )
    data = TripRequestRejected(request_id=refused.request_id, reason=refused.reason, problems=refused.problems)
    return Fact(speaker.source, speaker.saga.rejected, metadata, data)


def beginning(speaker: Speaker, order: Order) -> Fact:
    """Says that somebody waits for this saga's end: an execution may be stopped before any participant has told of it."""
    metadata = _metadata(speaker, order, "STARTED", order.requested_at)
    return Fact(speaker.source, speaker.saga.started, metadata, Started())


def delay(participant: Participant, notice: Notice, *, attempt: int, reason: str, parked: bool) -> Fact:
    """A compensation that could not be done yet, or that is given up until an operator redrives it."""
    kind = CompensationParked if parked else CompensationDelayed
    metadata = _metadata(participant, notice, f"{'PARKED' if parked else 'DELAYED'}:{attempt}", notice.at)
    data = kind(attempt=attempt, reason=reason)
    return Fact(participant.source, participant.detail_type(kind.__name__), metadata, data)


def _metadata(
    speaker: Speaker, about: Record | Notice | Order, what: str, at: datetime, asked: str | None = None
) -> Metadata:
    return Metadata(
        event_id=f"{speaker.name}:{about.trip_id}:{what}",
        trip_id=about.trip_id,
        causation_id=about.cause,
        participant=speaker.name,
        leg=speaker.leg,
        pivot=speaker.pivot,
        mode=about.mode,
        version=VERSION,
        occurred_at=at,
        request_hash=about.request_hash,
        requested_at=about.requested_at,
        deadline=about.deadline,
        asked=asked,
        definition=about.definition,
    )
