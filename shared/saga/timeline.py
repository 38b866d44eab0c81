"""From facts to status and saga log: pure functions of the *set* of facts seen, so that their order does not matter.

They may lag; they never claim more than is true.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from shared.message import Instant, Mode
from shared.saga.declaration import Saga

CANCEL_REASON = "cancelled"
"""The reason the pivot records when it gives up a trip for the user; any other failure makes the trip FAILED."""

CLIENT = "client"
STARTED = "Started"
"""What the orchestrator tells, before all else. It may be of another request with this id: participants are believed first."""


class Legs(dict[str, int]):
    """Every participant's leg, by name. `since`: the definition in which one joined, if it was not the first one."""

    def __init__(self, legs: Mapping[str, int], since: Mapping[str, int]) -> None:
        super().__init__(legs)
        self.since = since

    def of(self, definition: int) -> dict[str, int]:
        """The legs of whoever takes part under a definition."""
        return {name: leg for name, leg in self.items() if self.since.get(name, 1) <= definition}


def legs_of(legs: Mapping[str, int], definition: int) -> Mapping[str, int]:
    """The legs under a definition, where they are known to differ."""
    return legs.of(definition) if isinstance(legs, Legs) else legs


class Noted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """A fact as the observer keeps it: `part` is what happened (`Booked`, `BookingFailed`, … or the client's `CancelRequested`)."""

    event_id: str
    trip_id: str
    participant: str
    part: str
    occurred_at: Instant
    causation_id: str = ""
    leg: int = 0
    mode: Mode = Mode.CHOREOGRAPHY
    requested_at: Instant | None = None
    deadline: Instant | None = None
    request_hash: str | None = None
    reason: str = ""
    message: str = ""
    released: bool = False
    attempt: int = 0
    definition: int = 1


class Status(StrEnum):
    """Where a trip stands."""

    PENDING = "PENDING"
    COMPENSATING = "COMPENSATING"
    CONFIRMED = "CONFIRMED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def ended(self) -> bool:
        return self in (Status.CONFIRMED, Status.FAILED, Status.CANCELLED)


class Verdict(NamedTuple):
    """A status with its reason; `parked` names the participants whose compensation waits for an operator."""

    status: Status
    reason: str = ""
    message: str = ""
    parked: tuple[str, ...] = ()


class Line(NamedTuple):
    """A line of the saga log. `event` is begin, start, end, refused, delayed, parked or abort; `step` is book, cancel or saga."""

    at: datetime
    event: str
    step: str
    participant: str = ""
    note: str = ""


class Facts:
    """The set of facts seen of one trip, by what happened to whom."""

    def __init__(
        self, noted: Iterable[Noted], legs: Mapping[str, int], *, undoes_failures: bool = False, noun: str = "trip"
    ) -> None:
        self.all = sorted(noted, key=lambda it: (it.part != STARTED, it.occurred_at, it.leg, it.event_id))
        self.legs = legs_of(legs, self.definition)
        self.undoes_failures = undoes_failures
        self.noun = noun
        self.pivot = max(self.legs, key=lambda name: self.legs[name])
        self._by = {(fact.participant, fact.part): fact for fact in self.all}

    def of(self, participant: str, part: str) -> Noted | None:
        """The participant's fact of this kind, if it was seen."""
        return self._by.get((participant, part))

    def having(self, part: str) -> list[str]:
        """The participants of whom such a fact was seen, first leg first."""
        return [name for name in sorted(self.legs, key=lambda name: self.legs[name]) if self.of(name, part)]

    def over_before(self, participant: str) -> bool:
        """Whether every earlier leg is known to hold nothing."""
        earlier = [name for name, leg in self.legs.items() if leg < self.legs[participant]]
        ends = ("Cancelled",) if self.undoes_failures else ("Cancelled", "BookingFailed")
        return all(any(self.of(name, end) for end in ends) for name in earlier)

    def is_over(self, failed: Noted) -> bool:
        """Whether a refusal and all before it are known to hold nothing."""
        rolled_back = self.of(failed.participant, "Cancelled") or is_word_of_pivot(failed)
        return self.over_before(failed.participant) and bool(rolled_back or not self.undoes_failures)

    @property
    def cancel_unanswered(self) -> Noted | None:
        """The user's cancel, while the pivot is not known to have given up the trip."""
        answered = self.of(self.pivot, "Cancelled") or self.of(self.pivot, "BookingFailed")
        return None if answered else self.of(CLIENT, "CancelRequested")

    @property
    def about_request(self) -> list[Noted]:
        """The facts that tell which request this is: the participants', or else what the orchestrator said when it began."""
        known = [fact for fact in self.all if fact.requested_at]
        return [fact for fact in known if fact.part != STARTED] or known

    @property
    def requested_at(self) -> datetime | None:
        """When the client asked for the trip (or the first that was heard of it)."""
        known = [fact.requested_at for fact in self.about_request if fact.requested_at]
        return min(known) if known else min((fact.occurred_at for fact in self.all), default=None)

    @property
    def deadline(self) -> datetime | None:
        """The deadline of the request."""
        return min((fact.deadline for fact in self.about_request if fact.deadline), default=None)

    @property
    def definition(self) -> int:
        """The newest definition under which anybody acted on it: whoever joined later was not asked.

        A decision that was made before any request was seen tells the first one. What began may have found such a decision.
        """
        return max((fact.definition for fact in self.all if fact.part != STARTED), default=1)

    @property
    def request_hash(self) -> str | None:
        """Which request it is; None if nobody has told."""
        return next((fact.request_hash for fact in self.about_request if fact.request_hash), None)


