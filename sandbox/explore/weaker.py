"""Weaker parts for mutants: ledgers that forget a condition, records that do not last, a machine that does not ask."""

import json
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from infra.asl import targets
from infra.catalog import CATALOG
from infra.machine import definition
from sandbox.explore.tape import Call
from sandbox.memory.ledger import MemoryLedger
from shared.ports import Stale
from shared.saga.record import Record, State


class Overselling(MemoryLedger):
    """Takes what is not there."""

    def decide(self, record: Record) -> Record | Stale:
        if record.trip_id in self.records:
            return self.records[record.trip_id]
        self._move(record.claims, taken=1)
        self.records[record.trip_id] = record
        return record


class StockFirst(MemoryLedger):
    """Tells that a claim cannot be had before it tells that there is a record."""

    def decide(self, record: Record) -> Record | Stale:
        short = tuple(claim.key for claim in record.claims if self._item(claim).available < claim.quantity)
        return Stale(short) if short else super().decide(record)


class Overwriting(MemoryLedger):
    """Writes a failure over whatever stands."""

    def decide(self, record: Record) -> Record | Stale:
        if record.state is not State.FAILED:
            return super().decide(record)
        self.records[record.trip_id] = record
        return record


class Unconditional(MemoryLedger):
    """Gives back what was booked, whatever stands by now."""

    def release(self, booked: Record, cancelled: Record) -> Record:
        self._move(booked.claims, taken=-1)
        self.records[booked.trip_id] = cancelled
        return cancelled


class TwoWrites(MemoryLedger):
    """Cancels in two writes: the record, then the stock."""

    def mark(self, _booked: Record, cancelled: Record) -> None:
        self.records[cancelled.trip_id] = cancelled

    def give_back(self, booked: Record, cancelled: Record) -> Record:
        self._move(booked.claims, taken=-1)
        return cancelled


class Forgetful(MemoryLedger):
    """Records that have come to an end are removed after a while."""

    def forget(self, trip_id: str) -> None:
        del self.records[trip_id]


def lease(service: str, record: Record) -> Call | None:
    """The first leg's hold runs out by itself."""
    if service != CATALOG.first.name or record.state is not State.BOOKED:
        return None
    lapsed = replace(record, state=State.CANCELLED, released=True, reason="lease")
    return Call(service, "release", (record, lapsed))


def purge(service: str, record: Record) -> Call | None:
    """A record that has come to an end is removed."""
    ended = record.state is not State.BOOKED
    return Call(service, "forget", (record.trip_id,)) if ended else None


def unasked() -> Mapping[str, Any]:
    """After a fault at the pivot the earlier legs are cancelled at once."""
    deployed = definition(CATALOG, str, str)
    before = CATALOG.before(CATALOG.pivot)
    for catch in deployed["States"][f"Book {CATALOG.pivot.name}"]["Catch"]:
        catch["Next"] = f"Cancel {before.name if before else ''}"
    kept: Mapping[str, Any] = json.loads(json.dumps(deployed))
    reached = _reached(kept)
    return {**kept, "States": {name: state for name, state in kept["States"].items() if name in reached}}


def _reached(deployed: Mapping[str, Any]) -> set[str]:
    found, todo = set[str](), [str(deployed["StartAt"])]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += targets(deployed["States"][name])
    return found
