"""Where a mode is tried: a stage on the local engine, in real time; or the same in memory, without time.

An arena puts calls at their moments, waits for rest, and tells what was heard when.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, NamedTuple, Protocol

from sandbox.compare.stopwatch import Heard, Stopwatch
from sandbox.local_world import LocalWorld, WorldError
from sandbox.memory.world import MemoryWorld
from sandbox.modes import Mode
from sandbox.world import World
from shared.observer.standing import Known

CLIENTS = 16
"""Threads that put events: enough that none waits for another at any rate a laptop can serve."""
PATIENCE = 60.0
"""Seconds after which a trip that has no end counts as open."""
PAUSE = 0.05


class Call(NamedTuple):
    """Something that a client puts on the bus, so many seconds after the start."""

    at: float
    trip_id: str
    detail_type: str
    detail: Mapping[str, Any]


class Put(NamedTuple):
    """When a call was due (seconds since 1970), and how many seconds late the client was."""

    due: float
    late: float


Puts = Mapping[tuple[str, str], Put]
"""By trip and detail-type."""


class Arena(Protocol):
    """A mode that can be tried."""

    mode: Mode

    @property
    def world(self) -> World:
        """The stage behind it."""

    def play(self, calls: Sequence[Call]) -> Puts:
        """Put every call at its moment, however slow the answers are."""

    def rest(self, trips: Collection[str], patience: float = PATIENCE) -> list[str]:
        """Wait until these trips are at an end and no message is left; answers those that are not in time."""

    def heard(self) -> list[Heard]:
        """What was heard since the last time; nothing where there is no clock to trust."""


class EngineArena:
    """`Arena` on a stage of the local engine."""

    def __init__(self, mode: Mode, world: LocalWorld, stopwatch: Stopwatch | None = None) -> None:
        self.mode = mode
        self.world = world
        self.stopwatch = stopwatch

    def play(self, calls: Sequence[Call]) -> Puts:
        start = time.time() + 0.1
        with ThreadPoolExecutor(CLIENTS) as clients:
            puts = []
            for call in sorted(calls):
                time.sleep(max(0.0, start + call.at - time.time()))
                puts.append(((call.trip_id, call.detail_type), clients.submit(self._put, call, start + call.at)))
            return {key: put.result() for key, put in puts}

    def rest(self, trips: Collection[str], patience: float = PATIENCE) -> list[str]:
        end, waiting = time.monotonic() + patience, list(trips)
        while waiting:
            if over(self.world.known(waiting[-1])):  # one look at a time: looking is work for the engine too
                waiting.pop()
            elif time.monotonic() > end:
                return still_open(self.world, waiting)
            else:
                time.sleep(PAUSE)
        try:
            self.world.settle()
        except WorldError:
            return still_open(self.world, trips)
        return []

    def heard(self) -> list[Heard]:
        return self.stopwatch.read() if self.stopwatch else []

    def _put(self, call: Call, due: float) -> Put:
        late = time.time() - due
        self.world.put(dict(call.detail), call.detail_type)
        return Put(due, max(0.0, late))


class MemoryArena:
    """`Arena` in memory: what it tells of order and outcome is true, of time nothing."""

    def __init__(self, mode: Mode, world: MemoryWorld) -> None:
        self.mode = mode
        self.world = world

    def play(self, calls: Sequence[Call]) -> Puts:
        puts = {}
        for number, call in enumerate(sorted(calls)):
            self.world.put(dict(call.detail), call.detail_type)
            puts[call.trip_id, call.detail_type] = Put(self.world.now.timestamp(), 0.0)
            if number % CLIENTS == 0:
                self.world.settle()
        return puts

    def rest(self, trips: Collection[str], patience: float = PATIENCE) -> list[str]:
        self.world.settle()
        waiting = still_open(self.world, trips)
        if waiting:
            self.world.wait_until(self.world.now + timedelta(seconds=patience))
        return waiting

    def heard(self) -> list[Heard]:
        return []


def still_open(world: World, trips: Collection[str]) -> list[str]:
    """Those that have not come to an end, or whose end nobody announced yet."""
    return [trip for trip in trips if not over(world.known(trip))]


def over(known: Known) -> bool:
    """Whether a trip has an outcome that was announced."""
    return known.summary is not None and known.summary.status.ended and known.summary.announced is not None
