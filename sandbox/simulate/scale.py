"""A large stage on paper: each mode at a rate, with default quotas, with raised ones, and quiet; what breaks first; what it costs."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
import numpy as np

from infra.prices import Prices
from infra.stages import PROD
from sandbox.compare.workload import CANCELLED, CONFIRMED, Mix
from sandbox.metering.cost import MILLION, PRICED
from sandbox.metering.counts import (
    EVENTS,
    GB_SECONDS,
    INVOCATIONS,
    QUEUE_REQUESTS,
    READ_UNITS,
    TRANSITIONS,
    WRITE_UNITS,
)
from sandbox.simulate.assumptions import load
from sandbox.simulate.breaks import Break, Contention, breaks, contention
from sandbox.simulate.flow import Demand, Flow
from sandbox.simulate.network import network
from sandbox.world import TASK

QUIET_RATE: Final = 5.0
"""Trips a second at which nothing is in the way."""
QUIET_MINUTES: Final = 10.0
ON_ONE_ITEM: Final = (1.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Trips a second that want one and the same stock item."""
SHARES: Final = (0.50, 0.95, 0.99)

Report = Callable[[str, int, int], None]
"""Told each step: what, how many are done, of how many."""


class Times(msgspec.Struct, frozen=True, kw_only=True):
    """Seconds from the request (or the cancel) until the observer announces this outcome."""

    outcome: str
    asked: float
    ended: float
    p50: float | None
    p95: float | None
    p99: float | None


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """One function and its queue. All but the last two are messages."""

    function: str
    handled: float
    refused: float
    parked: float
    backlog: float
    """The most that waited at once."""
    concurrency: float
    """The most functions at once."""
    series: list[tuple[float, float]]
    """Seconds, and how many waited."""


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """One mode under one demand."""

    mode: str
    case: str
    times: list[Times]
    loads: list[Load]
    refusals: dict[str, float]
    """By what refused them, messages or calls."""
    delayed: dict[str, float]
    """The longest delay in seconds, by what AWS delays instead of refusing."""
    open: float
    """Trips without a known outcome when the run ended."""
    lost: float
    """Trips of which a message was given up: an operator's, or the deadline's."""
    per_million: dict[str, float]
    """US dollars for a million trips that were asked for, by meter."""


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """What was simulated, and what came of it."""

    label: str
    date: str
    rate: float
    minutes: float
    seed: int
    pessimistic: bool
    shares: dict[str, float]
    prices: str
    runs: list[Ran]
    breaks: dict[str, list[Break]]
    contention: list[Contention]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What to simulate."""

    modes: Sequence[str]
    rate: float
    minutes: float
    mix: Mix
    prices: Prices
    seed: int = 1
    pessimistic: bool = False


CASES: Final = ("quiet", "default quotas", "raised quotas")


def simulate(asked: Asked, report: Report) -> Results:
    """Every mode in every case."""
    assumed, shares = load(pessimistic=asked.pessimistic), shares_of(asked.mix)
    runs: list[Ran] = []
    networks = {mode: network(mode) for mode in asked.modes}
    for mode in asked.modes:
        for case in CASES:
            report(f"{mode}, {case}", len(runs), len(asked.modes) * len(CASES))
            rate, minutes = (QUIET_RATE, QUIET_MINUTES) if case == "quiet" else (asked.rate, asked.minutes)
            demand = Demand(rate=rate, seconds=minutes * 60, shares=shares, seed=asked.seed)
            flow = Flow(networks[mode], demand, assumed, raised=case == "raised quotas")
            flow.run()
            runs.append(_ran(flow, case, asked.prices))
    return Results(
        label="simulated on published figures and guesses, not measured",
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        rate=asked.rate,
        minutes=asked.minutes,
        seed=asked.seed,
        pessimistic=asked.pessimistic,
        shares=dict(shares),
        prices=asked.prices.label,
        runs=runs,
        breaks={mode: breaks(networks[mode], shares, assumed, PROD) for mode in asked.modes},
        contention=contention(ON_ONE_ITEM, assumed),
    )


def shares_of(mix: Mix) -> dict[str, float]:
    """A mix of kinds as shares of courses; a cancelled trip is one that is cancelled after its commit."""
    names = {CONFIRMED: "confirmed", CANCELLED: "cancelled after the commit"}
    return {names.get(kind, kind.replace("refused-", "refused at ")): share for kind, share in mix.shares.items()}


def _ran(flow: Flow, case: str, prices: Prices) -> Ran:
    weight, trips = flow.demand.weight, flow.trips
    asked = dict(zip(flow.network.outcomes, (trips.asked * weight).tolist(), strict=True))
    return Ran(
        mode=flow.network.mode,
        case=case,
        times=[_times(flow, outcome, asked[outcome]) for outcome in flow.network.outcomes],
        loads=_loads(flow),
        refusals={name: it.refused * weight for name, it in flow.account.buckets.items() if it.refused},
        delayed={
            name: it.worst
            for name, it in (
                ("EventBridge invocations", flow.account.invocations),
                ("state transitions", flow.account.transitions),
            )
            if it.worst
        },
        open=trips.under_way * weight,
        lost=trips.lost,
        per_million=_per_million(flow, prices),
    )


def _times(flow: Flow, outcome: str, asked: float) -> Times:
    histogram = flow.trips.latencies[outcome]
    p50, p95, p99 = (histogram.percentile(share) for share in SHARES)
    return Times(outcome=outcome, asked=asked, ended=histogram.total, p50=p50, p95=p95, p99=p99)


def _loads(flow: Flow) -> list[Load]:
    return [
        Load(
            function=f"{inbox.service} {inbox.role}",
            handled=it.handled,
            refused=it.refused,
            parked=it.parked,
            backlog=it.backlog,
            concurrency=it.concurrency,
            series=it.series,
        )
        for inbox, it in zip(flow.network.stations, flow.stations, strict=True)
    ]


def operations(flow: Flow) -> Mapping[str, float]:
    """What AWS would have billed for the run, by meter; logs left out."""
    queued = [it for inbox, it in zip(flow.network.stations, flow.stations, strict=True) if inbox.role != TASK]
    account = flow.account
    return {
        EVENTS: flow.events,
        QUEUE_REQUESTS: sum(it.sent + it.requests for it in queued),
        INVOCATIONS: sum(it.invocations for it in flow.stations),
        GB_SECONDS: sum(it.seconds for it in flow.stations) * PROD.memory_mb / 1024,
        WRITE_UNITS: sum(it.taken for it in account.writes.values()),
        READ_UNITS: sum(it.taken for it in account.reads.values()),
        TRANSITIONS: account.transitions.taken,
    }


def _per_million(flow: Flow, prices: Prices) -> dict[str, float]:
    asked = float(np.sum(flow.trips.asked)) * flow.demand.weight
    return {
        meter: count * PRICED[meter][1] * prices[PRICED[meter][0]] / asked * MILLION
        for meter, count in operations(flow).items()
    }
