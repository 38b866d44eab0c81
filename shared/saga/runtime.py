"""book, compensate, announce: the only code that makes plans true.

The order inside a handling is always: validate, one transaction, announce what is recorded; only then may the message
be deleted. A duplicate changes nothing and announces again, identically.
"""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from shared.message import Fact, Problem, Unreadable, read_envelope
from shared.ports import Busy, Stale
from shared.saga.announcing import announcement, delay, rejection
from shared.saga.declaration import Saga
from shared.saga.effects import Core, Quarantine, announce, decide, look, release
from shared.saga.faults import refusal_asked_for
from shared.saga.intake import Ask, Notice, Order, Rejected, Terms, read_booking, read_notice
from shared.saga.participant import Participant
from shared.saga.plan import Plan, Refused
from shared.saga.record import Record, State, conflicts

PIVOTS_WORDS = {
    "cancelled": "the user cancelled the {noun}",
    "deadline": "the deadline passed first",
    "technical_failure": "an earlier step could not be done, or not be known to be done",
}
"""Why the pivot gives up a trip that it was not asked to book."""

MAX_PLANS = 5
"""A plan whose claims are taken meanwhile is made anew, this often; then the message is left to be redelivered."""


@dataclass(frozen=True)
class Delivery:
    """One delivery of a message. `attempt` counts deliveries from 1; after the `last` one SQS gives the message up."""

    body: str
    at: datetime
    attempt: int = 1
    last: bool = False


def handle_booking(participant: Participant, terms: Terms, delivery: Delivery) -> Core[None]:
    """Handle one message of the book queue."""
    try:
        intent = read_booking(participant.saga, terms, read_envelope(delivery.body), delivery.at)
        if isinstance(intent, Rejected):
            fact = rejection(participant, intent)
        else:
            fact = yield from _answer(participant, terms, intent)
        yield from announce(fact)
    except Unreadable as unreadable:
        yield Quarantine(delivery.body, str(unreadable))


def handle_notice(participant: Participant, terms: Terms, delivery: Delivery) -> Core[None]:
    """Handle one message of the compensate queue."""
    try:
        notice = read_notice(participant, terms, read_envelope(delivery.body), delivery.at)
        yield from _compensate(participant, notice, delivery)
    except Unreadable as unreadable:
        yield Quarantine(delivery.body, str(unreadable))


def _compensate(participant: Participant, notice: Notice, delivery: Delivery) -> Core[None]:
    try:
        record = yield from give_up(participant, notice)
        if record is not None:
            asked = str(notice.ask) if participant.pivot and notice.ask is not Ask.COMPENSATE else None
            yield from announce(announcement(participant, record, asked))
    except Unreadable:
        raise
    except Exception as failure:  # whatever it is: the compensation is not done, and whoever watches is told
        with suppress(Exception):
            yield from announce(
                delay(participant, notice, attempt=delivery.attempt, reason=_told(failure), parked=delivery.last)
            )
        raise


def _told(failure: Exception) -> str:
    """What stopped a compensation, for whoever reads the saga log; errors here name tables and codes, never a trip's content."""
    return f"{type(failure).__name__}: {failure}"[:300]


def _answer(participant: Participant, terms: Terms, order: Order) -> Core[Fact]:
    record = yield from book(participant, terms, order)
    if not conflicts(record.request_hash, order.request_hash):
        return announcement(participant, record)
    if not terms.after:
        return rejection(participant, conflict_of(participant.saga, order))
    raise Unreadable(f"{participant.saga.noun.lower()} {order.trip_id} is recorded here for another request")


def conflict_of(saga: Saga, order: Order) -> Rejected:
    """The answer to a request whose id another request has."""
    return Rejected(
        request_id=order.cause,
        trip_id=order.trip_id,
        at=order.requested_at,
        reason="conflict",
        problems=(
            Problem(
                saga.id_field,
                f'"{order.trip_id}"',
                f"another request has this {saga.noun.lower()} id; choose a new one",
            ),
        ),
        request_hash=order.request_hash,
    )


