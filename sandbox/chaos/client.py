"""The clients of a stage in trouble: they put until the bus has taken it, and never again; and the clock that ticks for it."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event, Thread
from typing import Final, NamedTuple, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from infra.catalog import OBSERVER
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
    """One trip as its client asked for it."""

    world: LocalWorld
    order: Order
    calls: tuple[Call, ...]

    @property
    def trip_id(self) -> str:
        return self.calls[0].trip_id

    @property
    def known(self) -> Known:
        return self.world.known(self.trip_id)


@contextmanager
def ticking(worlds: Sequence[LocalWorld]) -> Iterator[None]:
    """The observers' clocks tick often, in the background; while the engine cannot be reached they miss a tick."""
    over = Event()

    def go_on() -> None:
        while not over.wait(TICK_SECONDS):
            for world in worlds:
                with suppress(*UNREACHABLE):
                    if len(world.waiting(WATCH)) < MOST_TICKS:  # a busy machine would choke on ticks alone
                        world.tick()

    thread = Thread(target=go_on, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
