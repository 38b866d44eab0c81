"""What waits on what: every trip without an end, what is known of it, what comes next and from whom, and what to do.

A pure function of what is on record, of the messages that lie in queues, and of the executions that run.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sandbox.operating.letters import Letter, last_try
from sandbox.world import Books, Inbox
from shared.message import Mode
from shared.observer.standing import Known, assess
from shared.saga.declaration import title_of
from shared.saga.record import Record, State
from shared.saga.timeline import Facts, Status, verdict

_PARTS = {State.BOOKED: "Booked", State.FAILED: "BookingFailed", State.CANCELLED: "Cancelled"}


class Lying(NamedTuple):
    """A message that lies in a queue. `parked`: in its dead-letter queue, where nobody takes it up."""

    inbox: Inbox
    letter: Letter
    parked: bool

    def __str__(self) -> str:
        where = " ".join(self.inbox)
        tries = f", delivered {self.letter.received} times" if self.letter.received else ""
        if self.parked:
            return f"{self.letter.what} is parked at {where}" + (
                f": {self.letter.reason}" if self.letter.reason else ""
            )
        return f"{self.letter.what} is in flight at {where}{tries}"


class Awaited(NamedTuple):
    """An event that would bring the trip on, and who is to send it (or, of `trip`, who has not heard it)."""

    event: str
    of: str

    def __str__(self) -> str:
        return f"{self.event} from {self.of}"


class Advice(NamedTuple):
    """What to do, and the next useful command (without its stage)."""

    what: str
    command: str


class Stuck(NamedTuple):
    """A trip without an end. `decided` holds each leg's record, `until` is its deadline."""

    trip_id: str
    status: Status
    parked: tuple[str, ...]
    since: datetime | None
    decided: Mapping[str, State | None]
    last_fact: str
    last_fact_at: datetime | None
    messages: tuple[Lying, ...]
    running: bool
    awaits: tuple[Awaited, ...]
    until: datetime | None
    nudges: int
    advice: Advice


class Scene(NamedTuple):
    """All that is known of a stage at one moment."""

    now: datetime
    books: Mapping[str, Books]
    known: Mapping[str, Known]
    lying: Sequence[Lying]
    running: frozenset[str]
    legs: Mapping[str, int]
    reverse: bool = False
    """Whether the stage compensates in reverse order."""


def stuck(scene: Scene) -> list[Stuck]:
    """Every trip that has no end yet, the one that was asked for first at the top."""
    found = [_Trip(scene, trip_id) for trip_id in sorted(_trips(scene))]
    waiting = [trip.as_it_waits() for trip in found if not trip.over]
    return sorted(waiting, key=lambda trip: (trip.since is None, trip.since, trip.trip_id))


def _trips(scene: Scene) -> set[str]:
    named = {trip_id for lying in scene.lying if (trip_id := lying.letter.trip_id)}
    recorded = {trip_id for books in scene.books.values() for trip_id in books.records}
    return named | recorded | scene.known.keys() | scene.running


