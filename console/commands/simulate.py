"""simulate: random schedules of the shipped handlers, and a thousand trips a second on paper."""

from typing import Annotated

import typer

from console.commands.options import JsonOption
from console.screen import Screen
from console.simulate import schedules as told
from console.trouble import Exit, Trouble
from sandbox.simulate.campaign import campaign, shrink
from sandbox.simulate.scenario import MOST_TRIPS
from sandbox.simulate.schedule import NO_LIMITS, Limits, run
from sandbox.simulate.weather import Fault

SCHEDULES = 2000


def simulate(  # noqa: PLR0913, PLR0917 - a command's options are its parameters
    schedules: Annotated[
        int | None, typer.Option(min=1, help=f"Random schedules to run, {SCHEDULES:,} by default.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The first schedule's seed; the next ones follow it.")] = 0,
    processes: Annotated[int, typer.Option(min=1, help="Processes to run schedules on.")] = 1,
    replay: Annotated[bool, typer.Option("--replay", help="Tell the schedule of this seed as a story.")] = False,
    most_trips: Annotated[int, typer.Option(min=1, max=MOST_TRIPS, help="Trips in a schedule, at most.")] = MOST_TRIPS,
    faults: Annotated[str, typer.Option(help=f"What may go wrong: all, none, or some of {', '.join(Fault)}.")] = "all",
    modes: Annotated[str, typer.Option(help="Separated by commas, or all.")] = "all",
    as_json: JsonOption = False,
) -> None:
    """Run the shipped handlers under random schedules, and audit each. Exit code 1: an invariant is violated."""
    screen = Screen(as_json=as_json)
    limits = Limits(trips=most_trips, faults=_faults(faults), modes=_modes(modes))
    if replay:
        _replay(screen, seed, limits)
    else:
        _schedules(screen, seed, schedules or SCHEDULES, processes, limits)


def _replay(screen: Screen, seed: int, limits: Limits) -> None:
    story: list[told.Moment] = []
    ran = run(seed, limits, tell=lambda at, who, what: story.append(told.Moment(at, who, what)))
    if screen.as_json:
        screen.answer(told.story_as_json(ran, story))
    told.say_story(screen, ran, story)
    if ran.violations:
        raise typer.Exit(Exit.NO)


def _schedules(screen: Screen, first: int, count: int, processes: int, limits: Limits) -> None:
    with screen.progress() as show:
        tally = campaign(
            first, count, processes=processes, limits=limits, report=lambda done: show("schedules", done, count)
        )
    smaller = None
    if tally.failures:
        with screen.busy("looking for a shorter story of the same kind"):
            smaller = shrink(tally.failures[0][0], limits)
    if screen.as_json:
        screen.answer(told.tally_as_json(tally, first, limits, smaller))
    told.say_tally(screen, tally, first, limits, smaller)
    if tally.failures:
        raise typer.Exit(Exit.NO)


def _faults(names: str) -> frozenset[Fault]:
    """The faults of those names. Raises Trouble (usage)."""
    if names in ("all", "none"):
        return frozenset(Fault) if names == "all" else frozenset()
    wanted = [name.strip() for name in names.split(",")]
    if unknown := [name for name in wanted if name not in tuple(Fault)]:
        raise Trouble(f"there is no fault {', '.join(unknown)!r}: choose from {', '.join(Fault)}", Exit.USAGE)
    return frozenset(map(Fault, wanted))


def _modes(names: str) -> tuple[str, ...]:
    """The modes of those names. Raises Trouble (usage)."""
    wanted = NO_LIMITS.modes if names == "all" else tuple(name.strip() for name in names.split(","))
    if unknown := [name for name in wanted if name not in NO_LIMITS.modes]:
        raise Trouble(f"there is no mode {', '.join(unknown)!r}: choose from {', '.join(NO_LIMITS.modes)}", Exit.USAGE)
    return wanted
