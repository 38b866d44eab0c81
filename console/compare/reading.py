"""The figures in words: only what they bear out, and in which direction."""

from collections.abc import Iterator, Sequence

from console.compare.figures import dollars, milliseconds
from sandbox.compare.results import Results
from sandbox.compare.statistics import Spread


def in_short(found: Results) -> Sequence[str]:
    """What a reader in a hurry should take away."""
    return [*_correct(found), *_fast(found), *_dear(found), *_sturdy(found)]


def advice() -> Sequence[str]:
    """General, and so labelled: what no run decides."""
    return (
        "This is judgement, not a figure.",
        "Choreography: when the participants belong to different teams, when a participant may be away for a while without"
        " stopping the sale of what comes before it, and when volume makes each operation count. It needs an observer, or"
        " nobody can say where a trip is; that is a part of its cost here.",
        "Reverse order: when a compensation may only run after the one downstream has ended. Otherwise it buys nothing, and"
        " a failure at the end takes one hop more for each leg before it.",
        "Orchestration: when the order of steps changes often or branches, when one team owns the whole process, or when"
        " one picture of each run is worth its price. The machine must be there for anything to move.",
        "All modes here call the same participants, on the same records. What makes a saga right (a conditional record, a"
        " tombstone, an event that is announced again) is theirs, and no coordinator replaces it.",
    )


def _correct(found: Results) -> Iterator[str]:
    trips = len(found.samples)
    if found.violations:
        names = ", ".join(sorted({it.invariant for it in found.violations}))
        yield f"{len(found.violations)} violations ({names}) in {trips} trips: no other figure below means anything."
    else:
        yield f"{trips} trips on the local engine, {len(found.modes)} modes, no violation of any invariant."


def _fast(found: Results) -> Iterator[str]:
    medians = {it.mode: it.spread for it in found.latencies if (it.group, it.of) == ("confirmed", "outcome")}
    if len(medians) > 1:
        ordered = sorted(medians, key=lambda mode: medians[mode].p50.value)
        told = ", ".join(f"{mode} {milliseconds(medians[mode].p50.value)} ms" for mode in ordered)
        first, last = medians[ordered[0]], medians[ordered[-1]]
        yield f"Confirmed trips, p50 on this machine: {told}. {_apart(first, last)}"


def _apart(one: Spread, other: Spread) -> str:
    if one.p50.high < other.p50.low:
        return "Fastest and slowest differ by more than the samples' uncertainty."
    return "Their intervals overlap: this run does not tell them apart."


def _dear(found: Results) -> Iterator[str]:
    confirmed = {it.mode: it.million for it in found.costs if it.group == "confirmed"}
    if confirmed:
        told = ", ".join(
            f"{mode} {dollars(confirmed[mode])}" for mode in sorted(confirmed, key=lambda it: confirmed[it])
        )
        yield f"A million confirmed trips, US dollars at list price: {told}."


def _sturdy(found: Results) -> Iterator[str]:
    lost, stuck = sum(it.lost for it in found.outages), sum(it.stuck for it in found.outages)
    reminded = sum(it.by_deadline for it in found.outages)
    trips = sum(it.trips for it in found.outages)
    if trips:
        yield (
            f"{trips} trips came while something was stopped or killed: {lost} lost, {stuck} stuck,"
            f" {reminded} ended by the observer's reminder, the others by themselves."
        )
