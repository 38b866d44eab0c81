"""Figures as text."""

from sandbox.compare.statistics import Estimate


def milliseconds(seconds: float) -> str:
    """Seconds as whole milliseconds."""
    return f"{seconds * 1000:,.0f}"


def interval(it: Estimate) -> str:
    """A percentile with its interval, in milliseconds: `127 (77-152)`."""
    return f"{milliseconds(it.value)} ({milliseconds(it.low)}-{milliseconds(it.high)})"


def number(value: float) -> str:
    """A count or a mean: no decimals that say nothing."""
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"


def dollars(value: float) -> str:
    """US dollars."""
    return f"{value:,.2f}"


def short(value: float) -> str:
    """A round figure of an axis: `50`, `2,000`, `10 M`."""
    return f"{value / 1e6:g} M" if value >= 1e6 else f"{value:,g}"
