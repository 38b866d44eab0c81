"""The large stage on a terminal: latency, what breaks first, where messages wait, cost. All of it is simulated."""

from collections.abc import Sequence

from console.compare.figures import dollars
from console.screen import Screen
from sandbox.metering.counts import (
    EVENTS,
    GB_SECONDS,
    INVOCATIONS,
    QUEUE_REQUESTS,
    READ_UNITS,
    TRANSITIONS,
    WRITE_UNITS,
)
from sandbox.simulate.scale import Ran, Results, Times

TIGHTEST = 6
"""Limits shown of each mode."""
METERS = {
    EVENTS: "events",
    QUEUE_REQUESTS: "queues",
    INVOCATIONS: "calls",
    GB_SECONDS: "time",
    WRITE_UNITS: "writes",
    READ_UNITS: "reads",
    TRANSITIONS: "states",
}


def say(screen: Screen, found: Results) -> None:
    """In the order in which one asks."""
    pace = "pessimistic" if found.pessimistic else "today's"
    screen.say(
        f"{found.rate:,.0f} trips/s for {found.minutes:g} virtual minutes, seed {found.seed}, {pace} latencies: {found.label}."
    )
    screen.say("Every latency and quota with its source: sandbox/simulate/assumptions.json")
    _latency(screen, found)
    _breaks(screen, found)
    _loads(screen, found)
    _cost(screen, found)
    _contention(screen, found)


def _latency(screen: Screen, found: Results) -> None:
    _title(screen, "Request to outcome, seconds: p50 / p95 / p99 (simulated)")
    for mode in _modes(found):
        runs = [it for it in found.runs if it.mode == mode]
        rows = [
            (outcome, *(_seconds(_of(run, outcome)) for run in runs))
            for outcome in (it.outcome for it in runs[0].times)
        ]
        last = ("trips open at the end", *(f"{it.open:,.0f}" for it in runs))
        lost = ("trips with a parked message", *(f"{it.lost:,.0f}" for it in runs))
        screen.table((f"{mode}!", *(f"{it.case}!" for it in runs)), [*rows, last, lost])
        screen.say()


def _breaks(screen: Screen, found: Results) -> None:
    _title(screen, "What breaks first: the trips a second that each limit bears (computed)")
    rows = [
        (mode if place == 0 else "", f"{it.rate:,.0f}", f"{it.value:,.0f}", f"{it.per_trip:.2f}", it.limit)
        for mode, limits in found.breaks.items()
        for place, it in enumerate(limits[:TIGHTEST])
    ]
    screen.table(("mode!", "trips/s#", "there are#", "a trip takes#", "limit"), rows)
    screen.say("The cures, of those that bear less than was asked for:")
    limits = {(it.cure, it.limit): it for each in found.breaks.values() for it in each if it.rate < found.rate}
    for cure in dict.fromkeys(cure for cure, _ in limits):
        needed = {it.limit: it.per_trip * found.rate for (its, _), it in limits.items() if its == cure}
        told = ", ".join(f"{limit} to {amount:,.0f}" for limit, amount in needed.items())
        screen.say(f"  {cure}: {told}")


def _loads(screen: Screen, found: Results) -> None:
    _title(screen, "Most at once, and what was refused (simulated)")
    for case in ("default quotas", "raised quotas"):
        rows: list[Sequence[object]] = []
        for run in (it for it in found.runs if it.case == case):
            rows += [
                (
                    run.mode if place == 0 else "",
                    it.function,
                    *(f"{value:,.0f}" for value in (it.concurrency, it.backlog, it.refused, it.parked)),
                )
                for place, it in enumerate(run.loads)
            ]
        screen.table(
            (f"{case}!", "function!", "functions#", "messages waiting#", "refused deliveries#", "parked#"), rows
        )
        for run in (it for it in found.runs if it.case == case):
            if told := _refusals(run):
                screen.say(f"  {run.mode}: {told}", "yellow")
        screen.say()


def _cost(screen: Screen, found: Results) -> None:
    _title(screen, "US dollars for a million trips (computed from simulated operations, without logs)")
    screen.say(found.prices)
    rows = [
        (it.mode, it.case, *(dollars(it.per_million[meter]) for meter in METERS), dollars(sum(it.per_million.values())))
        for it in found.runs
        if it.case != "default quotas"
    ]
    screen.table(("mode!", "!", *(f"{name}#" for name in METERS.values()), "all#"), rows)


def _contention(screen: Screen, found: Results) -> None:
    _title(screen, "Trips that want one and the same stock item (computed)")
    rows = [(f"{it.rate:,.0f}", f"{it.collide:.1%}", f"{it.given_back:.2%}") for it in found.contention]
    screen.table(("trips/s for it#", "tries that collide#", "messages delivered again#"), rows)


def _refusals(run: Ran) -> str:
    refused = [f"{name} {count:,.0f} times" for name, count in run.refusals.items()]
    delayed = [f"{name} by up to {seconds:,.1f} s" for name, seconds in run.delayed.items()]
    return "; ".join(
        f"{what}: {', '.join(told)}" for what, told in (("refused by", refused), ("delayed", delayed)) if told
    )


def _of(run: Ran, outcome: str) -> Times:
    return next(it for it in run.times if it.outcome == outcome)


def _seconds(it: Times) -> str:
    if it.p50 is None:
        return "none ended"
    return " / ".join(_short(value) for value in (it.p50, it.p95, it.p99) if value is not None)


def _short(seconds: float) -> str:
    return f"{seconds:,.0f}" if seconds >= 100 else f"{seconds:.1f}" if seconds >= 10 else f"{seconds:.2f}"


def _modes(found: Results) -> list[str]:
    return list(dict.fromkeys(it.mode for it in found.runs))


def _title(screen: Screen, title: str) -> None:
    screen.say()
    screen.say(title, "bold")
