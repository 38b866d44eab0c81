"""Ports on paper: they read what stands, answer as the real ones would, and keep what is written to themselves.

What several messages do adds up on the same paper: of two trips for the last room the second finds it taken.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sandbox.memory.ledger import MemoryLedger
from sandbox.memory.log import MemorySagaLog
from shared.message import Fact
from shared.observer.effects import SagaLog
from shared.observer.standing import Known, Rejection, Summary
from shared.ports import Ledger, Seen, Stale
from shared.saga.record import Record, State, StockKey
from shared.saga.starter import Standing, start_once
from shared.saga.timeline import Noted

_DONE = {State.BOOKED: "books", State.FAILED: "refuses", State.CANCELLED: "leaves a tombstone"}


class RealLog(SagaLog, Protocol):
    """The observer's store, with what people read of it."""

    def rejection(self, request_id: str) -> Rejection | None:
        """The rejection of a request."""


class Executions(Protocol):
    """The state machine's executions."""

    def standing(self, name: str) -> Standing | None:
        """The execution of exactly this name; None: there is none."""


@dataclass
class Diary:
    """What a rehearsal would have done: its writes in words, its facts, its quarantined messages' reasons."""

    writes: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)

    def publish(self, facts: Sequence[Fact]) -> Sequence[None]:
        """`Publisher`: nothing reaches the bus."""
        self.facts += facts
        return [None] * len(facts)

    def park(self, _body: str, reason: str) -> None:
        """`DeadLetters`: nothing moves."""
        self.unreadable.append(reason)


class PaperLedger:
    """`Ledger` on a copy that is made as it is read."""

    def __init__(self, real: Ledger, diary: Diary) -> None:
        self._real = real
        self._diary = diary
        self._copy = MemoryLedger()
        self._read: set[object] = set()

    def look(self, trip_id: str, keys: Sequence[StockKey]) -> Seen:
        self._catch_up(trip_id, keys)
        return self._copy.look(trip_id, keys)

    def decide(self, record: Record) -> Record | Stale:
        self._catch_up(record.trip_id, [claim.key for claim in record.claims])
        return self._noted(self._copy.decide(record), record, _DONE[record.state])

    def release(self, booked: Record, cancelled: Record) -> Record:
        self._catch_up(booked.trip_id, [claim.key for claim in booked.claims])
        answer = self._copy.release(booked, cancelled)
        self._noted(answer, cancelled, "gives its booking back")
        return answer

    def _noted(self, answer: Record | Stale, written: Record, done: str) -> Record | Stale:
        if answer is written:
            self._diary.writes.append(f"{done} ({written.reason})" if written.reason else done)
        return answer

    def _catch_up(self, trip_id: str, keys: Sequence[StockKey]) -> None:
        """Copy what was not read before; what was may have been written on the copy since."""
        unread = [key for key in keys if key not in self._read]
        if not unread and trip_id in self._read:
            return
        seen = self._real.look(trip_id, unread)
        if seen.record and trip_id not in self._read:
            self._copy.records[trip_id] = seen.record
        self._copy.stock |= {key: seen.shelf[key] for key in unread if key in seen.shelf}
        self._read |= {trip_id, *unread}


class PaperLog:
    """`SagaLog` on a copy that is made as it is read."""

    def __init__(self, real: RealLog, diary: Diary) -> None:
        self._real = real
        self._diary = diary
        self._copy = MemorySagaLog()
        self._read: set[str] = set()

    def note(self, fact: Noted) -> Known:
        if fact.event_id not in {kept.event_id for kept in self.recall(fact.trip_id).noted}:
            self._diary.writes.append(f"keeps {fact.part} of {fact.participant}")
        return self._copy.note(fact)

    def note_rejection(self, rejection: Rejection) -> None:
        if self.rejection(rejection.request_id) is None:
            self._diary.writes.append(f"keeps the rejection of request {rejection.request_id}")
        self._copy.note_rejection(rejection)

    def recall(self, trip_id: str) -> Known:
        if trip_id not in self._read:
            self._read.add(trip_id)
            noted, summary = self._real.recall(trip_id)
            for fact in noted:
                self._copy.note(fact)
            if summary:
                self._copy.enter(summary)
        return self._copy.recall(trip_id)

    def enter(self, summary: Summary) -> None:
        self._diary.writes.append(f"enters {summary.status}")
        self._copy.enter(summary)

    def due(self, now: datetime) -> list[Summary]:
        return self._real.due(now)

    def rejection(self, request_id: str) -> Rejection | None:
        """The rejection of a request, real or on paper."""
        return self._copy.rejection(request_id) or self._real.rejection(request_id)


class PaperMachine:
    """`Machine`: no execution is started."""

    def __init__(self, real: Executions, diary: Diary) -> None:
        self._real = real
        self._diary = diary
        self._started: dict[str, Standing] = {}

    def start(self, name: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return start_once(self._begin, name, request)

    def _begin(self, name: str, request: Mapping[str, Any]) -> Standing | None:
        standing = self._started.get(name) or self._real.standing(name)
        if standing is None:
            self._diary.writes.append("starts an execution")
            self._started[name] = Standing("RUNNING", json.dumps(request))
        return standing


@dataclass(frozen=True)
class PaperPorts:
    """The world of any core, on paper."""

    ledger: PaperLedger | None
    log: PaperLog
    machine: PaperMachine
    publisher: Diary
    dead_letters: Diary

    def report_lateness(self, _late: timedelta) -> None:
        """No metric."""
