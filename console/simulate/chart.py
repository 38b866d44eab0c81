"""One picture of a simulated stage: how many messages wait, minute by minute, in each mode, as a page of its own."""

from collections.abc import Iterator, Sequence
from html import escape

from console.compare.figures import short
from console.compare.page import STYLE
from console.compare.svg import colour, element, line, nice, picture, text
from sandbox.simulate.scale import Ran, Results

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 960.0, 260.0, 90.0, 40.0, 40.0
TITLE = "A large stage, simulated"


def page(found: Results) -> str:
    """The charts of both cases. Nothing else is needed to look at it: no script, no font, no network."""
    told = f"{found.rate:,.0f} trips/s for {found.minutes:g} minutes, seed {found.seed}; {found.date}"
    body = "".join(
        f"<h2>{escape(case)}</h2>\n<p>Messages that wait, in all queues of a mode.</p>\n{waiting(found, case)}\n"
        for case in ("default quotas", "raised quotas")
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{TITLE}</title>\n<style>\n{STYLE.read_text()}</style>\n</head>\n<body>\n<h1>{TITLE}</h1>\n"
        f'<p class="lead">{escape(told)}</p>\n<p class="verdict fair">{escape(found.label)}</p>\n{body}</body>\n</html>\n'
    )


def waiting(found: Results, case: str) -> str:
    """The backlog of each mode over time."""
    runs = [it for it in found.runs if it.case == case]
    lines = [_summed(run) for run in runs]
    ticks = nice(max(count for points in lines for _, count in points))
    minutes = nice(found.minutes)
    parts: list[str] = []
    for tick in ticks:
        y = _y(tick, ticks)
        parts += [line(LEFT, y, WIDTH - 20, y, "grid"), text(LEFT - 8, y + 4, short(tick), "tick", "end")]
    for tick in minutes:
        parts.append(text(_x(tick * 60, minutes), HEIGHT + TOP + 18, f"{tick:g} min", "tick", "middle"))
    for place, (run, points) in enumerate(zip(runs, lines, strict=True)):
        told = " ".join(f"{_x(at, minutes):.1f},{_y(count, ticks):.1f}" for at, count in points)
        parts.append(element("polyline", points=told, css=f"curve {colour(place)}", fill="none"))
        parts += _key(place, run.mode)
    return picture(WIDTH, HEIGHT + TOP + BOTTOM, parts, f"Messages that wait, {case} (simulated)")


def _summed(run: Ran) -> list[tuple[float, float]]:
    return [
        (moment[0][0], sum(count for _, count in moment))
        for moment in zip(*(it.series for it in run.loads), strict=True)
    ]


def _key(place: int, mode: str) -> Iterator[str]:
    x = LEFT + place * 220
    yield element("rect", x=x, y=8, width=12, height=12, css=colour(place))
    yield text(x + 18, 19, mode, "tick")


def _x(seconds: float, minutes: Sequence[float]) -> float:
    return LEFT + (WIDTH - LEFT - 20) * seconds / 60 / minutes[-1]


def _y(count: float, ticks: Sequence[float]) -> float:
    return TOP + HEIGHT * (1 - count / ticks[-1])
