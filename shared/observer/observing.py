"""The observer: sees every fact, commands nothing, and reminds the pivot when an outcome or an answer is overdue."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from shared.message import VERSION, Data, Fact, Metadata, Unreadable
from shared.observer import standing
from shared.observer.effects import Enter, FindDue, Note, NoteRejection, Recall
from shared.observer.facts import Cancelled, CancelRequested, Confirmed, Expired, Failed
from shared.observer.reading import read
from shared.saga.declaration import Saga
from shared.saga.effects import Core, Quarantine, announce
from shared.saga.timeline import CANCEL_REASON, Facts, Noted, Status, facts_of


def observe(saga: Saga, legs: Mapping[str, int], client_source: str, body: str) -> Core[None]:
    """Handle one message of the observe queue: keep the fact, and say so when the trip has come to an end."""
    try:
        seen = read(saga, legs, client_source, body)
        if isinstance(seen, standing.Rejection):
            yield NoteRejection(seen)
        else:
            yield from _follow_up(saga, legs, (yield Note(seen)))
    except Unreadable as unreadable:
        yield Quarantine(body, str(unreadable))


def watch(saga: Saga, legs: Mapping[str, int], now: datetime) -> Core[None]:
    """Handle one tick of the clock: remind whoever is overdue."""
    due: list[standing.Summary] = yield FindDue(now)
    for summary in due:
        yield from remind(saga, legs, summary.trip_id, now)


def remind(saga: Saga, legs: Mapping[str, int], trip_id: str, now: datetime) -> Core[None]:
    """Look at a trip that is due, and put what is overdue."""
    known: standing.Known = yield Recall(trip_id)
    facts = facts_of(saga, known.noted, legs)
    summary = yield from _follow_up(saga, legs, known)
    nudge = summary.nudges + 1
    overdue: list[tuple[str, Data]] = (
        [("EXPIRED", Expired(nudge=nudge))] if standing.expired(facts, summary, now) else []
    )
    overdue += [("CANCEL", CancelRequested(nudge=nudge))] if standing.cancel_overdue(facts, summary, now) else []
    for state, data in overdue:
        yield from announce(_fact(saga, facts, f"{state}:{nudge}", data, now))
    if overdue:
        yield Enter(standing.nudged(summary, now))


def _follow_up(saga: Saga, legs: Mapping[str, int], known: standing.Known) -> Core[standing.Summary]:
    """Bring the summary up to date with the facts; an outcome is announced before it is marked so."""
    facts = facts_of(saga, known.noted, legs)
    summary = standing.assess(facts, known.summary)
    if summary.status.ended and summary.announced is not summary.status:
        yield from announce(_outcome(saga, facts, summary))
        summary = msgspec.structs.replace(summary, announced=summary.status)
    if not standing.tells_nothing_new(summary, known.summary):
        yield Enter(summary)
    return summary


def _outcome(saga: Saga, facts: Facts, summary: standing.Summary) -> Fact:
    data: Data
    match summary.status:
        case Status.CONFIRMED:
            data = Confirmed()
        case Status.CANCELLED:
            data = Cancelled(reason=CANCEL_REASON)
        case _:
            data = Failed(reason=summary.reason, message=summary.message)
    return _fact(saga, facts, str(summary.status), data, facts.all[-1].occurred_at)


def _fact(saga: Saga, facts: Facts, state: str, data: Data, at: datetime) -> Fact:
    last: Noted = facts.all[-1]
    metadata = Metadata(
        event_id=f"{saga.observer}:{last.trip_id}:{state}",
        trip_id=last.trip_id,
        causation_id=last.event_id,
        participant=saga.observer,
        leg=0,
        mode=last.mode,
        version=VERSION,
        occurred_at=at,
        request_hash=facts.request_hash,
        requested_at=facts.requested_at,
        deadline=facts.deadline,
        definition=facts.definition,
    )
    return Fact(saga.source_of(saga.observer), f"{saga.noun}{type(data).__name__}", metadata, data)
