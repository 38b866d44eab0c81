"""The parts of docs/how-it-is-tested.md that quote figures: made from what the last `make verify` kept, never by hand."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from console.verify.parts import PARTS

PAGE: Final = Path(__file__).parents[2] / "docs" / "how-it-is-tested.md"

Figures = Mapping[str, Any]


def written(text: str, figures: Figures) -> str:
    """The page with each marked block made anew."""
    for name, block in BLOCKS.items():
        begin, end = f"<!-- {name} -->", f"<!-- end {name} -->"
        before, rest = text.split(begin)
        _, after = rest.split(end)
        text = f"{before}{begin}\n{block(figures)}\n{end}{after}"
    return text


def _summary(figures: Figures) -> str:
    rows = ["| what | figures | command | date, minutes |", "|---|---|---|---|"]
    for name, part in figures["parts"].items():
        told = TOLD[name](part["found"])
        rows.append(f"| {name} | {told} | `{part['command']}` | {part['date']}, {part['minutes']} |")
    rows += [
        f"| {part.name} | not run to its end yet | `{part.line()}` | |"
        for part in PARTS
        if part.name not in figures["parts"]
    ]
    return "\n".join([*rows, "", f"On {figures['machine']}, Python {figures['python']}."])


def _exploration(found: Figures) -> str:
    broken = sum(not case["as_expected"] for case in found["cases"])
    return (
        f"{len(found['cases'])} cases, **{found['states']:,} distinct states**, {found['transitions']:,} steps,"
        f" {broken} violations"
    )


def _mutants(found: Figures) -> str:
    refuted = sum(it["as_expected"] for it in found["mutants"])
    return f"{refuted} of {len(found['mutants'])} measures, switched off one by one, refuted"


def _schedules(found: Figures) -> str:
    faults = sum(found["faults"].values())
    return (
        f"{found['schedules']:,} schedules, {found['trips']:,} trips, {found['effects']:,} calls, {faults:,} faults,"
        f" {found['failing']} failing"
    )


def _paper(found: Figures) -> str:
    modes = ", ".join(dict.fromkeys(run["mode"] for run in found["runs"]))
    asked = found["rate"] * found["minutes"] * 60
    return f"{asked:,.0f} trips a mode ({modes}); see [scale.md](scale.md)"


def _chaos(found: Figures) -> str:
    return (
        f"{found['trips']:,} trips, {found['kills']} processes killed at work, {found['power_cuts']} cut of all power,"
        f" {found['redriven']} messages redriven: {found['lost']} lost, {found['stuck']} stuck,"
        f" {len(found['violations'])} violations"
    )


TOLD: Final[Mapping[str, Callable[[Figures], str]]] = {
    "exploration": _exploration,
    "mutants": _mutants,
    "schedules": _schedules,
    "paper": _paper,
    "chaos": _chaos,
}


def _cases(figures: Figures) -> str:
    explored = figures["parts"].get("exploration")
    return "\n".join(_case_rows(explored["found"]["cases"])) if explored else "Not run to its end yet."


def _case_rows(cases: list[Figures]) -> Iterator[str]:
    yield from ("| case | what may happen | states | steps | to rest |", "|---|---|---:|---:|---:|")
    for case in sorted(cases, key=lambda case: str(case["name"])):
        yield (
            f"| {case['name']} | {case['about']} | {case['states']:,} | {case['transitions']:,} | {case['longest_recovery']} |"
        )


def _measures(figures: Figures) -> str:
    rows = ["| mutant | the measure that is off | steps | what breaks |", "|---|---|---:|---|"]
    for it in figures["parts"]["mutants"]["found"]["mutants"]:
        rows.append(f"| {it['name']} | {it['about']} | {it['steps']} | {it['violations'][0]} |")
    return "\n".join(rows)


BLOCKS: Final[Mapping[str, Callable[[Figures], str]]] = {
    "figures": _summary,
    "cases": _cases,
    "mutants": _measures,
}
"""The blocks, by the names of their markers."""
