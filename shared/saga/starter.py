"""The starter: turns a request whose mode is orchestration into an execution that is named after its trip.

A rule's own target cannot choose an execution's name; and only a name makes a duplicate start harmless.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple, Protocol, Self

from shared.message import Mode, Unreadable, read_envelope
from shared.ports import DeadLetters, Publisher
from shared.saga.announcing import beginning, rejection
from shared.saga.declaration import Saga
from shared.saga.effects import Core, Quarantine, announce
from shared.saga.intake import ORCHESTRATOR, Order, Rejected, Terms, read_booking
from shared.saga.runtime import conflict_of


@dataclass(frozen=True)
class Orchestrator:
    """Who says that an execution has begun, and answers a request that starts none."""

    saga: Saga
    name: str = ORCHESTRATOR
    leg: int = 0
    pivot: bool = False

    @property
    def source(self) -> str:
        return self.saga.source_of(self.name)


BROKEN_OFF = ("ABORTED", "TIMED_OUT")
"""An execution that was ended from outside: when its request is put again, another one goes over the same steps."""
LEFT_OPEN = "OutcomeOpen"
"""The error of an execution that could reach nobody any more: it may have been heard of by nobody either, so the same holds."""
MOST = 5
"""Executions of one trip; every step is safe to go over again, but nobody should have to that often."""


class Machine(Protocol):
    """The state machine of the stage. May raise `Busy`."""

    def start(self, name: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Start an execution under this name if there never was one; answers the request that the name stands for."""


class Standing(NamedTuple):
    """An execution that is there already: how it stands, the request that it was started with, as JSON, and its error."""

    status: str
    request: str
    error: str = ""

    @classmethod
    def described(cls, found: Mapping[str, Any]) -> Self:
        """From what DescribeExecution answers."""
        return cls(found["status"], found["input"], found.get("error", ""))

    @property
    def unfinished(self) -> bool:
        """Whether it ended without having gone to an end of its trip."""
        return self.status in BROKEN_OFF or self.error == LEFT_OPEN


def start_once(
    begin: Callable[[str, Mapping[str, Any]], Standing | None], name: str, request: Mapping[str, Any]
) -> Mapping[str, Any]:
    """`Machine.start`: executions are named after trips, and a trip's second one has `.2` behind its name.

    `begin` starts one under exactly this name and answers None, or answers the one that stands there. The name stands
    for the first one's request, however that one ended: it may have booked, so nobody else's request may follow it.
    """
    first = standing = begin(name, request)
    number = 1
    while standing and standing.unfinished and number < MOST:
        if json.loads(standing.request)["requestHash"] != request["requestHash"]:
            break
        number += 1
        standing = begin(f"{name}.{number}", request)  # no trip id has a dot
    return json.loads(first.request) if first else request


@dataclass(frozen=True)
class StarterPorts:
    """The world as the starter sees it."""

    machine: Machine
    publisher: Publisher
    dead_letters: DeadLetters


@dataclass(frozen=True)
class Start:
    """Start the execution of a trip."""

    name: str
    request: Mapping[str, Any]

    def perform(self, ports: StarterPorts) -> Mapping[str, Any]:
        return ports.machine.start(self.name, self.request)

    def touches(self) -> frozenset[object]:
        return frozenset({self.name})


def start(saga: Saga, terms: Terms, body: str, at: datetime) -> Core[None]:
    """Handle one message of the start queue."""
    try:
        intent = _read(saga, terms, body, at)
        answer = intent if isinstance(intent, Rejected) else (yield from _start(saga, intent))
        speaker = Orchestrator(saga)
        yield from announce(rejection(speaker, answer) if isinstance(answer, Rejected) else beginning(speaker, answer))
    except Unreadable as unreadable:
        yield Quarantine(body, str(unreadable))


def _read(saga: Saga, terms: Terms, body: str, at: datetime) -> Order | Rejected:
    intent = read_booking(saga, terms, read_envelope(body), at)
    if isinstance(intent, Order) and intent.mode is not Mode.ORCHESTRATION:
        raise Unreadable(
            f"mode = {intent.mode}: the orchestrator starts {saga.noun.lower()}s whose mode is {Mode.ORCHESTRATION}"
        )
    return intent


def _start(saga: Saga, order: Order) -> Core[Rejected | Order]:
    standing: Mapping[str, Any] = yield Start(order.trip_id, request_of(order))
    if standing["requestHash"] != order.request_hash:
        return conflict_of(saga, order)
    return _first(order, standing)


def _first(order: Order, standing: Mapping[str, Any]) -> Order:
    """The order as it was given for the first time: a request that is put again moves no deadline."""
    asked, deadline = (datetime.fromisoformat(standing[name]) for name in ("requestedAt", "deadline"))
    definition = standing.get("definition", 1)
    return replace(order, requested_at=asked, deadline=deadline, cause=standing["cause"], definition=definition)


def request_of(order: Order) -> dict[str, Any]:
    """What an execution is started with, and every task is called with."""
    return {
        "tripId": order.trip_id,
        "requestHash": order.request_hash,
        "trip": json.loads(json.dumps(order.trip)),
        "requestedAt": order.requested_at.isoformat(),
        "deadline": order.deadline.isoformat(),
        "cause": order.cause,
        "definition": order.definition,
    }
