"""new: the files of a participant that is to be."""

from pathlib import Path
from typing import Annotated

import typer

from console.new.files import files, folders, write
from console.new.newcomer import Newcomer, newcomer
from console.new.register import CATALOG, Lines, leg_in, lines_for, register, registered
from console.screen import Screen
from infra.packaging import ROOT

app = typer.Typer(help="Begin something new: a service.")


@app.callback()
def new() -> None:
    """Begin something new: a service."""


@app.command()
def service(
    name: Annotated[str, typer.Argument(metavar="NAME", help="One word, lower-case letters: concert.")],
    leg: Annotated[
        int | None, typer.Option(help="Its place in the order of bookings; without it, just before the pivot.")
    ] = None,
    register_it: Annotated[
        bool, typer.Option("--register", help="Add it to infra/catalog.py, too; also if its files are there.")
    ] = False,
) -> None:
    """Write the six small files of a participant and a test that passes, ready to run."""
    screen = Screen()
    if register_it and registered(ROOT, name):
        screen.say(f"{CATALOG} names {name} already.")
        return
    there = register_it and (ROOT / folders(name)[0]).exists()
    who = newcomer(name, leg_in(ROOT, name) if there else leg)
    if not there:
        wanted = files(who)
        write(ROOT, wanted)
        _say_files(screen, who, list(wanted))
    lines = lines_for(who)
    if register_it:
        register(ROOT, lines)
    _say_lines(screen, lines, done=register_it)
    _say_next(screen, name, done=register_it)


def _say_files(screen: Screen, who: Newcomer, paths: list[Path]) -> None:
    screen.say(f"{who.name} on leg {who.leg}, after {who.before.name} and before {who.after.name}:")
    for path in paths:
        screen.say(f"  {path}")


def _say_lines(screen: Screen, lines: Lines, *, done: bool) -> None:
    screen.say(f"{'Added to' if done else 'Add to'} {CATALOG} (the second line replaces the one that is there):")
    for line in lines:
        screen.say(f"  {line}")


def _say_next(screen: Screen, name: str, *, done: bool) -> None:
    further = "python -m infra.events_doc --write" if done else f"wayfare new service {name} --register"
    screen.say(f"Next: pytest tests/{name}", "dim")
    screen.say(f"Next: {further}", "dim")
