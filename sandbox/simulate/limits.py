"""Limits that many share: tokens that flow in at a rate, and a debt that delays where AWS delays instead of refusing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sandbox.simulate.assumptions import Floats


@dataclass
class Bucket:
    """So many a second, and a burst on top; what finds no token is refused. `refused` counts them."""

    rate: float
    burst: float
    level: float = 0.0
    taken: float = 0.0
    """In all."""
    refused: float = 0.0
    peak: float = 0.0
    """The most taken in a second."""
    _start: float = 0.0
    """The level when the step began."""
    _spent: float = 0.0
    _asked: float = 0.0
    _asked_before: float = 0.0

    def __post_init__(self) -> None:
        self.level = self._start = self.burst

    def flow(self, seconds: float) -> None:
        """Time passes: a step begins."""
        self.level = min(max(self.burst, self.rate * seconds), self.level + self.rate * seconds)
        self._start, self._spent = self.level, 0.0
        self._asked_before, self._asked = self._asked, 0.0

    def take(self, wanted: Floats, seconds: float) -> NDArray[np.bool_]:
        """Who of these gets as many tokens as it wants, in a step of so many seconds.

        Where all askers of the step before wanted more than there was, everybody gets a share in proportion.
        """
        total = float(wanted.sum())
        self._asked += total
        fair = self._start * total / max(self._asked_before, total, 1e-9)
        granted = np.cumsum(wanted) <= min(self.level, max(fair, self._start - self._asked_before)) + 1e-9
        spent = float(wanted[granted].sum())
        self.level -= spent
        self._spent += spent
        self.taken += spent
        self.refused += float(np.count_nonzero(~granted & (wanted > 0)))
        self.peak = max(self.peak, self._spent / seconds)
        return granted


@dataclass
class Delay:
    """So many a second; what is more waits its turn."""

    rate: float
    debt: float = 0.0
    taken: float = 0.0
    worst: float = 0.0
    """Seconds of delay, at most."""

    def flow(self, seconds: float) -> None:
        """Time passes."""
        self.debt = max(0.0, self.debt - self.rate * seconds)

    def add(self, count: float, seconds: float) -> float:
        """So many more, in this long a step; answers how many seconds they wait."""
        self.debt += count
        self.taken += count
        wait = max(0.0, self.debt / self.rate - seconds)
        self.worst = max(self.worst, wait)
        return wait
