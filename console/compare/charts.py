"""The charts, drawn from the results: latency, cost, volume, the matrix of outages."""

from collections.abc import Callable, Iterator, Sequence
from math import log10
from random import Random

from console.compare.figures import dollars, milliseconds, short
from console.compare.svg import colour, decades, element, fine_decades, line, nice, picture, text
from sandbox.compare.resilience import AT_ONCE, Outage
from sandbox.compare.results import GROUPS, Cost, Results
from sandbox.compare.samples import Sample

WIDTH, LEFT, RIGHT = 960.0, 210.0, 30.0
ROW, GAP = 20.0, 14.0
METERS = {
    "events": "events",
    "queue_requests": "queue requests",
    "invocations": "invocations",
    "gb_seconds": "function time",
    "write_units": "writes",
    "read_units": "reads",
    "transitions": "state transitions",
    "log_bytes": "logs",
}
VOLUMES = (1e3, 1e8)
"""Trips a month, from and to."""

Scale = Callable[[float], float]


def latency(found: Results) -> str:
    """Every trip a dot, by outcome and mode, on a logarithmic scale; p50 and p95 as bars."""
    samples = [it for it in found.samples if it.phase == "rounds" and not it.faulty and it.seconds]
    groups = [group for group in GROUPS if any(it.group == group for it in samples)]
    if not samples:
        return ""
    times = [it.seconds * 1000 for it in samples if it.seconds]
    ticks = fine_decades(min(times), max(times))
    scale = _log(ticks)
    parts, y = list(_legend(found.modes)), 40.0
    top = y
    for group in groups:
        parts.append(text(LEFT - 12, y + len(found.modes) * ROW / 2 + 4, group, "label", "end"))
        for place, mode in enumerate(found.modes):
            mine = [it for it in samples if (it.group, it.mode) == (group, mode)]
            parts += _dots(mine, y + ROW / 2, scale, colour(place))
            parts += _bars(found, group, mode, y, scale)
            y += ROW
        y += GAP
    return picture(WIDTH, y + 40, [*_grid(ticks, scale, top, y, "ms"), *parts], "Latency by outcome and mode")


def cost(found: Results) -> str:
    """US dollars for a million trips: a bar for each outcome and mode, in parts by meter."""
    if not found.costs:
        return ""
    ticks = nice(max(it.million for it in found.costs))
    scale = _linear(ticks)
    parts, y = list(_meters()), 62.0
    top, before = y, ""
    for it in found.costs:
        if it.group != before:
            y += GAP if before else 0
            parts.append(text(LEFT - 12, y + ROW - 6, it.group, "strong", "end"))
            y += ROW
        parts += _stack(it, y, scale)
        parts.append(text(LEFT - 12, y + ROW - 6, it.mode, "tick", "end"))
        before, y = it.group, y + ROW
    return picture(WIDTH, y + 46, [*_grid(ticks, scale, top, y + 6, "USD"), *parts], "Cost of a million trips by meter")


def volume(found: Results) -> str:
    """US dollars a month against trips a month, both logarithmic; where two lines cross, their costs are equal."""
    if not found.months:
        return ""
    ends = [it.fixed + it.trip * trips for it in found.months for trips in VOLUMES]
    bottom, top = 330.0, 40.0
    xs, ys = decades(*VOLUMES), decades(min(ends), max(ends))
    across, up = _log(xs), _log(ys, bottom, top)
    parts = list(_legend(found.modes))
    for tick in ys:
        parts += [line(LEFT, up(tick), WIDTH - RIGHT, up(tick), "grid")]
        parts += [text(LEFT - 10, up(tick) + 4, f"{tick:,.0f} USD", "tick", "end")]
    for place, it in enumerate(found.months):
        steps = [xs[0] * (xs[-1] / xs[0]) ** (n / 60) for n in range(61)]
        points = " ".join(f"{across(trips):.1f},{up(it.fixed + it.trip * trips):.1f}" for trips in steps)
        parts.append(element("polyline", points=points, css=f"curve {colour(place)}", fill="none"))
    parts += _crossings(found, across, up)
    grid = _grid(xs, across, top, bottom, "trips a month")
    return picture(WIDTH, bottom + 40, [*grid, *parts], "Cost of a month by volume")


