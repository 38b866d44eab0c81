"""The whole system in memory: a bus, queues and workers around the shipped handlers, with virtual time.

Delivery is at least once and in any order: a seeded generator chooses which queue is served next, how many messages
make a batch and in which order. The rules, the settings and the handlers are those that are deployed.
"""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from infra import settings
from infra.catalog import CATALOG, OBSERVER, PARTICIPANTS
from infra.stages import Stage, named
from sandbox.memory.ledger import MemoryLedger
from sandbox.memory.log import MemorySagaLog
from sandbox.memory.routing import routes_of
from sandbox.modes import CHOREOGRAPHY, REVERSE
from sandbox.world import Books, Inbox, Parked
from services.trip.observer import observe, watch
from shared.aws.settings import terms_from
from shared.message import Fact
from shared.observer.effects import TripPorts
from shared.observer.standing import Known, Rejection
from shared.saga.driver import drive
from shared.saga.effects import Core, Ports
from shared.saga.faults import WorkerDied, with_faults
from shared.saga.participant import Participant
from shared.saga.runtime import Delivery, handle_booking, handle_notice

BATCH = 10
MAX_STEPS = 200_000


@dataclass(frozen=True)
class Message:
    """A message in a queue, and how often it was delivered."""

    body: str
    deliveries: int = 0


@dataclass(frozen=True)
class Worker:
    """The function behind a queue."""

    core: Callable[[Delivery], Core[None]]
    ports: Any


class Bus:
    """`Publisher`: routes what it is given at once, by the stage's rules."""

    def __init__(self, put: Callable[[str, str, Any], str]) -> None:
        self._put = put

    def publish(self, facts: Sequence[Fact]) -> Sequence[None]:
        for fact in facts:
            self._put(fact.source, fact.detail_type, json.loads(fact.detail()))
        return [None] * len(facts)


class Parking:
    """`DeadLetters` of one queue."""

    def __init__(self, parked: list[Parked]) -> None:
        self._parked = parked

    def park(self, body: str, reason: str) -> None:
        self._parked.append(Parked(body, reason))


