"""The protective measures of the protocol, each switched off: every mutant must be refuted, or its measure is not needed.

A mutant is the shipped system with one part replaced: a twist around the cores, a weaker ledger, another machine. The
handlers themselves are never patched.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from msgspec.structs import replace as changed

from infra import settings
from infra.catalog import CATALOG, PARTICIPANTS
from infra.machine import definition
from sandbox.explore.cases import ORCHESTRATED, OTHER, TRIP, Case, stock
from sandbox.explore.parts import NOW, Parts, machine, shipped
from sandbox.explore.tape import Call
from sandbox.memory.ledger import MemoryLedger
from sandbox.world import Inbox
from shared.aws.settings import terms_from
from shared.message import read_envelope
from shared.ports import Stale
from shared.saga.announcing import announcement
from shared.saga.effects import Announce, Core, Decide, Effect, Look, Release, announce
from shared.saga.intake import Ask, Notice, read_notice
from shared.saga.participant import Participant
from shared.saga.record import Record, State
from shared.saga.runtime import Delivery, give_up

WHO: Final[Mapping[str, Participant]] = {who.name: who for who in PARTICIPANTS}

Twist = Callable[[Inbox, Delivery, Core[Any]], Core[Any]]


@dataclass(frozen=True)
class Mutant:
    """A measure switched off (`without`), and the smallest case that shows what it is for."""

    name: str
    without: str
    case: Case
    change: Callable[[Parts], Parts]

    def parts(self) -> Parts:
        return self.change(shipped(self.case.stage))


# -- twists: what stands between a core and the world


def _instead(change: Callable[[Participant, Effect], Core[Any]]) -> Twist:
    """Each effect of a participant's core is replaced by what `change` makes of it."""

    def twist(inbox: Inbox, _delivery: Delivery, core: Core[Any]) -> Core[Any]:
        return _changed(WHO[inbox.service], core, change) if inbox.service in WHO else core

    return twist


def _changed(who: Participant, core: Core[Any], change: Callable[[Participant, Effect], Core[Any]]) -> Core[Any]:
    resume: Callable[[], Effect] = lambda: next(core)  # noqa: E731 - rebound below
    while True:
        try:
            effect = resume()
        except StopIteration as over:
            return over.value
        try:
            answer = yield from change(who, effect)
        except Exception as failure:
            resume = _throwing(core, failure)
        else:
            resume = _sending(core, answer)


def _throwing(core: Core[Any], failure: Exception) -> Callable[[], Effect]:
    return lambda: core.throw(failure)


def _sending(core: Core[Any], answer: Any) -> Callable[[], Effect]:
    return lambda: core.send(answer)


def _no_tombstone(_who: Participant, effect: Effect) -> Core[Any]:
    if isinstance(effect, Decide) and effect.record.state is State.CANCELLED:
        return effect.record
    return (yield effect)


def _unrecorded_failure(_who: Participant, effect: Effect) -> Core[Any]:
    if isinstance(effect, Decide) and effect.record.state is State.FAILED:
        return effect.record
    return (yield effect)


def _event_before_write(who: Participant, effect: Effect) -> Core[Any]:
    if isinstance(effect, Decide):
        yield Announce(announcement(who, effect.record))
    return (yield effect)


def _no_check_of_puts(_who: Participant, effect: Effect) -> Core[Any]:
    if not isinstance(effect, Announce):
        return (yield effect)
    with suppress(Exception):  # nobody looks whether the event is on the bus
        yield effect
    return None


def _in_two_writes(_who: Participant, effect: Effect) -> Core[Any]:
    if not isinstance(effect, Release):
        return (yield effect)
    yield _Method("mark", effect.booked, effect.cancelled)
    return (yield _Method("give_back", effect.booked, effect.cancelled))


def _sold_out_at_once(who: Participant, effect: Effect) -> Core[Any]:
    answer = yield effect
    if isinstance(effect, Decide) and isinstance(answer, Stale):
        refused = changed(effect.record, state=State.FAILED, claims=(), details={}, reason="sold_out")
        yield Announce(announcement(who, refused))
        return refused
    return answer


@dataclass(frozen=True)
class _Method:
    """An effect on a ledger that has more methods than it should."""

    method: str
    booked: Record
    cancelled: Record

    def perform(self, ports: Any) -> Any:
        return getattr(ports.ledger, self.method)(self.booked, self.cancelled)

    def touches(self) -> frozenset[object]:
        return frozenset({self.booked.trip_id})


def _silent_on_duplicates(_inbox: Inbox, _delivery: Delivery, core: Core[Any]) -> Core[Any]:
    known = False

    def change(_who: Participant, effect: Effect) -> Core[Any]:
        nonlocal known
        if isinstance(effect, Announce) and known:
            return None
        answer = yield effect
        known = known or (isinstance(effect, Look) and answer.record is not None)
        return answer

    return _changed(WHO["car"], core, change)


def _on_expiry(change: Callable[[Participant, Notice], Notice | None]) -> Twist:
    """Another answer to `TripExpired`, where `change` makes another notice of it."""

    def twist(inbox: Inbox, delivery: Delivery, core: Core[Any]) -> Core[Any]:
        if inbox.role != "compensate":
            return core
        who = WHO[inbox.service]
        terms = terms_from(settings.participant(CATALOG, shipped("local").stage, CATALOG.named(who.name)))
        notice = read_notice(who, terms, read_envelope(delivery.body), NOW)
        other = change(who, notice) if notice.ask is Ask.EXPIRE else None
        return core if other is None else _gives_up(who, other)

    return twist


