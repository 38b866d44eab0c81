"""The published pace: what each hop and each call is assumed to take."""

from random import Random

from sandbox.simulate.assumptions import Assumptions
from shared.saga.effects import Announce, Decide, Effect, Look, Release
from shared.saga.starter import Start


class PublishedPace:
    """`Pace` by the assumptions that the simulation of a large stage has too."""

    def __init__(self, chance: Random, assumed: Assumptions) -> None:
        self._chance = chance
        self._latencies = assumed.latencies

    def bus(self) -> float:
        return self._draw("bus")

    def start(self) -> float:
        return self._draw("start")

    def first_task(self) -> float:
        return self._draw("first_task")

    def next_task(self) -> float:
        return self._draw("next_task")

    def effect(self, effect: Effect) -> float:
        return self._draw(call_of(effect))

    def _draw(self, name: str) -> float:
        return self._latencies[name].at(self._chance.random())


def call_of(effect: Effect) -> str:
    """An effect by the name of the latency that is assumed for it."""
    match effect:
        case Look():
            name = "read"
        case Decide(record=record):
            name = "transaction" if record.claims else "write"
        case Release():
            name = "transaction"
        case Announce():
            name = "put_events"
        case Start():
            name = "start_execution"
        case _:
            name = "write"
    return name
