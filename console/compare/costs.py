"""The tables of cost: columns, rows, and what to know of them."""

from collections.abc import Sequence

from console.compare.figures import dollars as usd
from console.compare.figures import number
from sandbox.compare.results import Results

Rows = tuple[Sequence[str], Sequence[Sequence[object]], str]


def operations(found: Results) -> Rows:
    """What AWS would count."""
    meters = list(next(iter(found.costs)).operations) if found.costs else []
    rows = [(it.group, it.mode, *(number(it.operations[meter]) for meter in meters)) for it in found.costs]
    note = (
        "The client's own event and the observer included. A fraction: two messages of one trip sometimes share a batch,"
        " and a fact that needs no new summary saves a write."
    )
    return ("trip!", "mode!", *(f"{meter.replace('_', ' ')}#" for meter in meters)), rows, note


def dollars(found: Results) -> Rows:
    """What it would cost."""
    rows = [(it.group, it.mode, usd(it.million), usd(it.observer), usd(it.million - it.observer)) for it in found.costs]
    return ("trip!", "mode!", "sum#", "observer#", "without it#"), rows, "Before any free tier."


def idle(found: Results) -> Rows:
    """What a stage costs while nobody books."""
    names = list(next(iter(found.months)).lines) if found.months else []
    rows: list[Sequence[object]] = [(name, *(usd(it.lines[name]) for it in found.months)) for name in names]
    rows.append(("sum", *(usd(it.fixed) for it in found.months)))
    return ("", *(f"{it.mode}#" for it in found.months)), rows, "Of the resources that the mode uses."


def break_even(found: Results) -> Rows:
    """At which volume two modes cost the same."""
    trip = {it.mode: it for it in found.months}
    rows = []
    for it in found.break_even:
        one, other = trip[it.one], trip[it.other]
        cheaper = it.one if (one.trip, one.fixed) < (other.trip, other.fixed) else it.other
        answer = number(round(it.trips)) if it.trips is not None else f"none: {cheaper} never costs more"
        rows.append((f"{it.one} / {it.other}", usd(one.trip * 1e6), usd(other.trip * 1e6), answer))
    columns = ("modes!", "a million trips, the one#", "the other#", "same cost at#")
    return columns, rows, "Trips of the mix; a cancelled trip counts as one cancelled after its commit."
