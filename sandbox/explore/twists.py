"""Twists: what a mutant puts between a core and the world, so that the handlers themselves are never patched."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

from msgspec.structs import replace as changed

from infra import settings
from infra.catalog import CATALOG, ORCHESTRATOR, PARTICIPANTS
from sandbox.explore.parts import NOW, shipped
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


def instead(change: Callable[[Participant, Effect], Core[Any]]) -> Twist:
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


def no_tombstone(_who: Participant, effect: Effect) -> Core[Any]:
    """A cancel that finds no booking writes nothing."""
    if isinstance(effect, Decide) and effect.record.state is State.CANCELLED:
        return effect.record
    return (yield effect)


def unrecorded_failure(_who: Participant, effect: Effect) -> Core[Any]:
    """A failure is told, and not written."""
    if isinstance(effect, Decide) and effect.record.state is State.FAILED:
        return effect.record
    return (yield effect)


def event_before_write(who: Participant, effect: Effect) -> Core[Any]:
    """Every decision is told before it is written."""
    if isinstance(effect, Decide):
        yield Announce(announcement(who, effect.record))
    return (yield effect)


def no_check_of_puts(_who: Participant, effect: Effect) -> Core[Any]:
    """Nobody looks whether the event is on the bus."""
    if not isinstance(effect, Announce):
        return (yield effect)
    with suppress(Exception):
        yield effect
    return None


def in_two_writes(_who: Participant, effect: Effect) -> Core[Any]:
    """A cancel is two writes."""
    if not isinstance(effect, Release):
        return (yield effect)
    yield _Method("mark", effect.booked, effect.cancelled)
    return (yield _Method("give_back", effect.booked, effect.cancelled))


def sold_out_at_once(who: Participant, effect: Effect) -> Core[Any]:
    """A stale plan is a refusal, without another look."""
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


def silent_on_duplicates(_inbox: Inbox, _delivery: Delivery, core: Core[Any]) -> Core[Any]:
    """What is on record already is not told again."""
    known = False

    def change(_who: Participant, effect: Effect) -> Core[Any]:
        nonlocal known
        if isinstance(effect, Announce) and known:
            return None
        answer = yield effect
        known = known or (isinstance(effect, Look) and answer.record is not None)
        return answer

    return _changed(WHO["car"], core, change)


def unheard_beginning(inbox: Inbox, _delivery: Delivery, core: Core[Any]) -> Core[Any]:
    """The orchestrator says nothing."""

    def change(_who: Participant, effect: Effect) -> Core[Any]:
        return None if isinstance(effect, Announce) else (yield effect)

    return _changed(WHO[CATALOG.first.name], core, change) if inbox.service == ORCHESTRATOR else core


def on_expiry(change: Callable[[Participant, Notice], Notice | None]) -> Twist:
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


def cancel_anyway(who: Participant, notice: Notice) -> Notice | None:
    """An earlier leg takes the deadline for a reason to cancel."""
    return None if who.pivot else replace(notice, ask=Ask.COMPENSATE)


def undo_commit(who: Participant, notice: Notice) -> Notice | None:
    """The pivot takes the deadline for a reason to cancel what it has committed."""
    return replace(notice, ask=Ask.CANCEL) if who.pivot else None


def _gives_up(who: Participant, notice: Notice) -> Core[None]:
    record = yield from give_up(who, notice)
    if record is not None:
        yield from announce(announcement(who, record))
