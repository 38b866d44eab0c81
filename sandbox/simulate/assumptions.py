"""What is assumed of AWS: `assumptions.json`, one dated file with the source of each figure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

FILE: Final = Path(__file__).with_name("assumptions.json")
PESSIMISTIC: Final = "_pessimistic"
"""The older, slower figure of a hop has this behind its name."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Latency:
    """A distribution by its quantiles; between two of them it is even, and it ends at the outermost ones."""

    what: str
    source: str
    shares: tuple[float, ...]
    seconds: tuple[float, ...]

    def at(self, share: float) -> float:
        """The time within which so many of all are done."""
        return float(np.interp(share, self.shares, self.seconds))

    def draw(self, chance: np.random.Generator, count: int) -> Floats:
        """So many of them."""
        drawn: Floats = np.interp(chance.random(count), self.shares, self.seconds)
        return drawn

    @property
    def mean(self) -> float:
        """The mean of what is drawn."""
        shares = np.array([0.0, *self.shares, 1.0])
        seconds = np.array([self.seconds[0], *self.seconds, self.seconds[-1]])
        return float(np.sum(np.diff(shares) * (seconds[1:] + seconds[:-1]) / 2))


@dataclass(frozen=True, slots=True)
class Quota:
    """A limit: so many at once, or so many a second with a burst on top."""

    what: str
    value: float
    burst: float
    cure: str
    source: str


@dataclass(frozen=True)
class Assumptions:
    """All of it."""

    as_of: str
    region: str
    latencies: Mapping[str, Latency]
    quotas: Mapping[str, Quota]


@cache
def load(*, pessimistic: bool = False) -> Assumptions:
    """The assumptions; with the slower figure of each hop that has one, if wanted."""
    told = json.loads(FILE.read_text())
    latencies = {name: _latency(each) for name, each in told["latencies_ms"].items()}
    slower = {name.removesuffix(PESSIMISTIC): each for name, each in latencies.items() if name.endswith(PESSIMISTIC)}
    usual = {name: each for name, each in latencies.items() if not name.endswith(PESSIMISTIC)}
    return Assumptions(
        as_of=told["as_of"],
        region=told["region"],
        latencies={**usual, **slower} if pessimistic else usual,
        quotas={name: _quota(each) for name, each in told["quotas"].items()},
    )


def _latency(told: Mapping[str, Any]) -> Latency:
    shares, values = zip(
        *sorted((float(share), float(value) / 1000) for share, value in told["quantiles"].items()), strict=True
    )
    return Latency(told["what"], told["source"], shares, values)


def _quota(told: Mapping[str, Any]) -> Quota:
    value = float(told.get("per_second", told.get("value")))
    burst = float(told.get("burst", value))
    return Quota(told["what"], value, burst, told.get("cure", ""), told["source"])
