"""A function, the queue before it if there is one, and every message on its way there."""

from dataclasses import dataclass, field

import numpy as np

from sandbox.simulate.assumptions import Floats
from sandbox.simulate.network import Ints


@dataclass
class Station:
    """A function, its queue if it has one, and the messages on their way to it or waiting."""

    ready: Floats = field(default_factory=lambda: np.empty(0))
    slot: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    visit: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    tries: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    busy_since: float = -1.0
    warm: float = 0.0
    """Environments that were started."""
    messages: float = 0.0
    handled: float = 0.0
    """Deliveries, the refused ones included."""
    requests: float = 0.0
    """To its queue, besides the sends: receives, and deletions or putting off, shared by a batch."""
    invocations: float = 0.0
    function_seconds: float = 0.0
    refused: float = 0.0
    parked: float = 0.0
    concurrency: float = 0.0
    """The most at once."""
    backlog: float = 0.0
    """The most that waited: past their moment, or put off."""
    series: list[tuple[float, float]] = field(default_factory=list)
    """Moments, and how many waited."""

    def add(self, ready: Floats, slot: Ints, visit: Ints, tries: Ints) -> None:
        self.ready = np.concatenate([self.ready, ready])
        self.slot = np.concatenate([self.slot, slot])
        self.visit = np.concatenate([self.visit, visit])
        self.tries = np.concatenate([self.tries, tries])

    def take(self, before: float) -> tuple[Floats, Ints, Ints, Ints]:
        """Take out what is ready by then, the earliest first."""
        due = self.ready < before
        order = np.argsort(self.ready[due], kind="stable")
        taken = (self.ready[due][order], self.slot[due][order], self.visit[due][order], self.tries[due][order])
        self.ready, self.slot, self.visit, self.tries = (
            it[~due] for it in (self.ready, self.slot, self.visit, self.tries)
        )
        return taken

    def put_off(self, weight: float) -> float:
        """Messages that were refused and wait, hidden, to be delivered again."""
        return float(np.count_nonzero(self.tries)) * weight

    def note(self, now: float, weight: float) -> None:
        """Keep how many wait: past their moment, or put off."""
        waiting = float(np.count_nonzero((self.ready <= now) | (self.tries > 0))) * weight
        self.backlog = max(self.backlog, waiting)
        self.series.append((now, waiting))
