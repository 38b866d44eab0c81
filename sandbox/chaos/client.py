"""The clients of a stage in trouble: they put until somebody has taken it, and see to what nobody knows of.

Until its deadline a trip of which nothing is heard is requested again: the same request is always safe. Afterwards it would be
rejected, and a booking that nobody ever told of would stay held; so then the client cancels, which is accepted always.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime
from threading import Event, Thread
from typing import Final, NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from infra.catalog import CANCEL_REQUESTED, OBSERVER
from sandbox.compare.arena import CLIENTS, Call
from sandbox.compare.workload import Order
from sandbox.engine.engine import EngineError
from sandbox.local_world import LocalWorld, WorldError
from sandbox.world import Inbox
from shared.observer.standing import Known

UNREACHABLE = (BotoCoreError, ClientError, EngineError, OSError, WorldError)
"""What a client meets while the power is off."""
PATIENCE, PAUSE = 90.0, 0.2
"""Seconds that a client goes on trying, and waits in between."""
ANSWER_SECONDS = 10.0
"""How long a client waits for any sign of its trip before it puts something again."""
LOOK_SECONDS = 3.0
TICK_SECONDS = 2.0
"""Between two ticks of the observer's clock; a deployed stage's own ticks once a minute."""

WATCH: Final = Inbox(OBSERVER, "watch")
MOST_TICKS: Final = 3
"""Ticks under way; one alone could be a dead worker's, which comes again only after its visibility timeout."""

T = TypeVar("T")


def insist(do: Callable[[], T]) -> T:
    """Do it, again and again while the engine cannot be reached; the last error if it takes too long."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return do()
        except UNREACHABLE:
            if time.monotonic() > end:
                raise
            time.sleep(PAUSE)


def play(world: LocalWorld, calls: Sequence[Call], start: float) -> None:
    """Put every call at its moment after the start (of the monotonic clock), however slow the answers are."""
    with ThreadPoolExecutor(CLIENTS) as clients:
        puts = []
        for call in sorted(calls, key=lambda call: call.at):
            time.sleep(max(0.0, start + call.at - time.monotonic()))
            puts.append(clients.submit(insist, lambda call=call: world.put(dict(call.detail), call.detail_type)))
        for put in puts:
            put.result()


class Asked(NamedTuple):
    """One trip as its client asked for it. `due`: seconds after the start."""

    world: LocalWorld
    order: Order
    calls: tuple[Call, ...]

    @property
    def trip_id(self) -> str:
        return self.calls[0].trip_id

    @property
    def known(self) -> Known:
        return self.world.known(self.trip_id)

    @property
    def deadline(self) -> datetime:
        return datetime.fromisoformat(self.calls[0].detail["deadline"])


class Worry:
    """Looks after trips of which nothing is heard. `repeated` and `withdrawn` count the requests and cancels that it put."""

    def __init__(self, asked: Sequence[Asked], start: float) -> None:
        self.repeated = self.withdrawn = 0
        self._silent = {it.trip_id: (it, start + it.order.at + ANSWER_SECONDS, ANSWER_SECONDS) for it in asked}
        """With the moment (of the monotonic clock) of the next look, and how long the client waited for it."""

    def look(self) -> None:
        """Put once more whatever has been silent for too long; with each time the client waits twice as long."""
        now = time.monotonic()
        due = [(trip, *told) for trip, told in self._silent.items() if told[1] < now]
        for trip, it, _, waited in due:
            if it.known.noted:
                del self._silent[trip]
            else:
                self._put(it)
                self._silent[trip] = (it, now + 2 * waited, 2 * waited)

    def _put(self, it: Asked) -> None:
        if it.world.now < it.deadline:
            it.world.put(dict(it.calls[0].detail))
            self.repeated += 1
        else:
            it.world.put({"tripId": it.trip_id}, CANCEL_REQUESTED)
            self.withdrawn += 1


@contextmanager
def worrying(worry: Worry) -> Iterator[None]:
    """It looks again and again."""
    with _again_and_again(worry.look, LOOK_SECONDS):
        yield


@contextmanager
def ticking(worlds: Sequence[LocalWorld]) -> Iterator[None]:
    """The observers' clocks tick often."""

    def tick() -> None:
        for world in worlds:
            if len(world.waiting(WATCH)) < MOST_TICKS:  # a busy machine would choke on ticks alone
                world.tick()

    with _again_and_again(tick, TICK_SECONDS):
        yield


@contextmanager
def _again_and_again(do: Callable[[], None], pause: float) -> Iterator[None]:
    """Do it in the background, with pauses; what cannot be reached now is tried next time."""
    over = Event()

    def go_on() -> None:
        while not over.wait(pause):
            with suppress(*UNREACHABLE):
                do()

    thread = Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
