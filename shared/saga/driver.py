"""Drives the cores of one batch side by side: their reads and writes together, their announcements in one go.

What becomes of one message never depends on its neighbours.
"""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any, TypeAlias

from shared.message import Fact
from shared.saga.effects import Announce, Core, Effect

Result = tuple[object, Exception | None]

Round: TypeAlias = Mapping[int, Effect]
"""What is to be performed side by side, by the place of its message in the batch: announcements alone, or none."""

Rounds: TypeAlias = Generator[Round, Iterable[tuple[int, Result]], list[Exception | None]]


def drive(cores: Sequence[Core[None]], ports: Any, executor: Executor | None = None) -> list[Exception | None]:
    """Run every core to its end; answers, message by message, None (delete it) or why it is to be delivered again."""
    driving = rounds(cores)
    try:
        waiting = next(driving)
        while True:
            waiting = driving.send(_perform_round(waiting, ports, executor))
    except StopIteration as ended:
        outcomes: list[Exception | None] = ended.value
        return outcomes


def rounds(cores: Sequence[Core[None]]) -> Rounds:
    """The same, round by round: yields what is to be performed, is sent the results, and returns the outcomes.

    Each round holds what every core waits for. Announcements are held back until no core waits for anything else.
    """
    outcomes: list[Exception | None] = [None] * len(cores)
    waiting: dict[int, Effect] = {}

    def resume(index: int, value: object = None, failure: Exception | None = None) -> None:
        waiting.pop(index, None)
        try:
            waiting[index] = cores[index].throw(failure) if failure else cores[index].send(value)
        except StopIteration:
            pass
        except Exception as uncaught:  # whatever it is, only this message is to be delivered again
            outcomes[index] = uncaught

    for index in range(len(cores)):
        resume(index)
    while waiting:
        others = {index: effect for index, effect in waiting.items() if not isinstance(effect, Announce)}
        for index, (value, failure) in (yield others or dict(waiting)):
            resume(index, value, failure)
    return outcomes


def _perform_round(waiting: Round, ports: Any, executor: Executor | None) -> Iterable[tuple[int, Result]]:
    facts = {index: effect.fact for index, effect in waiting.items() if isinstance(effect, Announce)}
    if facts:
        return publish(facts, ports)
    found = lanes(waiting)
    run: Callable[..., Iterable[list[tuple[int, Result]]]] = executor.map if executor and len(found) > 1 else map
    return [
        result
        for results in run(lambda lane: [(index, perform(waiting[index], ports)) for index in lane], found)
        for result in results
    ]


def perform(effect: Effect, ports: Any) -> Result:
    """An effect's result, or why there is none."""
    try:
        return effect.perform(ports), None
    except Exception as failure:
        return None, failure


def publish(facts: Mapping[int, Fact], ports: Any) -> list[tuple[int, Result]]:
    """Put all in one call; the answer tells, entry by entry, what is not on the bus and why."""
    try:
        failures: Sequence[Exception | None] = ports.publisher.publish(list(facts.values()))
    except Exception as failure:
        failures = [failure] * len(facts)
    return [(index, (None, failure)) for index, failure in zip(facts, failures, strict=True)]


def lanes(effects: Round) -> list[list[int]]:
    """Group the effects that touch a common key: a batch need not conflict with itself."""
    found: list[tuple[set[object], list[int]]] = []
    for index, effect in effects.items():
        keys, members = set(effect.touches()), [index]
        for lane in [lane for lane in found if lane[0] & keys]:
            found.remove(lane)
            keys |= lane[0]
            members = lane[1] + members
        found.append((keys, members))
    return [sorted(members) for _, members in found]
