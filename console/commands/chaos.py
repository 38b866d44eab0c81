"""chaos: many trips on an engine of its own, while its processes are killed, its queues stopped and its power cut."""

from typing import Annotated

import msgspec
import typer

from console import local
from console.commands.options import JsonOption
from console.modes import modes_named
from console.screen import Screen
from console.trouble import Exit, Trouble
from sandbox.chaos.plan import Plan
from sandbox.chaos.results import Chaos
from sandbox.chaos.run import chaos as run_chaos
from sandbox.engine import environment
from sandbox.modes import MODES


def chaos(  # noqa: PLR0913, PLR0917 - a command's options are its parameters
    trips: Annotated[int, typer.Option(min=1, help="Over all modes.")] = 200,
    kills: Annotated[int, typer.Option(min=0, help="Function processes to end by SIGKILL.")] = 40,
    seed: Annotated[int, typer.Option(help="The same seed, the same trips and the same disturbances.")] = 1,
    modes: Annotated[str, typer.Option(help="Separated by commas.")] = ",".join(MODES),
    restart: Annotated[bool, typer.Option(help="Cut the power of everything in mid-run, and start it again.")] = True,
    deadline: Annotated[float, typer.Option(min=1, help="Seconds that a trip may take before it is reminded.")] = 30.0,
    as_json: JsonOption = False,
) -> None:
    """Kill processes, stop queues, cut the power while trips run; then check that nothing is lost. Exit code 1: something is."""
    screen = Screen(as_json=as_json)
    plan = Plan(
        trips=trips,
        kills=kills,
        seed=seed,
        modes=tuple(modes_named(modes)),
        restarts=int(restart),
        deadline_seconds=deadline,
    )
    local.know_uv()
    with screen.busy("preparing") as step:
        environment.ensure(step)
    screen.say(f"seed {seed}: {trips} trips in about {plan.seconds:.0f} s, {kills} kills")
    with screen.progress() as show:
        found = run_chaos(plan, show)
    if as_json:
        screen.answer(msgspec.to_builtins(found))
    say(screen, found)
    if not found.clean:
        raise Trouble(_amiss(found), Exit.NO)


def say(screen: Screen, found: Chaos) -> None:
    """What was done, to whom, and what came of it."""
    screen.table(("trips ended", "#"), found.ends.items())
    screen.say()
    screen.table(("killed by SIGKILL", "", "#"), [(it.function, it.moment, it.count) for it in found.killed])
    screen.say()
    screen.table(("", "#"), _rows(found))
    screen.say()
    if found.clean:
        screen.say("Nothing is lost, nothing is stuck, and the auditor finds nothing wrong.", "bold green")


def _rows(found: Chaos) -> list[tuple[str, object]]:
    return [
        ("trips", found.trips),
        ("processes killed while they handled something", found.kills),
        ("cuts of the power", found.power_cuts),
        ("seconds without power", f"{found.dark_seconds:.1f}"),
        ("executions that a cut ended", found.aborted),
        ("queues stopped for a while", found.pauses),
        ("messages that nobody can handle", found.poison),
        ("of these among the dead letters", found.put_aside),
        ("messages given up and redriven", found.redriven),
        ("trips reminded after their deadline", found.reminded),
        ("seconds of disturbance", f"{found.disturbed_seconds:.0f}"),
        ("seconds until the last trip's end", f"{found.drain_seconds:.0f}"),
        ("violations", len(found.violations)),
    ]


def _amiss(found: Chaos) -> str:
    """What is wrong, in a sentence."""
    if found.violations:
        it = found.violations[0]
        return f"{len(found.violations)} violations; the first: {it.invariant} at {it.where}: {it.what} (seed {found.seed})"
    if found.lost or found.stuck:
        return f"{found.lost} trips are lost, {found.stuck} are stuck (seed {found.seed})"
    return f"only {found.kills} of {found.kills_asked} processes could be killed: give more trips, or fewer kills"
