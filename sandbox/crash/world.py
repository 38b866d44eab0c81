"""A world in memory whose functions are tapped: each call of a port is noted, and what is to happen to it happens."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, NamedTuple

from infra.stages import named
from sandbox.memory.hiring import Worker, answer_of
from sandbox.memory.world import MemoryWorld
from sandbox.modes import Mode
from sandbox.world import TASK, Inbox
from shared.ports import Busy
from shared.saga.effects import Core
from shared.saga.faults import WorkerDied
from shared.saga.runtime import Delivery


class Kind(StrEnum):
    """What can happen to one call of a port."""

    DIES_BEFORE = "the worker dies before it"
    DIES_AFTER = "the worker dies after it"
    ANSWER_LOST = "it is done, and the answer is lost"
    THROTTLED = "it is refused for now"
    VANISHES = "it is answered, and what was put is lost"
    LATE_TO_A_CANCEL = "the worker sleeps before it; another does its work, and the user cancels"
    LATE_TO_A_DEADLINE = "the worker sleeps before it, until the deadline has ended the trip"


PUBLISH = "publish"


ONCE = (Kind.DIES_BEFORE, Kind.DIES_AFTER, Kind.ANSWER_LOST, Kind.THROTTLED)
"""After any of these the message comes again, and the trip ends as if nothing had happened."""
DEATHS = (Kind.DIES_BEFORE, Kind.DIES_AFTER)
LATE = (Kind.LATE_TO_A_CANCEL, Kind.LATE_TO_A_DEADLINE)


class Call(NamedTuple):
    """One call of a port: by which function, its how-many-eth in the run, and whether it handles a message again."""

    inbox: Inbox
    number: int
    operation: str
    again: bool

    def __str__(self) -> str:
        return f"{self.inbox.service} {self.inbox.role}, call {self.number} ({self.operation})"


class Place(NamedTuple):
    """Where in a run something happens: a function, and its how-many-eth call."""

    inbox: Inbox
    number: int


Plan = Mapping[Place, Kind]


@dataclass(slots=True)
class Batch:
    """What a function is at work on."""

    bodies: list[str] = field(default_factory=list)
    again: bool = False
    begun: bool = False


class TappedWorld(MemoryWorld):
    """`MemoryWorld` that notes every call of a port, and lets happen what is planned.

    `meanwhile` is what goes on while a worker sleeps: it is told why, in which function, and over which messages.
    `times`: how often each message is delivered; what a duplicate makes a handler say again is delivered once (else ten
    would become ten thousand after four legs).
    """

    def __init__(self, plan: Plan, mode: Mode, seed: int = 0, times: int = 1) -> None:
        self.calls: list[Call] = []
        self.happened: list[Place] = []
        self.meanwhile: Callable[[Kind, Inbox, Sequence[str]], None] = lambda *_: None
        self._plan = plan
        self._batches: dict[Inbox, Batch] = {}
        self._counts: Counter[Inbox] = Counter()
        self._times = times
        self._said: set[str] = set()
        super().__init__(named(mode.stage), seed, mode=mode)

    @property
    def served(self) -> frozenset[Inbox]:
        """The queues that a function reads."""
        return frozenset(self._workers)

    def _hire(self) -> Sequence[tuple[Inbox, Worker]]:
        return [(inbox, self._tapped(inbox, worker)) for inbox, worker in super()._hire()]

    def again(self, inbox: Inbox, body: str) -> None:
        """Give a message to another worker: its queue does, or (a task) the machine that heard no answer."""
        if inbox.role == TASK:
            answer_of(self._workers[inbox], json.loads(body), self.now)
        else:
            self.send(inbox, body)

    def _route(self, source: str, detail_type: str, detail: Any) -> str:
        said = json.dumps([source, detail_type, detail], sort_keys=True)
        self.duplicates = 1 if said in self._said else self._times
        self._said.add(said)
        return super()._route(source, detail_type, detail)

    def _tapped(self, inbox: Inbox, worker: Worker) -> Worker:
        def core(delivery: Delivery) -> Core[Any]:
            batch = self._batches.get(inbox)
            if batch is None or batch.begun:
                batch = self._batches[inbox] = Batch()
            batch.bodies.append(delivery.body)
            batch.again = batch.again or delivery.attempt > 1
            return worker.core(delivery)

        return Worker(core, tapped(worker.ports, lambda *call: self._call(inbox, *call)))

    def _call(self, inbox: Inbox, operation: str, perform: Callable[[], Any], facts: int) -> Any:
        batch = self._batches.setdefault(inbox, Batch())
        batch.begun = True
        self._counts[inbox] += 1
        place = Place(inbox, self._counts[inbox])
        self.calls.append(Call(*place, operation, batch.again))
        kind = self._plan.get(place)
        if kind is None:
            return perform()
        self.happened.append(place)
        if kind in LATE:
            self.meanwhile(kind, inbox, tuple(batch.bodies))
            return perform()
        return _befall(kind, operation, perform, facts)


def _befall(kind: Kind, operation: str, perform: Callable[[], Any], facts: int) -> Any:
    if kind is Kind.VANISHES:
        return [None] * facts
    if kind is Kind.DIES_BEFORE:
        raise WorkerDied(f"before {operation}")
    if kind in (Kind.DIES_AFTER, Kind.ANSWER_LOST):
        perform()
    if kind is Kind.DIES_AFTER:
        raise WorkerDied(f"after {operation}")
    if operation == PUBLISH:  # the publisher answers fact by fact
        return [Busy(kind)] * facts
    raise Busy(kind)


def tapped(ports: Any, tap: Callable[..., Any]) -> Any:
    """The same ports, each call of theirs through the tap; a bare function among them (a metric) is left alone."""
    found = {it.name: getattr(ports, it.name) for it in fields(ports)}
    return replace(ports, **{name: Tapped(port, tap) for name, port in found.items() if not callable(port)})


class Tapped:
    """A port whose every call goes through a tap: what, how to do it, and how many facts it puts."""

    def __init__(self, port: Any, tap: Callable[..., Any]) -> None:
        self._port = port
        self._tap = tap

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self._port, operation)
        return lambda *args: self._tap(operation, lambda: method(*args), len(args[0]) if operation == PUBLISH else 0)


def kinds_for(call: Call, kinds: Sequence[Kind]) -> Iterator[Kind]:
    """Those that can happen to this call: only what was put can be lost."""
    return (kind for kind in kinds if kind is not Kind.VANISHES or call.operation == PUBLISH)
