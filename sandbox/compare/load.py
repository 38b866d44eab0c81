"""How much a mode bears: a burst and the time it takes to drain, and the rate that it keeps up with."""

import statistics
from collections.abc import Sequence

import msgspec

from infra.catalog import OUTCOMES
from sandbox.compare.arena import EngineArena
from sandbox.compare.runner import Report, calls_of, in_turns, mark_of
from sandbox.compare.workload import CONFIRMED, Mix, Order, deal

ALL_GOOD = Mix(shares={CONFIRMED: 1})
AT_ONCE = 1000.0
"""Trips a second that no laptop serves: a burst."""
SHARES = (0.5, 0.7, 0.85, 1.0)
"""Of the burst's throughput: the rates that are tried, one after the other."""
BOUND = 1.0
"""Seconds that the last outcome may come after the last arrival, if a rate is to count as sustained."""


class Throughput(msgspec.Struct, frozen=True, kw_only=True):
    """What a mode bears. Rates are trips a second, times seconds."""

    mode: str
    burst: int
    drained: list[float]
    """Of each burst: from its first request to its last outcome."""
    per_second: float
    """Of a burst: the median."""
    sustained: float
    """The highest rate tried that it kept up with; 0: none of them."""
    tried: list[tuple[float, float]]
    """Each rate tried, and how long after the last arrival the last outcome came."""


def throughput(  # noqa: PLR0913 - what a trial is made of
    arenas: Sequence[EngineArena], *, burst: int, rounds: int, seconds: float, seed: int, report: Report
) -> list[Throughput]:
    """Bursts in turns, then rising rates until one is too much."""
    drained: dict[str, list[float]] = {arena.mode.name: [] for arena in arenas}
    for number in range(rounds):
        for arena in in_turns(arenas, number):
            orders = deal(ALL_GOOD, burst, AT_ONCE, seed + number)
            first, _, last = _play(arena, orders, "burst", number)
            drained[arena.mode.name].append(last - first)
            report(f"{arena.mode.name}: a burst of {burst} trips")
    return [_sustained(arena, burst, drained[arena.mode.name], seconds, seed, report) for arena in arenas]


def _sustained(  # noqa: PLR0913, PLR0917 - what a trial is made of
    arena: EngineArena, burst: int, drained: list[float], seconds: float, seed: int, report: Report
) -> Throughput:
    most = burst / statistics.median(drained)
    tried: list[tuple[float, float]] = []
    for share in SHARES:
        rate = most * share
        orders = deal(ALL_GOOD, max(2, round(rate * seconds)), rate, seed)
        _, arrived, last = _play(arena, orders, "rate", len(tried))
        tried.append((rate, last - arrived))
        report(f"{arena.mode.name}: {rate:.0f} trips a second for {seconds:g} s")
        if last - arrived > BOUND:
            break
    return Throughput(
        mode=arena.mode.name,
        burst=burst,
        drained=drained,
        per_second=most,
        sustained=max((rate for rate, behind in tried if behind <= BOUND), default=0.0),
        tried=tried,
    )


def _play(arena: EngineArena, orders: Sequence[Order], phase: str, number: int) -> tuple[float, float, float]:
    """First arrival, last arrival, last outcome, in seconds since 1970."""
    mark = mark_of(arena, phase, number)
    puts = arena.play([call for order in orders for call in calls_of(order, arena, mark)])
    arena.rest([trip for trip, _ in puts])
    due = [put.due for put in puts.values()]
    ends = [it.at for it in arena.heard() if it.detail_type in OUTCOMES]
    return min(due), max(due), max(ends, default=max(due))