def book(participant: Participant, terms: Terms, order: Order) -> Core[Record]:
    """Decide about a trip, once: BOOKED with a plan's claims, or FAILED. Answers the record that stands.

    Raises `Busy` when the stock keeps changing under every plan.
    """
    for _ in range(MAX_PLANS):
        planned = yield from _plan(participant, terms, order)
        if isinstance(planned, Record):
            return planned
        answer = yield from decide(_first_decision(order, planned))
        if not isinstance(answer, Stale):
            return answer
    raise Busy(f"the stock changed under {MAX_PLANS} plans")


def _plan(participant: Participant, terms: Terms, order: Order) -> Core[Plan | Refused | Record]:
    """Run the service's planning over fresh stock; a record that is there already ends it, so a duplicate costs no write."""
    planning = refusal_asked_for(participant, order.trip) or participant.plan(order.trip, terms.unlisted)
    try:
        wanted = next(planning)
        while True:
            seen = yield from look(order.trip_id, wanted)
            if seen.record is not None:
                return seen.record
            wanted = planning.send(seen.shelf)
    except StopIteration as planned:
        plan: Plan | Refused = planned.value
        return plan


def _first_decision(order: Order, planned: Plan | Refused) -> Record:
    record = Record(
        trip_id=order.trip_id,
        state=State.FAILED,
        cause=order.cause,
        decided_at=order.at,
        mode=order.mode,
        request_hash=order.request_hash,
        trip=dict(order.trip),
        requested_at=order.requested_at,
        deadline=order.deadline,
        definition=order.definition,
    )
    if isinstance(planned, Refused):
        return replace(record, reason=planned.reason, message=planned.message, details=dict(planned.details))
    return replace(record, state=State.BOOKED, claims=planned.claims, details=dict(planned.details))


def give_up(participant: Participant, notice: Notice) -> Core[Record | None]:
    """Answer a notice as the protocol's table has it; the record that stands, or None when there is nothing to say.

    Raises `Unreadable` when the record belongs to another request: it is left alone.
    """
    record: Record | None = (yield from look(notice.trip_id)).record
    if record is None and (first_word := _first_word(participant, notice)):
        answer = yield from decide(first_word)
        if isinstance(answer, Stale):  # a first word claims nothing
            raise Busy(f"no stock for a decision that needs none: {answer.keys}")
        record = answer
    if record is None or not _undone_by(participant, record, notice.ask):
        return record
    if not conflicts(record.request_hash, notice.request_hash):
        record = yield from release(record, _cancelled(record, notice))
    if conflicts(record.request_hash, notice.request_hash):
        raise Unreadable(f"{participant.saga.noun.lower()} {notice.trip_id} is recorded here for another request")
    return record


def _undone_by(participant: Participant, record: Record, ask: Ask) -> bool:
    """Whether this record gives way. Time undoes nothing, and only the user undoes a commit."""
    if record.state is State.FAILED:
        return participant.saga.undoes_failures and ask is Ask.COMPENSATE
    return (
        record.state is State.BOOKED
        and ask not in (Ask.EXPIRE, Ask.DECIDE)
        and not (participant.pivot and ask is Ask.COMPENSATE)
    )


def _first_word(participant: Participant, notice: Notice) -> Record | None:
    """What is recorded where nothing is yet: the pivot decides, another leg leaves a tombstone, or waits for the pivot's word."""
    if notice.ask is Ask.EXPIRE and not participant.pivot:
        return None
    return Record(
        trip_id=notice.trip_id,
        state=State.FAILED if participant.pivot else State.CANCELLED,
        cause=notice.cause,
        decided_at=notice.at,
        mode=notice.mode,
        request_hash=notice.request_hash,
        reason=notice.reason,
        message=_pivots_words(participant, notice.reason) if participant.pivot else "",
        requested_at=notice.requested_at,
        deadline=notice.deadline,
        definition=notice.definition,
    )


def _pivots_words(pivot: Participant, reason: str) -> str:
    return PIVOTS_WORDS.get(reason, "").format(noun=pivot.saga.noun.lower())


def _cancelled(standing: Record, notice: Notice) -> Record:
    return replace(
        standing,
        state=State.CANCELLED,
        released=standing.state is State.BOOKED or bool(standing.details),
        cause=notice.cause,
        reason=notice.reason,
        decided_at=notice.at,
    )
