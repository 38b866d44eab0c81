"""The observer's nouns and rules: what is on record of a trip, and when the observer speaks up."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from shared.message import Instant, Problem
from shared.saga.timeline import Facts, Noted, Status, Verdict, verdict

PATIENCE = timedelta(seconds=30)
"""How long a user's cancel may go unanswered before it is repeated."""
NO_DEADLINE = timedelta(minutes=5)
"""How long a trip may stay open of which no participant has told a deadline."""
BACK_OFF = timedelta(seconds=30)
LONGEST_BACK_OFF = timedelta(hours=1)


class Summary(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """Where a trip stands, as last assessed from `seen` facts.

    `open`: the observer still waits for something, and looks again once it is `due` (of an ended trip: its end).
    `announced` is the outcome that is known to be on the bus; `nudges` counts what the observer put, and none goes out
    before `not_before`.
    """

    trip_id: str
    status: Status
    seen: int
    open: bool
    due: Instant
    requested_at: Instant
    reason: str = ""
    message: str = ""
    parked: tuple[str, ...] = ()
    deadline: Instant | None = None
    announced: Status | None = None
    nudges: int = 0
    not_before: Instant | None = None


class Rejection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A request that started no trip. `request_id` is the id of the event that carried it."""

    request_id: str
    reason: str
    occurred_at: Instant
    problems: tuple[Problem, ...]
    trip_id: str | None = None


class Known(NamedTuple):
    """All that is on record of one trip."""

    noted: tuple[Noted, ...]
    summary: Summary | None


def assess(facts: Facts, before: Summary | None) -> Summary:
    """The summary of a set of facts, which must not be empty; what the observer did so far is taken over."""
    first, standing = facts.all[0], verdict(facts)
    due = _due(facts, standing)
    return Summary(
        trip_id=first.trip_id,
        status=standing.status,
        seen=len(facts.all),
        open=due is not None,
        due=due or facts.all[-1].occurred_at,
        requested_at=facts.requested_at or first.occurred_at,
        reason=standing.reason,
        message=standing.message,
        parked=standing.parked,
        deadline=_deadline(facts),
        announced=before.announced if before else None,
        nudges=before.nudges if before else 0,
        not_before=before.not_before if before else None,
    )


def tells_nothing_new(summary: Summary, before: Summary | None) -> bool:
    """Whether the summary that stands may stay: it is the same, or of a trip that was pending and is, due when it was.

    Only PENDING may be left with too low a count: no later set of facts leads back to it.
    """
    if before is None or summary == before:
        return before is not None
    return summary.status is Status.PENDING and replace(summary, seen=before.seen) == before


def _deadline(facts: Facts) -> datetime:
    return facts.deadline or facts.all[0].occurred_at + NO_DEADLINE


def _due(facts: Facts, standing: Verdict) -> datetime | None:
    cancel = facts.cancel_unanswered
    wanted = [cancel.occurred_at + PATIENCE] if cancel else []
    if not standing.status.ended:
        wanted.append(_deadline(facts))
    return min(wanted, default=None)


def expired(facts: Facts, summary: Summary, now: datetime) -> bool:
    """Whether the pivot is to be told that the deadline passed: the outcome is open, and it is time."""
    return not summary.status.ended and now >= _deadline(facts) and _may_speak(summary, now)


def cancel_overdue(facts: Facts, summary: Summary, now: datetime) -> bool:
    """Whether the user's cancel is to be repeated."""
    cancel = facts.cancel_unanswered
    return cancel is not None and now >= cancel.occurred_at + PATIENCE and _may_speak(summary, now)


def _may_speak(summary: Summary, now: datetime) -> bool:
    return summary.not_before is None or now >= summary.not_before


def nudged(summary: Summary, now: datetime) -> Summary:
    """The summary after the observer spoke up: it holds its tongue for twice as long each time."""
    pause: timedelta = min(LONGEST_BACK_OFF, BACK_OFF * 2 ** min(summary.nudges, 16))
    return replace(summary, nudges=summary.nudges + 1, not_before=now + pause)


def lateness(summaries: Iterable[Summary], now: datetime) -> timedelta:
    """How long the latest of these trips has been open past its deadline (zero: none is late)."""
    late = (now - summary.deadline for summary in summaries if summary.deadline and not summary.status.ended)
    return max([timedelta(0), *late])
