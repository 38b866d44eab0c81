"""A saga whose records lie in one item, its dossier: every participant's decision, what their steps wrote, the list of
steps, the status. A write replaces the dossier that was read, or is made anew: so the list has one order.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

import msgspec
from msgspec.structs import replace

from shared.ports import Busy, Seen, Tripwire
from shared.saga.participant import Participant
from shared.saga.record import Record, State, StockKey, conflicts

START, FINISH = "Start", "Finish"

MAX_TRIES = 8
"""So often a write is made anew because another participant's came between; they are few, so it is soon alone."""


class Standing(StrEnum):
    """Where the transaction stands, by its dossier."""

    STARTED = "STARTED"
    COMMITTED = "COMMITTED"
    ROLLING_BACK = "ROLLING_BACK"
    ROLLED_BACK = "ROLLED_BACK"


class Dossier(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One saga's item. `decisions` guard against repeats, by participant; `version` counts the writes."""

    trip_id: str
    decisions: dict[str, Record] = {}
    steps: tuple[str, ...] = ()
    status: Standing = Standing.STARTED
    version: int = 0

    @property
    def records(self) -> Mapping[str, dict[str, Any]]:
        """What the steps wrote and nobody has rolled back, by participant."""
        return {name: record.details for name, record in self.decisions.items() if record.details}


class Dossiers(Protocol):
    """Where dossiers are kept. Both may raise `Busy`."""

    def read(self, trip_id: str) -> Dossier | None:
        """The saga's dossier, strongly consistent."""

    def replace(self, dossier: Dossier) -> bool:
        """Write it in place of the version before it (of none, for the first); False: that is not what stands there."""


def entered(dossier: Dossier, who: Participant, record: Record) -> Dossier:
    """The dossier with a participant's decision in it; what a cancelled step wrote is in it no more."""
    kept = replace(record, details={}) if record.state is State.CANCELLED else record
    decisions = {**dossier.decisions, who.name: kept}
    steps = _steps(dossier, who, record)
    return _next(replace(dossier, decisions=decisions, steps=steps, status=_status(decisions, who, record)))


def finished(dossier: Dossier) -> Dossier:
    """The dossier, closed."""
    return _next(replace(dossier, steps=(*dossier.steps, FINISH)))


def _next(dossier: Dossier) -> Dossier:
    return replace(dossier, version=dossier.version + 1)


def _steps(dossier: Dossier, who: Participant, record: Record) -> tuple[str, ...]:
    """A word of the pivot, or a tombstone, is no step: nothing was done there, and nothing is undone."""
    done, failed = who.title, f"{who.title} (Error)"
    begun = dossier.steps or (START,)
    if record.state is State.BOOKED:
        return (*begun, done)
    if record.state is State.FAILED and record.trip is not None:
        return (*begun, failed)
    if record.state is State.CANCELLED and {done, failed} & {*dossier.steps}:
        return (*begun, f"{who.title}Rollback")
    return dossier.steps


def _status(decisions: Mapping[str, Record], who: Participant, record: Record) -> Standing:
    if who.pivot and record.state is State.BOOKED:
        return Standing.COMMITTED
    if all(each.state is State.BOOKED for each in decisions.values()):
        return Standing.STARTED
    undone = all(each.state is not State.BOOKED and not _to_roll_back(each) for each in decisions.values())
    return Standing.ROLLED_BACK if undone else Standing.ROLLING_BACK


def _to_roll_back(record: Record) -> bool:
    return record.state is State.FAILED and record.trip is not None


class DossierLedger:
    """`Ledger` of one participant in the dossiers that it shares with the others; it keeps no stock."""

    def __init__(self, dossiers: Dossiers, who: Participant) -> None:
        self._dossiers = dossiers
        self._who = who

    def look(self, trip_id: str, keys: Sequence[StockKey]) -> Seen:  # noqa: ARG002 - it keeps no stock
        dossier = self._dossiers.read(trip_id)
        return Seen(dossier.decisions.get(self._who.name) if dossier else None, {})

    def decide(self, record: Record) -> Record:
        return self._write(record, lambda standing: standing is None)

    def release(self, booked: Record, cancelled: Record) -> Record:
        def may_go(standing: Record | None) -> bool:
            if standing is None:
                raise Tripwire("a record that was read is gone")
            return standing.state is booked.state and not conflicts(standing.request_hash, booked.request_hash)

        return self._write(cancelled, may_go)

    def finish(self, record: Record) -> None:
        """Close the dossier, once."""
        for _ in range(MAX_TRIES):
            dossier = self._dossiers.read(record.trip_id)
            if dossier is None:
                raise Tripwire("a record that was read is gone")
            if FINISH in dossier.steps or self._dossiers.replace(finished(dossier)):
                return
        raise Busy("the dossier changed under every write")

    def _write(self, record: Record, may_go: Callable[[Record | None], bool]) -> Record:
        """Enter the record if what stands lets it; answers what stands then."""
        for _ in range(MAX_TRIES):
            dossier = self._dossiers.read(record.trip_id) or Dossier(trip_id=record.trip_id)
            standing = dossier.decisions.get(self._who.name)
            if not may_go(standing) and standing is not None:
                return standing
            changed = entered(dossier, self._who, record)
            if self._dossiers.replace(changed):
                return changed.decisions[self._who.name]
        raise Busy("the dossier changed under every write")
