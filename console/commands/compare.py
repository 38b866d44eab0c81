"""compare: the same trips in every mode, on an engine of its own, and a report."""

import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from console import local
from console.compare import terminal
from console.compare.markdown import markdown
from console.compare.page import page
from console.modes import modes_named
from console.screen import Screen
from console.trouble import Exit, Trouble
from infra.prices import PriceError, load
from sandbox.compare.results import Results
from sandbox.compare.runner import Plan
from sandbox.compare.session import SMALL, Asked, Extent
from sandbox.compare.session import compare as compare_modes
from sandbox.compare.workload import BadMix, read_faults, read_mix
from sandbox.engine import environment
from sandbox.engine.process import PROJECT
from sandbox.modes import MODES

MIX = PROJECT / "examples" / "mixes" / "everyday.json"
OUT = Path("comparison")


def compare(  # noqa: PLR0913, PLR0917 - a command's options are its parameters
    trips: Annotated[int, typer.Option(min=1, help="For each mode, over all rounds.")] = 210,
    mix: Annotated[Path, typer.Option(metavar="FILE", help="Kinds of trips and their shares.")] = MIX,
    modes: Annotated[str, typer.Option(help="Separated by commas.")] = ",".join(MODES),
    faults: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Faults, each with the share of trips it befalls.")
    ] = None,
    rate: Annotated[float, typer.Option(min=0.1, help="Trips a second that come, whatever happens to them.")] = 10.0,
    rounds: Annotated[int, typer.Option(min=1, help="In each, every mode has its turn.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed, the same trips.")] = 1,
    prices: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your own price list, in the form of infra/prices.json.")
    ] = None,
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where the reports go.")] = OUT,
    quick: Annotated[bool, typer.Option("--quick", help="Little beside the rounds: to try it, not to cite.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the results as JSON, and nothing else.")] = False,
) -> None:
    """Put the same trips to every mode, check every one, measure, and write a report. Exit code 1: an invariant is violated."""
    screen = Screen(as_json=as_json)
    if trips < rounds:
        raise Trouble(f"{trips} trips in {rounds} rounds: give at least one for each round", Exit.USAGE)
    try:
        plan = Plan(
            trips=trips,
            rounds=rounds,
            rate=rate,
            seed=seed,
            mix=read_mix(mix),
            faults=read_faults(faults) if faults else (),
        )
        plan = replace(plan, hot_trips=10, cold_trips=2, warm_trips=6) if quick else plan
        list_price = load(prices)
    except (BadMix, PriceError) as error:
        raise Trouble(str(error), Exit.USAGE) from error
    asked = Asked(
        plan=plan,
        modes=modes_named(modes),
        prices=list_price,
        command=shlex.join(["wayfare", *sys.argv[1:]]),
        extent=SMALL if quick else Extent(),
    )
    local.know_uv()
    with screen.busy("preparing") as step:
        environment.ensure(step)
    with screen.progress() as show:
        found = compare_modes(asked, show)
    _write(found, out)
    if as_json:
        screen.answer(msgspec.to_builtins(found))
    terminal.say(screen, found, out)
    if found.violations:
        names = ", ".join(sorted({it.invariant for it in found.violations}))
        raise Trouble(f"{len(found.violations)} violations of {names}; the first: {_first(found)}", Exit.NO)


def _write(found: Results, out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "results.json").write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=1))
        (out / "report.md").write_text(markdown(found))
        (out / "report.html").write_text(page(found))
    except OSError as error:
        raise Trouble(f"{out}: the reports cannot be written ({error.strerror})", Exit.USAGE) from error


def _first(found: Results) -> str:
    it = found.violations[0]
    return f"{it.invariant} at {it.where}: {it.what}"
