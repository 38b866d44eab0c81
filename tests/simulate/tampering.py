"""Bugs of our own, put into the shipped cores from outside: the simulator must find each of them."""

from collections.abc import Callable
from typing import Any

from sandbox.simulate.world import Tamper
from sandbox.world import Inbox
from shared.saga.announcing import announcement
from shared.saga.effects import Announce, Core, Decide, Effect, Look
from tests.samples import PARTICIPANTS

Memory = dict[str, bool]
"""What the bug keeps while one message is handled."""
Change = Callable[[Inbox, Effect, Memory], Core[Any]]
"""What is done instead of an effect; its result goes to the core."""


def tampered(change: Change) -> Tamper:
    """The same cores, with every effect exchanged."""

    def tamper(inbox: Inbox, core: Core[Any]) -> Core[Any]:
        memory: Memory = {}
        value: Any = None
        failure: Exception | None = None
        while True:
            try:
                effect = core.throw(failure) if failure else core.send(value)
            except StopIteration as ended:
                return ended.value
            try:
                value, failure = (yield from change(inbox, effect, memory)), None
            except Exception as raised:
                failure = raised

    return tamper


def _announces_before_it_writes(inbox: Inbox, effect: Effect, _memory: Memory) -> Core[Any]:
    if isinstance(effect, Decide):
        yield Announce(announcement(PARTICIPANTS[inbox.service], effect.record))
    return (yield effect)


def _leaves_no_tombstone(inbox: Inbox, effect: Effect, _memory: Memory) -> Core[Any]:
    if isinstance(effect, Decide) and inbox.role == "compensate" and inbox.service != "car":
        return effect.record
    return (yield effect)


def _takes_a_failed_announcement_for_done(_inbox: Inbox, effect: Effect, _memory: Memory) -> Core[Any]:
    try:
        return (yield effect)
    except Exception:
        if not isinstance(effect, Announce):
            raise
    return None


def _says_nothing_about_what_it_knows(_inbox: Inbox, effect: Effect, memory: Memory) -> Core[Any]:
    """The usual idempotency guard: a message about what is decided is skipped."""
    if isinstance(effect, Announce) and memory.get("known"):
        return None
    result = yield effect
    memory["known"] = isinstance(effect, Look) and result.record is not None
    return result


def _writes_without_looking(inbox: Inbox, effect: Effect, _memory: Memory) -> Core[Any]:
    """It believes that its write went well, whatever it is told."""
    result = yield effect
    return effect.record if isinstance(effect, Decide) and inbox.role == "book" else result


BUGS = {
    "announces before it writes": tampered(_announces_before_it_writes),
    "leaves no tombstone": tampered(_leaves_no_tombstone),
    "takes a failed announcement for done": tampered(_takes_a_failed_announcement_for_done),
    "says nothing about what it knows": tampered(_says_nothing_about_what_it_knows),
    "does not read the answer to its write": tampered(_writes_without_looking),
}
