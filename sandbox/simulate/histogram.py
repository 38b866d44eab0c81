"""Times in bins that grow with them: as many bins for an hour as for a second, however many times are counted."""

from typing import Final

import numpy as np

from sandbox.simulate.assumptions import Floats

LEAST, MOST, BINS = 0.001, 36_000.0, 600
_EDGES: Final[Floats] = np.geomspace(LEAST, MOST, BINS + 1)
"""Three in a hundred from one to the next."""


class Histogram:
    """Counts of seconds."""

    def __init__(self) -> None:
        self._counts = np.zeros(BINS)

    def add(self, seconds: Floats, weight: float) -> None:
        """Count these, each so many times."""
        places = np.clip(np.searchsorted(_EDGES, seconds, side="right") - 1, 0, BINS - 1)
        self._counts += np.bincount(places, minlength=BINS) * weight

    @property
    def total(self) -> float:
        return float(self._counts.sum())

    def percentile(self, share: float) -> float | None:
        """The time within which so many of all are; within a bin in proportion. None of none."""
        if not self.total:
            return None
        sums = np.concatenate([[0.0], np.cumsum(self._counts)]) / self.total
        place = int(np.searchsorted(sums, share, side="left"))
        below, above = sums[place - 1], sums[place]
        part = (share - below) / (above - below) if above > below else 1.0
        return float(_EDGES[place - 1] + (_EDGES[place] - _EDGES[place - 1]) * part)
