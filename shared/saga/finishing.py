"""What follows the commit: closing the saga's dossier. It is retried until it is done, for nothing can undo the commit: forward recovery."""

from shared.message import Unreadable, read_envelope, read_metadata
from shared.saga.effects import Core, Finish, Quarantine, look
from shared.saga.intake import Terms
from shared.saga.participant import Participant
from shared.saga.record import State
from shared.saga.runtime import Delivery


def handle_finish(participant: Participant, _terms: Terms, delivery: Delivery) -> Core[None]:
    """Handle one message of the finish queue: the pivot's own booking."""
    try:
        record = (yield from look(_committed(participant, delivery.body))).record
        if record is not None and record.state is State.BOOKED:
            yield Finish(record)
    except Unreadable as unreadable:
        yield Quarantine(delivery.body, str(unreadable))


def _committed(participant: Participant, body: str) -> str:
    """The id of the saga that is committed."""
    envelope = read_envelope(body)
    metadata = read_metadata(envelope, participant.saga.name)
    if (metadata.participant, envelope.detail_type) != (participant.name, participant.detail_type("Booked")):
        raise Unreadable(f"{envelope.detail_type!r} of {metadata.participant!r}: {participant.name!r} finishes its own")
    return metadata.trip_id
