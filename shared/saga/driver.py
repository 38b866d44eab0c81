"""Drives the cores of one batch side by side: their reads and writes together, their announcements in one go.

What becomes of one message never depends on its neighbours.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from typing import Any

from shared.message import Fact
from shared.saga.effects import Announce, Core, Effect

Result = tuple[object, Exception | None]


def drive(cores: Sequence[Core[None]], ports: Any, executor: Executor | None = None) -> list[Exception | None]:
    """Run every core to its end; answers, message by message, None (delete it) or why it is to be delivered again.

    Each round performs what every core waits for. Announcements are held back until no core waits for anything else.
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
        for index, (value, failure) in _perform_round(waiting, ports, executor):
            resume(index, value, failure)
    return outcomes


def _perform_round(waiting: dict[int, Effect], ports: Any, executor: Executor | None) -> Iterable[tuple[int, Result]]:
    others = {index: effect for index, effect in waiting.items() if not isinstance(effect, Announce)}
    if not others:
        return _publish(
            {index: effect.fact for index, effect in waiting.items() if isinstance(effect, Announce)}, ports
        )
    lanes = _lanes(others)
    run: Callable[..., Iterable[list[tuple[int, Result]]]] = executor.map if executor and len(lanes) > 1 else map
    return [
        result
        for results in run(lambda lane: [(index, _perform(others[index], ports)) for index in lane], lanes)
        for result in results
    ]


def _perform(effect: Effect, ports: Any) -> Result:
    try:
        return effect.perform(ports), None
    except Exception as failure:
        return None, failure


def _publish(facts: dict[int, Fact], ports: Any) -> list[tuple[int, Result]]:
    try:
        failures: Sequence[Exception | None] = ports.publisher.publish(list(facts.values()))
    except Exception as failure:
        failures = [failure] * len(facts)
    return [(index, (None, failure)) for index, failure in zip(facts, failures, strict=True)]


def _lanes(effects: dict[int, Effect]) -> list[list[int]]:
    """Group the effects that touch a common key: a batch need not conflict with itself."""
    lanes: list[tuple[set[object], list[int]]] = []
    for index, effect in effects.items():
        keys, members = set(effect.touches()), [index]
        for lane in [lane for lane in lanes if lane[0] & keys]:
            lanes.remove(lane)
            keys |= lane[0]
            members = lane[1] + members
        lanes.append((keys, members))
    return [sorted(members) for _, members in lanes]
