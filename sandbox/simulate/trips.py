"""The trips under way: when each began, and what the observer still waits for to know its outcome."""

from collections.abc import Mapping

import numpy as np

from sandbox.simulate.assumptions import Floats
from sandbox.simulate.histogram import Histogram
from sandbox.simulate.network import Ints, Network


class Trips:
    """Slots for trips, used again once an outcome is known."""

    def __init__(self, network: Network) -> None:
        self.latencies: Mapping[str, Histogram] = {name: Histogram() for name in network.outcomes}
        self.asked = np.zeros(len(network.outcomes))
        """By outcome, the entries that began."""
        self.lost = 0.0
        """Trips of which a message was given up."""
        self._network = network
        self._began = np.empty(0)
        self._latest = np.empty(0)
        self._course = np.empty(0, dtype=np.int64)
        self._left = np.empty(0, dtype=np.int64)
        self._broken = np.empty(0, dtype=bool)
        self._free = np.empty(0, dtype=np.int64)

    @property
    def under_way(self) -> int:
        """The entries whose outcome is not known."""
        return len(self._began) - len(self._free)

    def begin(self, at: Floats, course: Ints) -> Ints:
        """Slots for new trips."""
        self._grow(len(at))
        slots, self._free = self._free[: len(at)], self._free[len(at) :]
        self._began[slots], self._latest[slots], self._course[slots] = at, at, course
        self._left[slots], self._broken[slots] = self._network.wanted[course], False
        self.asked += np.bincount(course, minlength=len(self.asked))
        return slots

    def count_from(self, slots: Ints, at: Floats) -> None:
        """Count the outcome from here: the client's cancel."""
        self._began[slots] = at
        self._latest[slots] = at

    def known(self, slots: Ints, at: Floats, weight: float) -> None:
        """The observer learnt something that it needs."""
        np.maximum.at(self._latest, slots, at)
        self._less(slots, np.ones(len(slots), dtype=np.int64), weight)

    def lose(self, slots: Ints, facts: Ints, weight: float) -> None:
        """A message was given up: the facts that would have followed never come. Some would have told nothing new."""
        slots, facts = slots[facts > 0], facts[facts > 0]
        self._broken[slots] = True
        self._less(slots, facts, weight)

    def _less(self, slots: Ints, count: Ints, weight: float) -> None:
        np.subtract.at(self._left, slots, count)
        touched = np.unique(slots)
        ended = touched[self._left[touched] <= 0]
        broken = self._broken[ended]
        self.lost += float(broken.sum()) * weight
        well = ended[~broken]
        for place, name in enumerate(self._network.outcomes):
            mine = well[self._course[well] == place]
            if len(mine):
                self.latencies[name].add(self._latest[mine] - self._began[mine], weight)
        self._free = np.concatenate([self._free, ended])

    def _grow(self, count: int) -> None:
        lacking = count - len(self._free)
        if lacking <= 0:
            return
        more, before = max(lacking, 1024), len(self._began)
        self._began, self._latest = (np.concatenate([it, np.zeros(more)]) for it in (self._began, self._latest))
        self._course, self._left = (
            np.concatenate([it, np.zeros(more, dtype=np.int64)]) for it in (self._course, self._left)
        )
        self._broken = np.concatenate([self._broken, np.zeros(more, dtype=bool)])
        self._free = np.concatenate([self._free, np.arange(before, before + more)])