class MemoryWorld:
    """`World` in one process. `duplicates`: how often each message is delivered at least."""

    name = "memory"

    def __init__(self, stage: Stage | None = None, seed: int = 0, duplicates: int = 1) -> None:
        self.stage = stage or named("local")
        self._now = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.duplicates = duplicates
        self.mode = REVERSE if self.stage.compensation == "reverse" else CHOREOGRAPHY
        self.ledgers = {who.name: MemoryLedger() for who in PARTICIPANTS}
        self.log = MemorySagaLog()
        self.lateness = timedelta(0)
        self._routes = routes_of(self.stage)
        self._random = random.Random(seed)  # noqa: S311 - a schedule, no secret
        self._queues: defaultdict[Inbox, list[Message]] = defaultdict(list)
        self._parked: defaultdict[Inbox, list[Parked]] = defaultdict(list)
        self._paused: set[Inbox] = set()
        self._events = 0
        self._bus = Bus(self._route)
        self._workers = dict(self._hire())

    @property
    def now(self) -> datetime:
        return self._now

    def put(self, detail: Any, detail_type: str = "TripRequested", source: str = "travel.client") -> str:
        return self._route(source, detail_type, detail)

    def send(self, inbox: Inbox, body: str) -> None:
        self._queues[inbox].append(Message(body))

    def pause(self, inbox: Inbox) -> None:
        self._paused.add(inbox)

    def resume(self, inbox: Inbox) -> None:
        self._paused.discard(inbox)

    def waiting(self, inbox: Inbox) -> list[str]:
        return [message.body for message in self._queues[inbox]]

    def drop(self, inbox: Inbox) -> None:
        self._queues[inbox].clear()

    def parked(self, inbox: Inbox) -> list[Parked]:
        return list(self._parked[inbox])

    def tick(self) -> None:
        self.send(Inbox(OBSERVER, "watch"), "{}")

    def wait_until(self, moment: datetime) -> None:
        self._now = max(self._now, moment)

    def set_stock(self, service: str, item: str, unit: str, capacity: int) -> None:
        who = next(who for who in PARTICIPANTS if who.name == service)
        self.ledgers[service].set_capacity(who.shelve(item, unit), capacity)

    def books(self, service: str) -> Books:
        ledger = self.ledgers[service]
        return Books(dict(ledger.records), dict(ledger.stock))

    def known(self, trip_id: str) -> Known:
        return self.log.recall(trip_id)

    def rejection(self, request_id: str) -> Rejection | None:
        return self.log.rejection(request_id)

    def settle(self) -> None:
        for _ in range(MAX_STEPS):
            ready = [
                inbox
                for inbox, messages in self._queues.items()
                if messages and inbox in self._workers and inbox not in self._paused
            ]
            if not ready:
                return
            self._serve(self._random.choice(ready))
        raise AssertionError(
            f"not at rest after {MAX_STEPS} batches: {[(inbox, len(queue)) for inbox, queue in self._queues.items() if queue]}"
        )

    def _hire(self) -> Sequence[tuple[Inbox, Worker]]:
        return [*(pair for who in PARTICIPANTS for pair in self._participants_workers(who)), *self._observers_workers()]

    def _participants_workers(self, who: Participant) -> Sequence[tuple[Inbox, Worker]]:
        terms = terms_from(settings.participant(CATALOG, self.stage, CATALOG.named(who.name)))

        def worker(role: str, handle: Callable[..., Core[None]]) -> tuple[Inbox, Worker]:
            inbox = Inbox(who.name, role)
            ports = Ports(self.ledgers[who.name], self._bus, Parking(self._parked[inbox]))

            def core(delivery: Delivery) -> Core[None]:
                return with_faults(handle(who, terms, delivery), who, role, delivery.attempt)

            return inbox, Worker(core, ports)

        return [worker("book", handle_booking), worker("compensate", handle_notice)]

    def _observers_workers(self) -> Sequence[tuple[Inbox, Worker]]:
        legs, client = CATALOG.legs, self.stage.client_source

        def worker(role: str, core: Callable[[Delivery], Core[None]]) -> tuple[Inbox, Worker]:
            inbox = Inbox(OBSERVER, role)
            return inbox, Worker(
                core, TripPorts(self.log, self._bus, Parking(self._parked[inbox]), partial(setattr, self, "lateness"))
            )

        return [
            worker("observe", lambda delivery: observe(legs, client, delivery.body)),
            worker("watch", lambda delivery: watch(legs, delivery.at)),
        ]

    def _route(self, source: str, detail_type: str, detail: Any) -> str:
        self._events += 1
        event = {
            "id": f"event-{self._events}",
            "source": source,
            "detail-type": detail_type,
            "time": self.now.replace(microsecond=0).isoformat(),
            "detail": detail,
        }
        body = json.dumps(event)
        for inbox in self._routes.inboxes(event):
            self._deliver(inbox, body)
        return str(event["id"])

    def _deliver(self, inbox: Inbox, body: str) -> None:
        self._queues[inbox].extend([Message(body)] * self.duplicates)

    def _serve(self, inbox: Inbox) -> None:
        queue = self._queues[inbox]
        self._random.shuffle(queue)
        size = self._random.randint(1, min(BATCH, len(queue)))
        batch = [replace(message, deliveries=message.deliveries + 1) for message in queue[:size]]
        del queue[:size]
        self._now += timedelta(milliseconds=self._random.randint(1, 20))
        for message, failure in zip(batch, self._work(self._workers[inbox], batch), strict=True):
            if failure is not None:
                self._again(inbox, message, failure)

    def _work(self, worker: Worker, batch: Sequence[Message]) -> Sequence[BaseException | None]:
        last = self.stage.max_receives
        cores = [
            worker.core(Delivery(message.body, self.now, message.deliveries, message.deliveries >= last))
            for message in batch
        ]
        try:
            return drive(cores, worker.ports)
        except WorkerDied as death:
            return [death] * len(batch)

    def _again(self, inbox: Inbox, message: Message, failure: BaseException) -> None:
        if message.deliveries < self.stage.max_receives:
            self._queues[inbox].append(message)
        else:
            self._parked[inbox].append(Parked(message.body, f"delivered {message.deliveries} times: {failure}"))
