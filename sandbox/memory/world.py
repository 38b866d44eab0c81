"""The whole system in memory: a bus, queues and workers around the shipped handlers, with virtual time.

Delivery is at least once and in any order: a seeded generator chooses which queue is served next, how many messages
make a batch and in which order. The rules, the settings and the handlers are those that are deployed.
"""

import json
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from infra.catalog import CATALOG, ORCHESTRATOR, Catalog
from infra.machine import INVOKE, SEND
from infra.rules import all_rules
from infra.stages import Stage, named
from sandbox.memory.dossiers import MemoryDossierLedger, MemoryDossiers
from sandbox.memory.executions import Executions, NotCalled, machine
from sandbox.memory.hiring import Worker, Workplace, answer_of, observers_workers, participants_workers, starters
from sandbox.memory.ledger import MemoryLedger
from sandbox.memory.log import MemorySagaLog
from sandbox.memory.machine import Call
from sandbox.memory.mail import Bus, Message, Parking
from sandbox.memory.routing import Routes, routes_of
from sandbox.modes import CHOREOGRAPHY, REVERSE, Mode
from sandbox.world import TASK, Books, Inbox, Parked
from shared.observer.standing import Known, Rejection
from shared.saga.driver import drive
from shared.saga.faults import WorkerDied
from shared.saga.participant import Participant
from shared.saga.runtime import Delivery

BATCH = 10
MAX_STEPS = 200_000


class MemoryWorld:
    """`World` in one process. `duplicates`: how often each message is delivered at least."""

    name = "memory"

    def __init__(
        self,
        stage: Stage | None = None,
        seed: int = 0,
        duplicates: int = 1,
        *,
        mode: Mode | None = None,
        catalog: Catalog = CATALOG,
    ) -> None:
        self.catalog = catalog
        self.stage = stage or named("local", catalog.saga)
        self._now = datetime(2026, 11, 21, 12, tzinfo=UTC)
        self.duplicates = duplicates
        self.mode = mode or (REVERSE if self.stage.compensation == "reverse" else CHOREOGRAPHY)
        self.dossiers = MemoryDossiers()
        self.ledgers = {who.name: self._ledger(who) for who in catalog.described}
        self.log = MemorySagaLog()
        self.lateness = timedelta(0)
        self._routes = routes_of(self.stage, catalog)
        self._random = random.Random(seed)  # noqa: S311 - a schedule, no secret
        self._queues: defaultdict[Inbox, list[Message]] = defaultdict(list)
        self._parked: defaultdict[Inbox, list[Parked]] = defaultdict(list)
        self._paused: set[Inbox] = set()
        self._events = 0
        self._bus = Bus(self._route)
        self._machine = self._executions()
        self._workers = dict(self._hire())

    def deploy(self, service: str, catalog: Catalog) -> None:
        """Give one service (or the platform) what another catalogue makes of it: rules, functions, the machine of what begins.

        Messages, records and running executions stay as they are.
        """
        self.catalog = catalog
        kept = [rule for rule in self._routes.rules if rule.service != service]
        self._routes = Routes([*kept, *(rule for rule in all_rules(catalog, self.stage) if rule.service == service)])
        for who in catalog.described:
            self.ledgers.setdefault(who.name, self._ledger(who))
        self._workers |= {inbox: worker for inbox, worker in self._hire() if inbox.service == service}
        if service == ORCHESTRATOR:
            self._machine.deploy(machine(catalog))

    @property
    def now(self) -> datetime:
        return self._now

    def put(self, detail: Any, detail_type: str | None = None, source: str | None = None) -> str:
        return self._route(source or self.stage.client_source, detail_type or self.catalog.saga.requested, detail)

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

    def unpark(self, inbox: Inbox) -> list[Parked]:
        """Take everything out of the queue's dead-letter queue."""
        found = self.parked(inbox)
        self._parked[inbox].clear()
        return found

    def tick(self) -> None:
        self.send(Inbox(self.catalog.saga.observer, "watch"), "{}")

    def wait_until(self, moment: datetime) -> None:
        self._now = max(self._now, moment)

    def set_stock(self, service: str, item: str, unit: str, capacity: int) -> None:
        who = next(who for who in self.catalog.described if who.name == service)
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
            if not self._step():
                return
        left = {inbox: len(queue) for inbox, queue in self._queues.items() if queue}
        raise AssertionError(f"not at rest after {MAX_STEPS} steps: {left}, {len(self._machine.moves)} executions")

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        while not condition():
            if not self._step():
                raise AssertionError(f"at rest, and waiting for {what}")

    def executions(self, status: str) -> list[str]:
        return self._machine.standing(status)

    def execution(self, name: str) -> Mapping[str, Any]:
        found = self._machine.named(name)
        error = {"error": found.ended.error, "cause": found.ended.cause} if found.ended and found.ended.error else {}
        return {"name": name, "status": found.status, "input": found.request, **error}

    def tasks(self, name: str) -> list[str]:
        return self._machine.scheduled(name)

    def stop(self, name: str) -> bool:
        return self._machine.stop(name)

    def _step(self) -> bool:
        """Let one thing happen, any one; False if nothing can."""
        ready = [
            inbox
            for inbox, messages in self._queues.items()
            if messages and inbox in self._workers and inbox not in self._paused
        ]
        moves = self._machine.moves
        if not ready and not moves:
            return False
        place = self._random.randrange(len(ready) + len(moves))
        if place < len(ready):
            self._serve(ready[place])
        else:
            self._take_a_while()
            moves.pop(place - len(ready))()
        return True

    def _take_a_while(self) -> None:
        self._elapse(self._random.randint(1, 20) / 1000)

    def _elapse(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)

    def _ledger(self, who: Participant) -> MemoryLedger:
        return MemoryDossierLedger(self.dossiers, who) if who.saga.keeps_dossier else MemoryLedger()

    def _executions(self) -> Executions:
        return Executions(lambda: self.now, self._admit, self._perform, machine(self.catalog))

    def _hire(self) -> Sequence[tuple[Inbox, Worker]]:
        place = Workplace(self.catalog, self.stage, self._bus, lambda inbox: Parking(self._parked[inbox]), self._elapse)
        participants = [
            pair for who in self.catalog.described for pair in participants_workers(place, who, self.ledgers[who.name])
        ]
        observers = observers_workers(place, self.log, partial(setattr, self, "lateness"))
        return [*participants, *observers, *starters(place, self._machine)]

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
        self._take_a_while()
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

    def _admit(self, call: Call) -> None:
        if call.resource == INVOKE and Inbox(call.arguments["FunctionName"], TASK) in self._paused:
            raise NotCalled("Lambda.TooManyRequestsException")

    def _perform(self, call: Call) -> Any:
        asked = call.arguments
        if call.resource == SEND:
            self._deliver(Inbox(asked["QueueUrl"], "compensate"), asked["MessageBody"])
            return {"MessageId": "sent"}
        return answer_of(self._workers[Inbox(asked["FunctionName"], TASK)], asked["Payload"], self.now)
