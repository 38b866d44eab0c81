"""Percentiles, and how far to believe them."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.compare.statistics import percentile, spread


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 3.0), (0.75, 4.0), (0.875, 4.5), (1.0, 5.0)])
def test_a_percentile_lies_between_its_neighbours(share: float, value: float) -> None:
    assert percentile([1, 2, 3, 4, 5], share) == value


def test_no_sample_has_no_percentiles() -> None:
    assert spread([]) is None


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=50))
def test_an_interval_holds_no_value_outside_of_its_sample(values: list[float]) -> None:
    found = spread(values)
    assert found is not None
    assert found.size == len(values)
    for estimate in (found.p50, found.p95, found.p99):
        assert min(values) <= estimate.low <= estimate.high <= max(values)
    assert found.p50.value <= found.p95.value <= found.p99.value


def test_the_same_seed_gives_the_same_intervals() -> None:
    values = [Random(1).gauss(100, 10) for _ in range(100)]
    assert spread(values, seed=5) == spread(values, seed=5)


def test_nineteen_of_twenty_intervals_hold_the_true_median() -> None:
    """Of 200 samples with a known median; the bootstrap's intervals are a little too narrow, so 88 % will do."""
    chance, hits = Random(11), 0
    for _ in range(200):
        found = spread([chance.expovariate(1.0) for _ in range(60)], seed=1)
        assert found is not None
        hits += found.p50.low <= 0.6931 <= found.p50.high
    assert hits >= 176


def test_a_larger_sample_leaves_less_doubt() -> None:
    chance = Random(2)
    small, large = (spread([chance.gauss(100, 10) for _ in range(size)]) for size in (20, 500))
    assert small is not None
    assert large is not None
    assert large.p50.high - large.p50.low < small.p50.high - small.p50.low
