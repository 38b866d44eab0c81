"""How the explored system works: what a call does to it, and where a worker stands. Each answer is worked out once."""

import json
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from functools import cached_property, reduce
from operator import or_
from typing import Any, NamedTuple

from infra.catalog import ORCHESTRATOR
from sandbox.books import books_in
from sandbox.explore.cases import Case, Shelves
from sandbox.explore.executions import Executions
from sandbox.explore.numbered import Numbered, bit, members
from sandbox.explore.parts import LATE, NOW, Parts, shipped
from sandbox.explore.state import Job, Left, Message, State, Worker
from sandbox.explore.tape import Call, Ended, play
from sandbox.explore.told import Told
from sandbox.memory.dossiers import MemoryDossiers
from sandbox.memory.ledger import MemoryLedger
from sandbox.memory.log import MemorySagaLog
from sandbox.memory.machine import Execution
from sandbox.memory.routing import Routes
from sandbox.world import Books
from shared.message import Fact
from shared.observer.reading import read
from shared.observer.standing import Rejection
from shared.ports import Busy
from shared.saga.dossier import DossierLedger
from shared.saga.participant import Participant
from shared.saga.record import Stock, StockKey
from shared.saga.runtime import Delivery
from shared.saga.timeline import Noted

DOSSIERS = "dossiers"
"""The one store of a saga whose participants share dossiers."""


class Event(NamedTuple):
    """Where an event on the bus goes, as sets: the queues' messages, and what the observer is told by it."""

    messages: int
    facts: int