def matrix(found: Results) -> str:
    """A row for what is stopped, a column for each mode: how many trips ended meanwhile, and what became of the rest."""
    rows = list(dict.fromkeys(it.stopped for it in found.outages))
    if not rows:
        return ""
    wide, high = (WIDTH - LEFT - RIGHT) / len(found.modes), 58.0
    parts = []
    for column, mode in enumerate(found.modes):
        parts.append(text(LEFT + wide * (column + 0.5), 20, mode, "label", "middle"))
    for place, what in enumerate(rows):
        y = 34 + place * high
        parts.append(text(LEFT - 12, y + high / 2 + 2, what, "label", "end"))
        for column, mode in enumerate(found.modes):
            it = next(each for each in found.outages if (each.stopped, each.mode) == (what, mode))
            x, middle = LEFT + wide * column, LEFT + wide * (column + 0.5)
            css = "bad" if it.lost or it.stuck else "good" if _unhurt(it) else "fair"
            meanwhile = f"{it.ended_meanwhile} of {it.trips} ended meanwhile"
            first = f"{it.by_themselves} of {it.trips} ended by themselves" if what in AT_ONCE else meanwhile
            then = f"{it.lost} lost, {it.stuck} stuck; drained in {it.drain_seconds:.1f} s"
            parts.append(element("rect", x=x + 3, y=y, width=wide - 6, height=high - 6, rx=4, css=f"cell {css}"))
            parts.append(text(middle, y + 22, first if it.present else "has none: nothing to notice", "in", "middle"))
            parts.append(text(middle, y + 40, then, "in small", "middle"))
    return picture(WIDTH, 34 + high * len(rows) + 6, parts, "What is stopped, against mode")


def _unhurt(it: Outage) -> bool:
    return it.trips == (it.by_themselves if it.stopped in AT_ONCE else it.ended_meanwhile)


def _dots(samples: Sequence[Sample], y: float, scale: Scale, css: str) -> Iterator[str]:
    chance = Random(len(samples))  # noqa: S311 - so that dots do not hide each other
    for it in samples:
        at = scale((it.seconds or 0) * 1000)
        yield element("circle", cx=at, cy=y + chance.uniform(-5, 5), r=2.4, css=f"dot {css}")


def _bars(found: Results, group: str, mode: str, y: float, scale: Scale) -> Iterator[str]:
    spreads = [it.spread for it in found.latencies if (it.group, it.mode, it.of) == (group, mode, "outcome")]
    for spread in spreads:
        middle, high = spread.p50.value, spread.p95.value
        told = element("title", f"{mode}: p50 {milliseconds(middle)} ms, p95 {milliseconds(high)} ms")
        bars = line(scale(middle * 1000), y + 2, scale(middle * 1000), y + ROW - 2, "median")
        bars += line(scale(high * 1000), y + 4, scale(high * 1000), y + ROW - 4, "p95")
        yield element("g", told + bars)


def _stack(it: Cost, y: float, scale: Scale) -> Iterator[str]:
    so_far = 0.0
    for place, (meter, name) in enumerate(METERS.items()):
        value = it.by_meter.get(meter, 0.0)
        told = element("title", f"{it.mode}, {it.group}: {name} {dollars(value)} USD")
        width = scale(so_far + value) - scale(so_far)
        yield element("rect", told, x=scale(so_far), y=y + 3, width=width, height=ROW - 6, css=f"m{place}")
        so_far += value
    yield text(scale(so_far) + 6, y + ROW - 6, dollars(so_far), "tick")


def _meters() -> Iterator[str]:
    for place, name in enumerate(METERS.values()):
        x, y = LEFT + (place % 4) * 175, 8 + (place // 4) * 20
        yield element("rect", x=x, y=y, width=12, height=12, css=f"m{place}")
        yield text(x + 18, y + 11, name, "tick")


def _crossings(found: Results, across: Scale, up: Scale) -> Iterator[str]:
    month = {it.mode: it for it in found.months}
    for it in found.break_even:
        if it.trips and VOLUMES[0] <= it.trips <= VOLUMES[1]:
            one = month[it.one]
            x, y = across(it.trips), up(one.fixed + one.trip * it.trips)
            yield element("circle", cx=x, cy=y, r=5, css="crossing")
            yield text(x + 9, y + 16, f"{it.trips:,.0f} trips", "tick")


def _legend(modes: Sequence[str]) -> Iterator[str]:
    x = LEFT
    for place, mode in enumerate(modes):
        yield element("rect", x=x, y=8, width=12, height=12, css=colour(place))
        yield text(x + 18, 19, mode, "tick")
        x += 40 + 7.5 * len(mode)


def _grid(ticks: Sequence[float], scale: Scale, top: float, bottom: float, unit: str) -> Iterator[str]:
    """Vertical lines with their figures; the unit stands below the last one."""
    for tick in ticks:
        yield line(scale(tick), top, scale(tick), bottom, "grid")
        yield text(scale(tick), bottom + 18, short(tick), "tick", "middle")
    yield text(WIDTH - RIGHT, bottom + 33, unit, "tick", "end")


def _linear(ticks: Sequence[float]) -> Scale:
    return lambda value: LEFT + (WIDTH - LEFT - RIGHT - 50) * value / ticks[-1]


def _log(ticks: Sequence[float], start: float = LEFT, end: float = WIDTH - RIGHT) -> Scale:
    low, high = log10(ticks[0]), log10(ticks[-1])
    return lambda value: start + (end - start) * (log10(max(value, ticks[0])) - low) / (high - low)
