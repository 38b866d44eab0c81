"""A participant called by a state machine: the same records, the same transactions, the same facts, answered as values."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from shared.message import Instant, Mode, TripId, Unreadable
from shared.saga.announcing import announcement, rejection
from shared.saga.effects import Core, announce
from shared.saga.faults import with_faults
from shared.saga.intake import Ask, Notice, Order, Terms
from shared.saga.participant import Participant
from shared.saga.record import Record, State, conflicts
from shared.saga.runtime import book, conflict_of, give_up


class Do(StrEnum):
    """What a task asks: book; cancel (earlier legs and the failed step itself); decide, when nobody knows whether it booked."""

    BOOK = "book"
    CANCEL = "cancel"
    DECIDE = "decide"


class Task(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One call by the machine. `cause` is the id of the fact that led to it, `attempt` counts the machine's tries from 1."""

    do: Do
    trip_id: TripId
    request_hash: str
    trip: dict[str, Any]
    requested_at: Instant
    deadline: Instant
    cause: str
    reason: str = ""
    attempt: int = 1
    definition: int = 1


class Outcome(StrEnum):
    """What is recorded, for a machine to route by."""

    BOOKED = "Booked"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    CONFLICT = "Conflict"


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What a task answers. A business "no" is a value; only what is worth another try, or a bug, is an error."""

    outcome: Outcome
    event_id: str = ""
    reason: str = ""
    message: str = ""


_OUTCOMES = {State.BOOKED: Outcome.BOOKED, State.FAILED: Outcome.FAILED, State.CANCELLED: Outcome.CANCELLED}


def read_task(event: object) -> Task:
    """The task in an invocation's payload; `Unreadable` if it is none."""
    try:
        return msgspec.convert(event, Task)
    except msgspec.ValidationError as error:
        raise Unreadable(f"task: {error}") from error


def handle_call(participant: Participant, terms: Terms, event: object, at: datetime) -> Core[Answer]:
    """Handle one call, with the faults that its trip asks for.

    Raises `Unreadable` for what is no task, or not one for this participant.
    """
    task = read_task(event)
    core = perform(participant, terms, task, at)
    if terms.faults_allowed:
        core = with_faults(core, participant, "book" if task.do is Do.BOOK else "compensate", task.attempt)
    return (yield from core)


def perform(participant: Participant, terms: Terms, task: Task, at: datetime) -> Core[Answer]:
    """Do what a task asks, announce what is recorded, and answer it."""
    order = _order(task, at)
    if task.do is Do.BOOK:
        record: Record | None = yield from book(participant, terms, order)
    else:
        record = yield from _give_up(participant, task, at)
    if record is None or conflicts(record.request_hash, task.request_hash):
        if not terms.after and task.do is not Do.CANCEL:  # this answers the request, whose id is the task's cause
            yield from announce(rejection(participant, conflict_of(participant.saga, order)))
        return Answer(
            outcome=Outcome.CONFLICT,
            reason="conflict",
            message=f"another request has this {participant.saga.noun.lower()} id",
        )
    fact = announcement(participant, record)
    yield from announce(fact)
    return Answer(
        outcome=_OUTCOMES[record.state],
        event_id=fact.metadata.event_id,
        reason=record.reason,
        message=record.message,
    )


def collect(core: Core[Answer], answers: list[Answer]) -> Core[None]:
    """The same core for the driver, which knows no answers."""
    answers.append((yield from core))


def _give_up(participant: Participant, task: Task, at: datetime) -> Core[Record | None]:
    try:
        return (yield from give_up(participant, _notice(task, _ask(participant, task.do), at)))
    except Unreadable:  # the record belongs to another request
        return None


def _ask(participant: Participant, do: Do) -> Ask:
    """The pivot is never made to undo its commit by a machine: asked to cancel, it decides."""
    if do is Do.DECIDE or (participant.pivot and not participant.saga.undoes_failures):
        return Ask.DECIDE
    return Ask.COMPENSATE


def _order(task: Task, at: datetime) -> Order:
    return Order(
        trip_id=task.trip_id,
        request_hash=task.request_hash,
        mode=Mode.ORCHESTRATION,
        trip=task.trip,
        cause=task.cause,
        at=at,
        requested_at=task.requested_at,
        deadline=task.deadline,
        definition=task.definition,
    )


def _notice(task: Task, ask: Ask, at: datetime) -> Notice:
    return Notice(
        ask=ask,
        trip_id=task.trip_id,
        request_hash=task.request_hash,
        mode=Mode.ORCHESTRATION,
        reason=task.reason or str(ask),
        cause=task.cause,
        at=at,
        requested_at=task.requested_at,
        deadline=task.deadline,
        definition=task.definition,
    )