class System:
    """One case with its parts. The numbers in a `State` are those of these tables."""

    def __init__(self, case: Case, parts: Parts | None = None) -> None:
        self.case = case
        self.parts = parts or shipped(case.stage)
        self.catalog, self.saga = self.parts.catalog, self.parts.catalog.saga
        self.legs = self.catalog.legs
        self.trips = tuple(dict.fromkeys(str(self.saga.named(dict(it))) for it in case.requests))
        self.stocked = not self.saga.keeps_dossier
        owners = tuple(self.legs) if self.stocked else (DOSSIERS,)
        self.places = (*owners, self.saga.observer, ORCHESTRATOR)
        """Whose contents a state holds, in this order."""
        self.stores: Numbered[Any] = Numbered(_contents)
        self.messages: Numbered[Message] = Numbered(tuple)
        self.jobs: Numbered[Job] = Numbered(tuple)
        self.workers: Numbered[Worker] = Numbered(tuple)
        self.answers: Numbered[Any] = Numbered()
        self.executions: Numbered[Execution] = Numbered(lambda execution: execution)
        self.facts: Numbered[Noted | Rejection] = Numbered()
        self._routes = Routes(self.parts.rules)
        self.told = Told(self.facts, self.parts)
        self.busy = self.answers.number(Busy("no answer"))
        self._running: dict[int, Sequence[int]] = {}
        self._stands: dict[tuple[int, tuple[int, ...]], Call | Ended] = {}
        self._touched: dict[tuple[int, int], tuple[int, int]] = {}
        self._calls: Numbered[Call] = Numbered()
        self._events: dict[Any, Event] = {}

    def beginnings(self) -> Iterable[State]:
        """One state for each stock: every request is on the bus, and nothing has happened."""
        return [self._beginning(shelves) for shelves in self.case.stocks]

    def _beginning(self, shelves: Shelves) -> State:
        case = self.case
        ledgers = [self._ledger(shelves[who]) for who in self.legs] if self.stocked else [MemoryDossiers()]
        stores = (
            *map(self.stores.number, ledgers),
            self.stores.number(MemorySagaLog()),
            self.stores.number(Executions(self.parts.machine)),
        )
        left = Left(case.cancels, case.expiries, case.losses, case.stops, case.ticks, case.asks_again)
        state = State(stores, 0, 0, 0, (), 0, left)
        for event in self.requests:
            state = self.heard(state, event)
        return state

    def _ledger(self, stock: Mapping[StockKey, Stock]) -> MemoryLedger:
        ledger = self.parts.ledger()
        ledger.stock.update(stock)
        return ledger

    @cached_property
    def requests(self) -> Sequence[Event]:
        """The clients' requests."""
        return [
            self.event(self.parts.stage.client_source, self.saga.requested, dict(request), f"request-{number}")
            for number, request in enumerate(self.case.requests, 1)
        ]

    @cached_property
    def cancellations(self) -> Sequence[Event]:
        """The user's cancel, for each trip: its id is found in it as in a request."""
        about = {self.saga.named(dict(request)): dict(request) for request in self.case.requests}
        return [
            self.event(self.parts.stage.client_source, self.saga.cancel_requested, detail, f"cancel of {trip}")
            for trip, detail in about.items()
        ]

    def heard(self, state: State, event: Event) -> State:
        """The state once the bus has delivered an event.

        What was handled before need not be delivered again (it may be, anyway), unless the case wants every repetition heard.
        """
        known = state.waiting | state.parked | (0 if self.case.repeats else state.handled)
        fresh = event.messages & ~known
        if fresh and self.case.receives is not None:
            fresh = sum(bit(number) for number in members(fresh) if not self.variants(number) & known)
        return state._replace(waiting=state.waiting | fresh, facts=state.facts | event.facts)

    def variants(self, number: int) -> int:
        """The same message, received more or less often."""
        message, most = self.messages[number], self.case.receives or 0
        return sum(bit(self.messages.number(message._replace(receives=times))) for times in range(most + 1))

    def unreceived(self, number: int) -> int:
        """The same message, as it was before anybody received it."""
        return self.messages.number(self.messages[number]._replace(receives=0))

    def event(self, source: str, detail_type: str, detail: Any, name: str) -> Event:
        """An event by the rules of the stage."""
        event = {"id": name, "source": source, "detail-type": detail_type, "time": NOW.isoformat(), "detail": detail}
        body, messages, facts = json.dumps(event), 0, 0
        for inbox in self._routes.inboxes(event):
            if inbox.service == self.saga.observer:
                facts |= bit(self.facts.number(read(self.saga, self.legs, self.parts.stage.client_source, body)))
            if inbox.service != self.saga.observer or self.case.observed:
                messages |= bit(self.messages.number(Message(inbox, body)))
        return Event(messages, facts)

    def announced(self, fact: Fact) -> Event:
        """A fact as an event: the same fact is the same event."""
        key = repr(fact)
        if key not in self._events:
            self._events[key] = self.event(
                fact.source, fact.detail_type, json.loads(fact.detail()), fact.metadata.event_id
            )
        return self._events[key]

    def overdue(self, facts: int) -> Event | None:
        """What the observer puts once the deadline has passed: nothing if every trip has an end, or it has no such rule."""
        return self.expiry(facts) if self.parts.deadline and self.told.open(facts) else None

    def expiry(self, facts: int) -> Event | None:
        """`TripExpired` for each trip that somebody has told of; None if there is none."""
        events = [self.announced(fact) for fact in self.told.reminders(facts) if fact.detail_type == self.saga.expired]
        messages = reduce(or_, (event.messages for event in events), 0)
        return Event(messages, 0) if messages else None

    def running(self, state: State) -> Sequence[int]:
        """The executions that have not ended, by number."""
        store = state.stores[-1]
        if store not in self._running:
            found = [it for it in self.stores[store].all.values() if not it.ended]
            self._running[store] = [self.executions.number(it) for it in found]
        return self._running[store]

    def stand(self, worker: Worker) -> Call | Ended:
        """The call that a worker is about to make, or how it ended."""
        key = (worker.job, worker.answers)
        if key not in self._stands:
            job = self.jobs[worker.job]
            run = self.parts.run(job, [self._delivery(number) for number in job.messages])
            self._stands[key] = play(run, [self.answers[number] for number in worker.answers])
        return self._stands[key]

    def _delivery(self, number: int) -> Delivery:
        message, most = self.messages[number], self.case.receives
        return Delivery(
            message.body, _clock(message), max(message.receives, 1), most is not None and message.receives >= most
        )

    def touch(self, store: int, call: Call) -> tuple[int, int]:
        """What a call makes of a store, and answers: both by number."""
        key = (store, self._calls.number(call))
        if key not in self._touched:
            changed = deepcopy(self.stores[store], _fixed(self.stores[store]))
            try:
                answer = getattr(self._as_seen_by(call.place, changed), call.method)(*call.arguments)
            except Exception as failure:  # the store's own word: a tripwire, say
                answer = failure
            self._touched[key] = self.stores.number(changed), self.answers.number(answer)
        return self._touched[key]

    def place_of(self, who: str) -> int:
        """Where in a state's stores that one's lies."""
        return self.places.index(who if who in self.places else DOSSIERS)

    def _as_seen_by(self, who: str, store: Any) -> Any:
        return DossierLedger(store, self._descriptor(who)) if isinstance(store, MemoryDossiers) else store

    def _descriptor(self, who: str) -> Participant:
        return next(it for it in self.catalog.described if it.name == who)

    def books(self, store: int, who: str) -> Books:
        """What a participant has on record in a store."""
        found = self.stores[store]
        return books_in(found.all, who) if isinstance(found, MemoryDossiers) else Books(found.records, found.stock)


def _clock(message: Message) -> datetime:
    """The observer's ticks come late, each two hours after the one before: it has found its tongue again."""
    if message.inbox.role != "watch":
        return NOW
    return LATE + timedelta(hours=2 * int(message.body.split()[-1]))


def _contents(store: Any) -> str:
    """What a store holds, in the one order that equal contents share."""
    return f"{type(store).__name__} {_ordered({name: it for name, it in vars(store).items() if isinstance(it, dict)})}"


def _ordered(value: object) -> str:
    if not isinstance(value, dict):
        return repr(value)
    return "{" + ", ".join(sorted(f"{key!r}: {_ordered(it)}" for key, it in value.items())) + "}"


def _fixed(store: Any) -> dict[int, Any]:
    """What a copy of a store shares with it: all but its contents (a lock: nobody waits for one here)."""
    return {id(it): it for it in vars(store).values() if not isinstance(it, dict)}