def _cancel_anyway(who: Participant, notice: Notice) -> Notice | None:
    """An earlier leg takes the deadline for a reason to cancel."""
    return None if who.pivot else replace(notice, ask=Ask.COMPENSATE)


def _undo_commit(who: Participant, notice: Notice) -> Notice | None:
    """The pivot takes the deadline for a reason to cancel what it has committed."""
    return replace(notice, ask=Ask.CANCEL) if who.pivot else None


def _gives_up(who: Participant, notice: Notice) -> Core[None]:
    record = yield from give_up(who, notice)
    if record is not None:
        yield from announce(announcement(who, record))


# -- weaker ledgers


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


# -- records that do not last


def _lease(service: str, record: Record) -> Call | None:
    """The first leg's hold runs out by itself."""
    if service != CATALOG.first.name or record.state is not State.BOOKED:
        return None
    lapsed = changed(record, state=State.CANCELLED, released=True, reason="lease")
    return Call(service, "release", (record, lapsed))


def _purge(service: str, record: Record) -> Call | None:
    ended = record.state is not State.BOOKED
    return Call(service, "forget", (record.trip_id,)) if ended else None


# -- another machine


def _unasked() -> Mapping[str, Any]:
    """After a fault at the pivot the earlier legs are cancelled at once."""
    deployed = definition(CATALOG, str, str)
    before = CATALOG.before(CATALOG.pivot)
    for catch in deployed["States"][f"Book {CATALOG.pivot.name}"]["Catch"]:
        catch["Next"] = f"Cancel {before.name if before else ''}"
    kept: Mapping[str, Any] = json.loads(json.dumps(deployed))
    reached = _reached(kept)
    return {**kept, "States": {name: state for name, state in kept["States"].items() if name in reached}}


def _reached(deployed: Mapping[str, Any]) -> set[str]:
    from infra.asl import targets  # noqa: PLC0415

    found, todo = set[str](), [str(deployed["StartAt"])]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += targets(deployed["States"][name])
    return found


def _case(**changes: Any) -> Case:
    """The smallest system: one trip, no faults but death; every repetition is heard, so nothing is blamed on its loss."""
    given: dict[str, Any] = {"name": "", "about": "", "faults": (), "repeats": True}
    return Case(**{**given, **changes})


REFUSED: Final = _case(stocks=(stock(cars=0),))
CANCELLED: Final = _case(cancels=1)
EXPIRED: Final = _case(expiries=1)
LAST_ROOM: Final = _case(requests=(TRIP, OTHER))

MUTANTS: Final = (
    Mutant(
        "tombstone",
        "a cancel that finds no booking leaves a tombstone",
        CANCELLED,
        lambda it: replace(it, twist=_instead(_no_tombstone)),
    ),
    Mutant(
        "announce-again",
        "a duplicate announces what is recorded",
        REFUSED,
        lambda it: replace(it, twist=_silent_on_duplicates),
    ),
    Mutant(
        "put-checked",
        "a message is deleted only after PutEvents",
        replace(REFUSED, faults=("book",)),
        lambda it: replace(it, twist=_instead(_no_check_of_puts)),
    ),
    Mutant(
        "write-first",
        "the write comes before the event",
        LAST_ROOM,
        lambda it: replace(it, twist=_instead(_event_before_write)),
    ),
    Mutant(
        "failure-recorded",
        "a failure is recorded",
        CANCELLED,
        lambda it: replace(it, twist=_instead(_unrecorded_failure)),
    ),
    Mutant(
        "conditional-hold",
        "a hold is conditional on what is available",
        LAST_ROOM,
        lambda it: replace(it, ledger=Overselling),
    ),
    Mutant(
        "record-first",
        "the record's reason is read before the stock's",
        _case(),
        lambda it: replace(it, ledger=StockFirst, twist=_instead(_sold_out_at_once)),
    ),
    Mutant(
        "conditional-fail",
        "a failure is written only where nothing is recorded",
        CANCELLED,
        lambda it: replace(it, ledger=Overwriting),
    ),
    Mutant(
        "one-transaction",
        "a cancel is one transaction",
        REFUSED,
        lambda it: replace(it, ledger=TwoWrites, twist=_instead(_in_two_writes)),
    ),
    Mutant(
        "conditional-cancel",
        "a cancel is conditional on the state",
        REFUSED,
        lambda it: replace(it, ledger=Unconditional),
    ),
    Mutant(
        "pivot-decides",
        "only the pivot decides on the deadline",
        EXPIRED,
        lambda it: replace(it, twist=_on_expiry(_cancel_anyway)),
    ),
    Mutant(
        "commit-stands", "a commit beats the deadline", EXPIRED, lambda it: replace(it, twist=_on_expiry(_undo_commit))
    ),
    Mutant("no-lease", "no hold of an earlier leg expires by itself", _case(), lambda it: replace(it, decay=_lease)),
    Mutant(
        "records-kept", "records outlive every replay", REFUSED, lambda it: replace(it, ledger=Forgetful, decay=_purge)
    ),
    Mutant(
        "pivot-asked",
        "after a technical failure the pivot is asked",
        _case(requests=({**TRIP, **ORCHESTRATED},), duplicates=False),
        lambda it: replace(it, machine=machine(_unasked())),
    ),
    Mutant(
        "deadline",
        "the deadline ends what a lost message left open",
        _case(losses=1),
        lambda it: replace(it, deadline=False),
    ),
)