class _Trip:
    """One trip in a scene."""

    def __init__(self, scene: Scene, trip_id: str) -> None:
        self.scene = scene
        self.id = trip_id
        self.legs = sorted(scene.legs, key=lambda name: scene.legs[name])
        self.pivot = self.legs[-1]
        found = {name: scene.books[name].records.get(trip_id) for name in self.legs if name in scene.books}
        self.records = {name: record for name, record in found.items() if record}
        self.known = scene.known.get(trip_id, Known((), None))
        self.facts = Facts(self.known.noted, scene.legs)
        self.verdict = verdict(self.facts)
        self.lying = tuple(self._with_reason(lying) for lying in scene.lying if lying.letter.trip_id == trip_id)
        self.running = trip_id in scene.running

    def _with_reason(self, lying: Lying) -> Lying:
        if not lying.parked or lying.letter.reason or lying.inbox.role != "compensate":
            return lying
        return lying._replace(letter=replace(lying.letter, reason=last_try(self.facts, lying.inbox.service)))

    @property
    def over(self) -> bool:
        """Whether the trip has its end, for the records and for the observer, and no cancel waits for an answer.

        A message that still lies about can only repeat what is known; one that is parked alone is no wait either.
        """
        told = bool(self.known.noted) and self.verdict.status.ended and not self.facts.cancel_unanswered
        return told and not self.running and not list(self._awaited())

    def as_it_waits(self) -> Stuck:
        """The dump."""
        last = self.facts.all[-1] if self.facts.all else None
        awaits = tuple(self._awaited())
        summary = assess(self.facts, self.known.summary) if last else None
        return Stuck(
            trip_id=self.id,
            status=self.verdict.status,
            parked=self.verdict.parked,
            since=self.facts.requested_at or self._recorded_at(),
            decided={name: self.records[name].state if name in self.records else None for name in self.legs},
            last_fact=f"{last.part} of {last.participant}" if last else "",
            last_fact_at=last.occurred_at if last else None,
            messages=self.lying,
            running=self.running,
            awaits=awaits,
            until=summary.deadline if summary else self._deadline(),
            nudges=summary.nudges if summary else 0,
            advice=self._advice(),
        )

    def _awaited(self) -> Iterator[Awaited]:
        """What is to come: what a leg has on record and the observer has not heard, then what nobody has decided."""
        unheard = [Awaited(_fact(name, record), name) for name, record in self.records.items() if self._unheard(name)]
        yield from unheard
        if self.facts.cancel_unanswered and not unheard:
            yield Awaited(f"{title_of(self.pivot)}Cancelled or {title_of(self.pivot)}BookingFailed", self.pivot)
        elif self._given_up():
            yield from self._undoing()
        elif following := next((name for name in self.legs if name not in self.records), None):
            yield Awaited(f"{title_of(following)}Booked or {title_of(following)}BookingFailed", following)

    def _unheard(self, name: str) -> bool:
        return self.facts.of(name, _PARTS[self.records[name].state]) is None

    def _given_up(self) -> bool:
        failed = any(record.state is State.FAILED for record in self.records.values())
        return failed or self._state(self.pivot) is State.CANCELLED

    def _undoing(self) -> Iterator[Awaited]:
        """The legs before the lowest refusal that still hold something, or left no tombstone."""
        refused = [name for name in self.legs if self._state(name) is State.FAILED]
        lowest = self.legs.index(refused[0] if refused else self.pivot)
        held = [name for name in self.legs[:lowest] if self._state(name) in (None, State.BOOKED)]
        held += [name for name in self.legs[lowest + 1 :] if self._state(name) is State.BOOKED]
        one_by_one = self.scene.reverse or self._mode() is Mode.ORCHESTRATION
        for name in held[-1:] if one_by_one else held:
            yield Awaited(f"{title_of(name)}Cancelled", name)

    def _state(self, name: str) -> State | None:
        record = self.records.get(name)
        return record.state if record else None

    def _mode(self) -> Mode | None:
        modes = [record.mode for record in self.records.values()] + [fact.mode for fact in self.facts.all if fact.leg]
        return modes[0] if modes else None

    def _recorded_at(self) -> datetime | None:
        asked = [record.requested_at or record.decided_at for record in self.records.values()]
        return min(asked, default=None)

    def _deadline(self) -> datetime | None:
        return min((record.deadline for record in self.records.values() if record.deadline), default=None)

    def _advice(self) -> Advice:
        """What to do, the surest first."""
        parked = next((lying for lying in self.lying if lying.parked), None)
        deadline = self.facts.deadline or self._deadline()
        answers = (
            (parked, "mend what parked its message, then send it on"),
            (self.lying, "wait: its message is tried again by itself"),
            (self.running, "wait for the execution; if it does not end, the deadline ends the trip"),
            (not self.records and not self.known.noted, "put the request again, which is always safe"),
            (not self.known.noted, "the observer has not heard of it: put the request again, or give it up"),
            (
                deadline and deadline > self.scene.now,
                "wait: at its deadline the pivot is asked, and everybody tells again",
            ),
            (True, "its deadline has passed, and nobody answers: see whether trip watch and the pivot work"),
        )
        what = next(answer for applies, answer in answers if applies)
        command = f"wayfare dlq redrive {_box(parked.inbox)} --trip {self.id}" if parked else ""
        return Advice(what, command or f"wayfare timeline {self.id}")


def _fact(name: str, record: Record) -> str:
    return title_of(name) + _PARTS[record.state]


def _box(inbox: Inbox) -> str:
    """What `wayfare dlq` calls a queue."""
    return inbox.role if inbox.service == "platform" else " ".join(inbox)
