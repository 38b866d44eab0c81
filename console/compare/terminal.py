"""The results on a terminal: what decides, in tables that fit; the report has the rest."""

from collections.abc import Sequence
from pathlib import Path

from console.compare.figures import dollars, interval, milliseconds
from console.screen import Screen
from sandbox.compare.correctness import INVARIANTS
from sandbox.compare.results import Results

SHOWN = 5


def say(screen: Screen, found: Results, out: Path) -> None:
    """Correctness first, then the rest."""
    _correctness(screen, found)
    _latency(screen, found)
    _cost(screen, found)
    _outages(screen, found)
    screen.say()
    screen.say(
        f"Reports, with every table and chart: {out / 'report.html'}, {out / 'report.md'}, {out / 'results.json'}"
    )


def _correctness(screen: Screen, found: Results) -> None:
    _title(screen, "Correctness (measured here)")
    sums = ("trips", "CONFIRMED", "FAILED", "CANCELLED", "open", "compensations due", "started", "finished")
    rows = [(mode, *(found.balances[mode][name] for name in sums)) for mode in found.modes]
    screen.table(("mode!", *(f"{name}#" for name in (*sums[:5], "to undo", "started", "undone"))), rows)
    if not found.violations:
        screen.say(f"No violation of {', '.join(INVARIANTS)} in {len(found.samples)} trips.", "green")
    for it in found.violations[:SHOWN]:
        screen.say(f"{it.invariant} ({INVARIANTS.get(it.invariant, '')}) at {it.where}: {it.what}", "red")
    if len(found.violations) > SHOWN:
        screen.say(f"and {len(found.violations) - SHOWN} more", "red")


def _latency(screen: Screen, found: Results) -> None:
    _title(screen, "Request to outcome, ms, with 95 % intervals (measured here: this machine, not AWS)")
    rows: list[Sequence[object]] = [
        (it.group, it.mode, it.spread.size, *map(interval, it.spread[1:3]), milliseconds(it.spread.p99.value))
        for it in found.latencies
        if it.of == "outcome"
    ]
    screen.table(("outcome!", "mode!", "trips#", "p50#", "p95#", "p99#"), rows)
    overhead = {it.mode: it for it in found.overheads}
    _title(screen, "Throughput, and coordination of one trip at a time (measured here)")
    screen.table(
        ("mode!", "burst, trips/s#", "sustained#", "total, ms#", "in handlers#"),
        [
            (
                it.mode,
                f"{it.per_second:.0f}",
                f"{it.sustained:.0f}",
                *(milliseconds(value) for value in (overhead[it.mode].total, overhead[it.mode].handlers)),
            )
            for it in found.throughput
            if it.mode in overhead
        ],
    )


def _cost(screen: Screen, found: Results) -> None:
    _title(screen, "US dollars for a million trips (computed from counted operations, at list price)")
    groups = list(dict.fromkeys(it.group for it in found.costs))
    million = {(it.mode, it.group): dollars(it.million) for it in found.costs}
    rows = [(group, *(million[mode, group] for mode in found.modes)) for group in groups]
    rows.append(("idle stage, 30 days", *(dollars(it.fixed) for it in found.months)))
    screen.table(("trip!", *(f"{mode}#" for mode in found.modes)), rows)


def _outages(screen: Screen, found: Results) -> None:
    _title(
        screen, "While something is stopped: ended meanwhile / stuck / lost, of all; drained in seconds (measured here)"
    )
    rows = []
    for what in dict.fromkeys(it.stopped for it in found.outages):
        mine = {it.mode: it for it in found.outages if it.stopped == what}
        rows.append(
            (
                what,
                *(
                    f"{it.ended_meanwhile}/{it.stuck}/{it.lost} of {it.trips}; {it.drain_seconds:.1f} s"
                    for it in (mine[mode] for mode in found.modes)
                ),
            )
        )
    screen.table(("stopped", *(f"{mode}#" for mode in found.modes)), rows)


def _title(screen: Screen, title: str) -> None:
    screen.say()
    screen.say(title, "bold")
