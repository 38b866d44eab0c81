"""A function, the queue before it if there is one, and every message on its way there."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from sandbox.simulate.assumptions import Floats
from sandbox.simulate.network import Flags, Ints

_NONE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Messages:
    """Some messages: when each may be taken up, of which trip (its slot), for which visit, how often it was refused."""

    ready: Floats = field(default_factory=lambda: np.empty(0))
    slot: Ints = field(default_factory=lambda: _NONE)
    visit: Ints = field(default_factory=lambda: _NONE)
    tries: Ints = field(default_factory=lambda: _NONE)

    def __len__(self) -> int:
        return len(self.ready)

    def only(self, which: Flags | Ints | slice) -> Self:
        """Those of them."""
        return type(self)(self.ready[which], self.slot[which], self.visit[which], self.tries[which])

    def held(self, until: float) -> Self:
        """The same, no sooner than then."""
        return type(self)(np.maximum(self.ready, until), self.slot, self.visit, self.tries)

    def and_those(self, other: Self) -> Self:
        """Both together."""
        mine = (self.ready, self.slot, self.visit, self.tries)
        others = (other.ready, other.slot, other.visit, other.tries)
        return type(self)(*(np.concatenate(pair) for pair in zip(mine, others, strict=True)))


@dataclass(slots=True)
class Station:
    """Its messages, and what is counted. Quantities are of trips' messages, each entry times its weight."""

    waiting: Messages = field(default_factory=Messages)
    busy_since: float | None = None
    warm: float = 0.0
    """Environments that were started."""
    sent: float = 0.0
    handled: float = 0.0
    """Deliveries, the refused ones included."""
    requests: float = 0.0
    """To its queue besides the sends: receives, and deletions or putting off, shared by a batch."""
    invocations: float = 0.0
    seconds: float = 0.0
    """Of functions running."""
    refused: float = 0.0
    parked: float = 0.0
    concurrency: float = 0.0
    """The most at once."""
    backlog: float = 0.0
    """The most that waited: past their moment, or put off."""
    series: list[tuple[float, float]] = field(default_factory=list)
    """Moments, and how many waited."""

    def add(self, messages: Messages) -> None:
        """These are on their way here."""
        self.waiting = self.waiting.and_those(messages)

    def take(self, before: float) -> Messages:
        """Take out what is ready by then, the earliest first."""
        due = self.waiting.ready < before
        taken = self.waiting.only(due)
        self.waiting = self.waiting.only(~due)
        return taken.only(np.argsort(taken.ready, kind="stable"))

    def put_off(self, now: float, weight: float) -> float:
        """Messages that were refused and are hidden until they may be delivered again: in flight, as SQS counts."""
        return float(np.count_nonzero((self.waiting.tries > 0) & (self.waiting.ready > now))) * weight

    def note(self, now: float, weight: float) -> None:
        """Keep how many wait."""
        late = (self.waiting.ready <= now) | (self.waiting.tries > 0)
        waits = float(np.count_nonzero(late)) * weight
        self.backlog = max(self.backlog, waits)
        self.series.append((now, waits))
