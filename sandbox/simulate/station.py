"""A function, the queue before it if there is one, and every message on its way there."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final, Self

import numpy as np

from sandbox.simulate.assumptions import Floats
from sandbox.simulate.network import Flags, Ints

NEAR: Final = 30.0
"""Seconds ahead within which messages are looked at in every step; those put off for longer are left alone until then."""

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

    usual: Floats
    """The mean time of each visit, in seconds."""
    soon: Messages = field(default_factory=Messages)
    later: Messages = field(default_factory=Messages)
    """Not ready before the horizon."""
    horizon: float = 0.0
    due: deque[tuple[float, Messages]] = field(default_factory=deque)
    """What is ready and was not taken up yet, with the step in which it came."""
    count: int = 0
    """Entries that are due."""
    work: float = 0.0
    """Seconds that they usually take, all together."""
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
        """These are on their way here: soon, or looked at later."""
        near = messages.ready < self.horizon
        self.soon = self.soon.and_those(messages.only(near))
        self.later = self.later.and_those(messages.only(~near))

    def queue(self, now: float, before: float) -> int:
        """What is ready by then joins those that wait to be taken up, the earliest first; answers how many do."""
        if before > self.horizon:
            self.horizon = before + NEAR
            near = self.later.ready < self.horizon
            self.soon, self.later = self.soon.and_those(self.later.only(near)), self.later.only(~near)
        due = self.soon.ready < before
        arrived = self.soon.only(due)
        self.soon = self.soon.only(~due)
        if len(arrived):
            self.due.append((now, arrived.only(np.argsort(arrived.ready, kind="stable"))))
            self.count += len(arrived)
            self.work += float(self.usual[arrived.visit].sum())
        return self.count

    def take(self, most: int, now: float) -> Messages:
        """Take up so many, the earliest first. Whoever had to wait for this step is taken up at its beginning at the soonest."""
        taken = Messages()
        while most > 0 and self.due:
            since, chunk = self.due.popleft()
            if len(chunk) > most:
                self.due.appendleft((since, chunk.only(slice(most, None))))
                chunk = chunk.only(slice(most))
            most -= len(chunk)
            self.count -= len(chunk)
            self.work -= float(self.usual[chunk.visit].sum())
            taken = taken.and_those(chunk.held(now) if since < now else chunk)
        return taken

    def put_off(self, now: float, weight: float) -> float:
        """Messages that were refused and are hidden until they may be delivered again: in flight, as SQS counts."""
        hidden = (np.count_nonzero((it.tries > 0) & (it.ready > now)) for it in (self.soon, self.later))
        return float(sum(hidden)) * weight

    def note(self, now: float, weight: float) -> None:
        """Keep how many wait."""
        waits = self.count * weight + self.put_off(now, weight)
        self.backlog = max(self.backlog, waits)
        self.series.append((now, waits))
