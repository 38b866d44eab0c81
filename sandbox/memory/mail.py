"""What lies between the functions of a world in memory: messages, the bus, dead letters; and a clock that is put forward."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sandbox.world import Parked
from shared.message import Fact
from shared.saga.effects import Core, Effect, R
from shared.saga.faults import Pause


@dataclass(frozen=True)
class Message:
    """A message in a queue, and how often it was delivered."""

    body: str
    deliveries: int = 0


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


def in_virtual_time(core: Core[R], elapse: Callable[[float], None]) -> Core[R]:
    """The same core; where it would sleep, so many seconds elapse at once."""
    resume: Callable[[], Effect] = partial(next, core)
    while True:
        try:
            effect = resume()
        except StopIteration as ended:
            result: R = ended.value
            return result
        if isinstance(effect, Pause):
            elapse(effect.seconds)
            resume = partial(core.send, None)
            continue
        try:
            resume = partial(core.send, (yield effect))
        except Exception as failure:
            resume = partial(core.throw, failure)
