"""Everything a comparison found, as data: what is written to results.json, and what every report is made from."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import product

import msgspec

from infra.prices import Prices
from sandbox.auditor import Violation
from sandbox.compare.counted import Counted
from sandbox.compare.coupling import Footprint
from sandbox.compare.load import Throughput
from sandbox.compare.resilience import Outage
from sandbox.compare.samples import AFTER, BEFORE, Sample
from sandbox.compare.simulation import Simulated
from sandbox.compare.statistics import Spread, spread
from sandbox.compare.workload import CANCELLED, CONFIRMED, REFUSED
from sandbox.metering.cost import MILLION, Tariff, break_even, by_meter, dollars
from sandbox.metering.counts import EXACT, Counts

GROUPS = (CONFIRMED, *REFUSED, BEFORE, AFTER)
OBSERVER_OWNER = "trip"


class Latency(msgspec.Struct, frozen=True, kw_only=True):
    """Percentiles of one mode and outcome, in seconds. `of`: outcome, released (everything given back), or cold."""

    mode: str
    group: str
    of: str
    spread: Spread


class Overhead(msgspec.Struct, frozen=True, kw_only=True):
    """One trip at a time: how long it took, and how much of it the participants' functions ran. Seconds."""

    mode: str
    group: str
    trips: int
    total: float
    handlers: float


class Cost(msgspec.Struct, frozen=True, kw_only=True):
    """A trip of one kind in one mode: billed operations, and US dollars for a million such trips."""

    mode: str
    group: str
    operations: dict[str, float]
    by_meter: dict[str, float]
    observer: float
    """The part of the sum that is the observer's."""

    @property
    def million(self) -> float:
        return sum(self.by_meter.values())


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """A mode's tariff, in US dollars: fixed for thirty days, and for each trip of the mix."""

    mode: str
    lines: dict[str, float]
    trip: float

    @property
    def fixed(self) -> float:
        return sum(self.lines.values())


class BreakEven(msgspec.Struct, frozen=True, kw_only=True):
    """The trips a month at which two modes cost the same; None: one is cheaper at every volume."""

    one: str
    other: str
    trips: float | None


class Broken(msgspec.Struct, frozen=True):
    """An invariant that does not hold, and where."""

    invariant: str
    where: str
    what: str


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """A whole comparison."""

    command: str
    date: str
    modes: list[str]
    plan: dict[str, object]
    surroundings: dict[str, str]
    not_modelled: list[str]
    violations: list[Broken]
    balances: dict[str, dict[str, int]]
    latencies: list[Latency]
    overheads: list[Overhead]
    hot: dict[str, dict[str, float]]
    throughput: list[Throughput]
    prices: str
    costs: list[Cost]
    months: list[Month]
    break_even: list[BreakEven]
    outages: list[Outage]
    simulated: list[Simulated]
    footprints: list[Footprint]
    lines: dict[str, int]
    latest: float
    """The longest that the client was late with a request, in seconds."""
    samples: list[Sample]


def broken(violations: Iterable[Violation]) -> list[Broken]:
    """Violations as data; the same one once."""
    return [Broken(*it) for it in dict.fromkeys(violations)]


def latencies(samples: Sequence[Sample], modes: Sequence[str], seed: int) -> list[Latency]:
    """By outcome, of what is released when, and of functions that never ran. Trips with an injected fault are left out."""
    fair = [it for it in samples if not it.faulty]
    rounds = [it for it in fair if it.phase == "rounds"]
    found = []
    for group, mode in product(GROUPS, modes):
        mine = [it for it in rounds if (it.group, it.mode) == (group, mode)]
        found += _latency(mode, group, "outcome", (it.seconds for it in mine), seed)
        found += _latency(mode, group, "released", (it.release_seconds for it in mine), seed)
    for mode in modes:
        cold = [it for it in fair if (it.phase, it.mode) == ("cold", mode)]
        found += _latency(mode, "the first trips ever", "cold", (it.seconds for it in cold), seed)
    return found


def hot(samples: Sequence[Sample], modes: Sequence[str], seed: int) -> dict[str, dict[str, float]]:
    """What became of the trips that all wanted the same item."""
    found = {}
    for mode in modes:
        mine = [it for it in samples if (it.phase, it.mode) == ("hot", mode)]
        if mine:
            times = spread([it.seconds for it in mine if it.seconds is not None and it.status == "CONFIRMED"], seed)
            found[mode] = {
                "trips": len(mine),
                "confirmed": sum(it.status == "CONFIRMED" for it in mine),
                "no place left": sum(it.reason.endswith("_full") for it in mine),
                "p50": times.p50.value if times else 0.0,
                "p95": times.p95.value if times else 0.0,
            }
    return found


def overheads(counts: Iterable[Counted]) -> list[Overhead]:
    """Medians of the counted trips that go well, beside the time that handlers took: there all run one after the other."""
    found = []
    for it in counts:
        if it.group == CONFIRMED and (times := spread(it.seconds)):
            found.append(
                Overhead(
                    mode=it.mode,
                    group=it.group,
                    trips=it.trips,
                    total=times.p50.value,
                    handlers=it.handler_seconds,
                )
            )
    return found


def costs(counts: Iterable[Counted], prices: Prices) -> list[Cost]:
    """What the counted trips cost."""
    return [_cost(it, prices) for it in counts]


def months(
    costs_of: Sequence[Cost], fixed: Mapping[str, Mapping[str, float]], shares: Mapping[str, float]
) -> list[Month]:
    """Each mode's tariff for the mix of trips. A cancelled trip counts as one cancelled after its commit."""
    whole = sum(shares.values())
    found = []
    for mode, lines in fixed.items():
        million = {it.group: it.million for it in costs_of if it.mode == mode}
        trip = sum(
            share / whole * million[AFTER if kind == CANCELLED else kind] / MILLION for kind, share in shares.items()
        )
        found.append(Month(mode=mode, lines=dict(lines), trip=trip))
    return found


def break_evens(tariffs: Sequence[Month]) -> list[BreakEven]:
    """Between each two modes."""
    pairs = [(one, other) for place, one in enumerate(tariffs) for other in tariffs[place + 1 :]]
    return [
        BreakEven(
            one=one.mode,
            other=other.mode,
            trips=break_even(Tariff(one.fixed, one.trip), Tariff(other.fixed, other.trip)),
        )
        for one, other in pairs
    ]


def _latency(mode: str, group: str, of: str, seconds: Iterable[float | None], seed: int) -> list[Latency]:
    found = spread([value for value in seconds if value is not None], seed)
    return [Latency(mode=mode, group=group, of=of, spread=found)] if found else []


def _cost(it: Counted, prices: Prices) -> Cost:
    per_million = it.per_trip.scaled(MILLION)
    return Cost(
        mode=it.mode,
        group=it.group,
        operations={meter: it.per_trip[meter] for meter in EXACT},
        by_meter=by_meter(per_million, prices),
        observer=dollars(_of_observer(per_million), prices),
    )


def _of_observer(counts: Counts) -> Counts:
    return counts.of(OBSERVER_OWNER)
