"""explore: every interleaving of the shipped handlers, and what each protective measure is for."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from console.commands.options import JsonOption
from console.explore import in_json, say_case, say_lines, say_sum
from console.screen import Screen
from console.trouble import Exit, Trouble
from sandbox.explore.cases import CASES, Case
from sandbox.explore.mutants import MUTANTS, Mutant
from sandbox.explore.naming import CannotReplay
from sandbox.explore.session import Explored, case_named, explore_all, mutant_named, replay
from sandbox.explore.story import saved

Chosen = TypeVar("Chosen")


def explore(  # noqa: PLR0913, PLR0917 - a command's options are its parameters
    cases: Annotated[
        list[str] | None, typer.Argument(metavar="[CASE]...", help="Cases by name; --list shows them.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every case, not only the bounded slice.")] = False,
    mutant: Annotated[str, typer.Option(help="Switch a protective measure off: its name, or all.")] = "",
    processes: Annotated[int, typer.Option(min=1, help="Processes to explore on.")] = os.cpu_count() or 1,
    show: Annotated[bool, typer.Option("--list", help="Show the cases and the mutants.")] = False,
    save: Annotated[Path | None, typer.Option(help="A folder for the counterexamples that are found.")] = None,
    replayed: Annotated[Path | None, typer.Option("--replay", help="Play a saved counterexample as a story.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Explore all interleavings of the shipped handlers. Exit code 1: an invariant is violated (or a mutant is not refuted)."""
    screen = Screen(as_json=as_json)
    if show:
        _list(screen)
    elif replayed:
        _replay(screen, replayed)
    else:
        mutants = MUTANTS if mutant == "all" else [_usage(mutant_named, mutant)] if mutant else []
        chosen = [_usage(case_named, name) for name in cases or []]
        if everything or not (cases or mutant):
            chosen = [case for case in CASES if everything or case.bounded]
        _explore(screen, chosen, mutants, processes, save)


def _explore(
    screen: Screen, cases: Sequence[Case], mutants: Sequence[Mutant], processes: int, save: Path | None
) -> None:
    done: list[Explored] = []
    with screen.progress() as progress:
        for it in explore_all(cases, mutants, processes):
            done.append(it)
            progress("cases", len(done), len(cases) + len(mutants))
            say_case(screen, it)
            if save and it.found.counterexample:
                save.mkdir(parents=True, exist_ok=True)
                (save / f"{it.case}.json").write_text(saved(it.case, it.mutant, it.found.counterexample))
    if screen.as_json:
        screen.answer(in_json(done))
    say_sum(screen, done)
    if not all(it.as_expected for it in done):
        raise typer.Exit(Exit.NO)


def _usage(find: Callable[[str], Chosen], name: str) -> Chosen:
    try:
        return find(name)
    except ValueError as error:
        raise Trouble(str(error), Exit.USAGE) from error


def _list(screen: Screen) -> None:
    if screen.as_json:
        cases = [{"name": it.name, "about": it.about, "bounded": it.bounded} for it in CASES]
        screen.answer({"cases": cases, "mutants": [{"name": it.name, "without": it.without} for it in MUTANTS]})
    screen.table(
        ("case!", "what may happen", "slice"), [(it.name, it.about, "yes" if it.bounded else "") for it in CASES]
    )
    screen.say()
    screen.table(("mutant!", "the measure that is switched off"), [(it.name, it.without) for it in MUTANTS])


def _replay(screen: Screen, path: Path) -> None:
    try:
        violations, told = replay(path)
    except (ValueError, OSError, CannotReplay) as error:
        raise Trouble(str(error), Exit.USAGE) from error
    if screen.as_json:
        screen.answer({"violations": violations, "steps": [it._asdict() for it in told]})
    say_lines(screen, told)
    for violation in violations:
        screen.say(violation, "bold red")
    if violations:
        raise typer.Exit(Exit.NO)
