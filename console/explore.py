"""What an exploration found, on the screen and as JSON."""

from collections.abc import Sequence
from typing import Any

from console.screen import Screen
from sandbox.explore.session import Explored
from sandbox.explore.story import Line


def say_case(screen: Screen, it: Explored) -> None:
    """One case: how much was looked at; its counterexample, if there is one."""
    found, broken = it.found, it.found.counterexample
    if it.mutant is None and broken is None:
        screen.say(
            f"{it.case:<22} {found.states:>9,} states {found.transitions:>10,} steps, no violation;"
            f" at rest after {found.longest_recovery} steps at most"
        )
    elif broken is None:
        screen.say(f"{it.case:<22} not refuted: is it needed that {it.about}?", "bold red")
    else:
        said = "refuted" if it.mutant else "VIOLATED"
        screen.say(
            f"{it.case:<22} {said} in {len(broken.schedule)} steps: {broken.violations[0]}",
            "" if it.mutant else "bold red",
        )
        if not it.mutant:
            say_lines(screen, it.story)


def say_lines(screen: Screen, told: Sequence[Line]) -> None:
    """A schedule as a story."""
    rows = [
        (number, it.who, it.what + (f" ({it.outcome})" if it.outcome else ""), it.standing, it.waiting)
        for number, it in enumerate(told, 1)
    ]
    screen.table(("#", "who!", "does what", "recorded by then", "waiting#"), rows)


def say_sum(screen: Screen, done: Sequence[Explored]) -> None:
    """All of them together."""
    cases, mutants = [it for it in done if not it.mutant], [it for it in done if it.mutant]
    if cases:
        states, steps = (sum(getattr(it.found, name) for it in cases) for name in ("states", "transitions"))
        broken = sum(not it.as_expected for it in cases)
        screen.say(
            f"{len(cases)} cases, {states:,} states and {steps:,} steps of the shipped handlers: {broken} violations",
            "bold red" if broken else "bold green",
        )
    if mutants:
        refuted = sum(it.as_expected for it in mutants)
        style = "bold green" if refuted == len(mutants) else "bold red"
        screen.say(f"{refuted} of {len(mutants)} mutants refuted", style)
    if len(mutants) == 1 and mutants[0].story:
        say_lines(screen, mutants[0].story)


def in_json(done: Sequence[Explored]) -> dict[str, Any]:
    """The same for a program."""
    return {
        "states": sum(it.found.states for it in done if not it.mutant),
        "transitions": sum(it.found.transitions for it in done if not it.mutant),
        "cases": [_case(it) for it in done if not it.mutant],
        "mutants": [_case(it) for it in done if it.mutant],
    }


def _case(it: Explored) -> dict[str, Any]:
    broken = it.found.counterexample
    return {
        "name": it.case,
        "about": it.about,
        "as_expected": it.as_expected,
        "states": it.found.states,
        "transitions": it.found.transitions,
        "longest_recovery": it.found.longest_recovery,
        "cpu_seconds": round(it.found.seconds, 1),
        "violations": [str(violation) for violation in broken.violations] if broken else [],
        "steps": len(broken.schedule) if broken else None,
    }