def facts_of(saga: Saga, noted: Iterable[Noted], legs: Mapping[str, int]) -> Facts:
    """The facts seen of one run of this saga."""
    return Facts(noted, legs, undoes_failures=saga.undoes_failures, noun=saga.noun.lower())


def verdict(facts: Facts) -> Verdict:
    """The trip's status, by the protocol's table."""
    failed, pivot = facts.having("BookingFailed"), facts.pivot
    if facts.of(pivot, "Booked") and not facts.of(pivot, "Cancelled"):
        return Verdict(Status.CONFIRMED)
    if failed and (lowest := facts.of(failed[0], "BookingFailed")) and facts.is_over(lowest):
        status = Status.CANCELLED if lowest.reason == CANCEL_REASON else Status.FAILED
        return Verdict(status, lowest.reason, lowest.message)
    cancelled = facts.of(pivot, "Cancelled")
    if cancelled and facts.over_before(pivot):
        return Verdict(Status.CANCELLED, cancelled.reason)
    if failed or facts.having("Cancelled"):
        parked = tuple(name for name in facts.having("CompensationParked") if not facts.of(name, "Cancelled"))
        return Verdict(Status.COMPENSATING, parked=parked)
    return Verdict(Status.PENDING)


def saga_log(facts: Facts) -> list[Line]:
    """The saga log: begin, each leg's booking, each compensation, end."""
    if not facts.all:
        return []
    began = facts.requested_at or facts.all[0].occurred_at
    lines = [Line(began, "begin", "saga")]
    for name in sorted(facts.legs, key=lambda name: facts.legs[name]):
        lines += _booking(facts, name, lines[-1].at)
    lines += _abort(facts)
    compensations = [found for name in facts.legs if (found := _compensation(facts, name))]
    for found in sorted(compensations, key=lambda lines: lines[-1].at):
        lines += found
    standing = verdict(facts)
    if standing.status.ended:
        lines.append(Line(_ended(facts, standing), "end", "saga", note=_because(standing)))
    return lines


def in_words(line: Line, saga: Saga, step: str) -> str:
    """A line without its time: `start book car rental`. `step` is what the participant calls its leg."""
    doing = {"book": saga.verbs[0], "cancel": saga.verbs[1]}.get(line.step, line.step)
    what = " ".join(word for word in (line.event, doing, step if line.participant else "") if word)
    return what + (f" ({line.note})" if line.note else "")


def _booking(facts: Facts, name: str, before: datetime) -> list[Line]:
    booked, failed = facts.of(name, "Booked"), facts.of(name, "BookingFailed")
    if booked:
        ended = Line(booked.occurred_at, "end", "book", name)
    elif failed and not is_word_of_pivot(failed):
        ended = Line(failed.occurred_at, "refused", "book", name, _reason(failed))
    else:
        return []
    return [Line(min(before, ended.at), "start", "book", name), ended]  # clocks differ


def is_word_of_pivot(failed: Noted) -> bool:
    """The pivot gave up the trip without having been asked to book."""
    return failed.reason in (CANCEL_REASON, "deadline", "technical_failure")


def _abort(facts: Facts) -> list[Line]:
    failed, cancelled = facts.of(facts.pivot, "BookingFailed"), facts.of(facts.pivot, "Cancelled")
    if failed and is_word_of_pivot(failed):
        return [Line(failed.occurred_at, "abort", "saga", note=_reason(failed))]
    return (
        [Line(cancelled.occurred_at, "abort", "saga", note=f"the user cancelled the {facts.noun} after its commit")]
        if cancelled and cancelled.released and not failed
        else []
    )


def _compensation(facts: Facts, name: str) -> list[Line]:
    """From start to end, or to the last attempt; a tombstone gave nothing back and is no line, a failed step's own is one."""
    cancelled, attempts = facts.of(name, "Cancelled"), _attempts(facts, name)
    if cancelled:
        ended = (
            [Line(cancelled.occurred_at, "end", "cancel", name)]
            if cancelled.released or facts.of(name, "BookingFailed")
            else []
        )
        cause = next((fact.occurred_at for fact in facts.all if fact.event_id == cancelled.causation_id), None)
    else:
        ended, cause = attempts[-1:], None
        attempts = attempts[:-1]
    if not ended:
        return []
    began = min(line.at for line in (*attempts, *ended))
    return [Line(min(cause or began, began), "start", "cancel", name), *attempts, *ended]


def _attempts(facts: Facts, name: str) -> list[Line]:
    names = {"CompensationDelayed": "delayed", "CompensationParked": "parked"}
    return [
        Line(fact.occurred_at, names[fact.part], "cancel", name, f"attempt {fact.attempt}: {fact.reason}")
        for fact in facts.all
        if fact.participant == name and fact.part in names
    ]


def _ended(facts: Facts, standing: Verdict) -> datetime:
    if standing.status is Status.CONFIRMED and (booked := facts.of(facts.pivot, "Booked")):
        return booked.occurred_at
    return max(fact.occurred_at for fact in facts.all if fact.part in ("Cancelled", "BookingFailed"))


def _because(standing: Verdict) -> str:
    return f"{standing.status}: {standing.reason}" if standing.reason else str(standing.status)


def _reason(fact: Noted) -> str:
    return f"{fact.reason}: {fact.message}" if fact.message else fact.reason
