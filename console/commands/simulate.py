"""simulate: random schedules of the shipped handlers, or a thousand trips a second on paper."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from console.commands.compare import MIX
from console.commands.options import JsonOption
from console.screen import Screen
from console.simulate import chart, scale
from console.simulate import schedules as told
from console.trouble import Exit, Trouble
from infra.prices import PriceError
from infra.prices import load as prices_of
from sandbox.compare.workload import BadMix, read_mix
from sandbox.modes import MODES
from sandbox.simulate.campaign import campaign, shrink
from sandbox.simulate.scale import Asked
from sandbox.simulate.scale import simulate as put_on_paper
from sandbox.simulate.scenario import MOST_TRIPS
from sandbox.simulate.schedule import Limits, run
from sandbox.simulate.weather import Fault

SCHEDULES = 2000
MINUTES = 10.0


def simulate(  # noqa: PLR0913, PLR0917 - a command's options are its parameters
    schedules: Annotated[
        int | None, typer.Option(min=1, help=f"Random schedules of the shipped handlers; {SCHEDULES:,} by default.")
    ] = None,
    seed: Annotated[
        int, typer.Option(min=0, help="The first schedule's seed, the next ones follow it; or the paper's.")
    ] = 0,
    processes: Annotated[int, typer.Option(min=1, help="Processes to run schedules on.")] = 1,
    replay: Annotated[bool, typer.Option("--replay", help="Tell the schedule of this seed as a story.")] = False,
    most_trips: Annotated[int, typer.Option(min=1, max=MOST_TRIPS, help="Trips in a schedule, at most.")] = MOST_TRIPS,
    faults: Annotated[str, typer.Option(help=f"What may go wrong: all, none, or some of {', '.join(Fault)}.")] = "all",
    modes: Annotated[str, typer.Option(help="Separated by commas, or all.")] = "all",
    rate: Annotated[
        float | None, typer.Option(min=1, help="Instead of schedules, so many trips a second on paper.")
    ] = None,
    minutes: Annotated[float, typer.Option(min=1, help="Virtual minutes on paper.")] = MINUTES,
    mix: Annotated[Path, typer.Option(metavar="FILE", help="Kinds of trips on paper, and their shares.")] = MIX,
    pessimistic: Annotated[
        bool, typer.Option("--pessimistic", help="On paper, the older and slower latencies.")
    ] = False,
    prices: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your own price list, in the form of infra/prices.json.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw the backlogs on paper as a page.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run the shipped handlers under random schedules, or a large stage on paper. Exit code 1: an invariant is violated."""
    screen = Screen(as_json=as_json)
    if rate is not None:
        try:
            asked = Asked(
                modes=_modes(modes),
                rate=rate,
                minutes=minutes,
                mix=read_mix(mix),
                prices=prices_of(prices),
                seed=seed,
                pessimistic=pessimistic,
            )
        except (BadMix, PriceError) as error:
            raise Trouble(str(error), Exit.USAGE) from error
        _paper(screen, asked, html)
        return
    limits = Limits(trips=most_trips, faults=_faults(faults), modes=_modes(modes))
    if replay:
        _replay(screen, seed, limits)
    else:
        _schedules(screen, seed, schedules or SCHEDULES, processes, limits)


def _paper(screen: Screen, asked: Asked, html: Path | None) -> None:
    with screen.progress() as show:
        found = put_on_paper(asked, show)
    if html is not None:
        try:
            html.write_text(chart.page(found))
        except OSError as error:
            raise Trouble(f"{html} cannot be written ({error.strerror}): name another file", Exit.USAGE) from error
    if screen.as_json:
        screen.answer(msgspec.to_builtins(found))
    scale.say(screen, found)


def _replay(screen: Screen, seed: int, limits: Limits) -> None:
    story: list[told.Moment] = []
    ran = run(seed, limits, tell=lambda *moment: story.append(told.Moment(*moment)))
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
    return frozenset(Fault(name) for name in _known(names, tuple(map(str, Fault)), "fault"))


def _modes(names: str) -> tuple[str, ...]:
    """The modes of those names. Raises Trouble (usage)."""
    return tuple(MODES) if names == "all" else _known(names, tuple(MODES), "mode")


def _known(names: str, known: tuple[str, ...], what: str) -> tuple[str, ...]:
    wanted = tuple(dict.fromkeys(name.strip() for name in names.split(",")))
    if unknown := [name for name in wanted if name not in known]:
        raise Trouble(f"there is no {what} {', '.join(unknown)!r}: choose from {', '.join(known)}", Exit.USAGE)
    return wanted
