"""Percentiles with the uncertainty that their sample leaves."""

import random
from collections.abc import Sequence
from typing import NamedTuple

RESAMPLES = 400
CONFIDENCE = 0.95


class Estimate(NamedTuple):
    """A percentile, and the interval that holds it with 95 % confidence (bootstrap)."""

    value: float
    low: float
    high: float


class Spread(NamedTuple):
    """A sample in four figures. `p99` of fewer than a hundred is little more than the maximum."""

    size: int
    p50: Estimate
    p95: Estimate
    p99: Estimate


def spread(values: Sequence[float], seed: int = 0) -> Spread | None:
    """The percentiles of a sample, each with its interval; None for no sample. The same for the same seed."""
    if not values:
        return None
    ordered = sorted(values)
    chance = random.Random(seed)  # noqa: S311 - a resampling, no secret
    resamples = [sorted(chance.choices(ordered, k=len(ordered))) for _ in range(RESAMPLES)]
    found = (_estimate(ordered, resamples, share) for share in (0.50, 0.95, 0.99))
    return Spread(len(ordered), *found)


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which that share of a sorted sample lies, between neighbours in proportion."""
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _estimate(ordered: Sequence[float], resamples: Sequence[Sequence[float]], share: float) -> Estimate:
    found = sorted(percentile(resample, share) for resample in resamples)
    tail = (1 - CONFIDENCE) / 2
    return Estimate(percentile(ordered, share), percentile(found, tail), percentile(found, 1 - tail))
