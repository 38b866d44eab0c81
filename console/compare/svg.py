"""A few shapes of SVG as text. Every text and attribute is escaped; colours come from the page's style."""

from collections.abc import Iterable
from html import escape
from math import floor, log10

SERIES = 3
"""Colours of modes in the page's style: `c0`, `c1`, `c2`."""


def element(name: str, content: str = "", **attributes: object) -> str:
    """One element; `css` is its class, an underscore in a name is a hyphen."""
    told = "".join(
        f' {("class" if key == "css" else key).replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
    )
    return f"<{name}{told}>{content}</{name}>"


def text(x: float, y: float, words: object, css: str = "", anchor: str = "start") -> str:
    """A line of text."""
    return element("text", escape(str(words)), x=x, y=y, css=css, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, css: str = "axis") -> str:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, css=css)


def picture(width: float, height: float, parts: Iterable[str], title: str) -> str:
    """The whole drawing; `title` is what a screen reader says."""
    content = element("title", escape(title)) + "".join(parts)
    return element("svg", content, viewBox=f"0 0 {width:g} {height:g}", role="img")


def colour(place: int) -> str:
    """The class of the mode at that place."""
    return f"c{place % SERIES}"


def nice(most: float, count: int = 5) -> list[float]:
    """Round values from zero that reach `most`, about so many."""
    if most <= 0:
        return [0.0, 1.0]
    raw = most / count
    size = 10 ** floor(log10(raw))
    step = next(size * factor for factor in (1, 2, 2.5, 5, 10) if size * factor >= raw)
    return [step * n for n in range(int(-(-most // step)) + 1)]


def decades(least: float, most: float) -> list[float]:
    """Powers of ten that enclose a range of positive values."""
    low, high = floor(log10(least)), -floor(-log10(most))
    return [10.0**power for power in range(low, max(high, low + 1) + 1)]


def fine_decades(least: float, most: float) -> list[float]:
    """The same with two and five between, from the last below the least to the first above the most."""
    every = [power * factor for power in decades(least, most) for factor in (1, 2, 5)]
    low = max(tick for tick in every if tick <= least)
    high = min(tick for tick in every if tick >= most)
    return [tick for tick in every if low <= tick <= high]


def _short(value: object) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
