"""Random schedules as text: what many came to, and the story of one."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from console.screen import Screen
from sandbox.simulate.campaign import Tally
from sandbox.simulate.schedule import NO_LIMITS, Limits, Ran
from sandbox.simulate.weather import Fault

SHOWN = 5

Smaller = tuple[int, Limits] | None
"""A seed and limits that make a shorter story of the same kind."""


class Moment(NamedTuple):
    """Something that happened: seconds since the start, who, what."""

    at: float
    who: str
    what: str


def replay_command(seed: int, limits: Limits = NO_LIMITS) -> str:
    """The command that tells a schedule as a story."""
    words = [f"wayfare simulate --seed {seed} --replay"]
    if limits.trips != NO_LIMITS.trips:
        words.append(f"--most-trips {limits.trips}")
    if limits.faults != NO_LIMITS.faults:
        words.append(f"--faults {','.join(sorted(limits.faults)) or 'none'}")
    if limits.modes != NO_LIMITS.modes:
        words.append(f"--modes {','.join(limits.modes)}")
    return " ".join(words)


def say_tally(screen: Screen, tally: Tally, first: int, limits: Limits, smaller: Smaller) -> None:
    """What was run, what went wrong on purpose, and what was found."""
    screen.say(
        f"{tally.schedules:,} schedules (seeds {first} to {first + tally.schedules - 1}), {tally.trips:,} trips,"
        f" {tally.effects:,} effects of the shipped handlers, {tally.hours:,.0f} hours of virtual time."
    )
    screen.table(
        ("fault", "times#"), [(str(fault), f"{tally.struck[fault]:,}") for fault in Fault if tally.struck[fault]]
    )
    ended = ", ".join(
        f"{count:,} {'unknown to all' if status == 'None' else status}"
        for status, count in tally.outcomes.most_common()
    )
    screen.say(f"Trips ended: {ended}.")
    if not tally.failures:
        screen.say(f"No violation. One of them as a story: {replay_command(first, limits)}", "bold green")
        return
    screen.say(f"{tally.failing:,} schedules violate an invariant.", "bold red")
    for seed, violations in tally.failures[:SHOWN]:
        screen.say(f"seed {seed}: {violations[0]}", "red")
        screen.say(f"  {replay_command(seed, limits)}")
    if smaller:
        screen.say(f"A shorter story of the first: {replay_command(*smaller)}", "bold")


def tally_as_json(tally: Tally, first: int, limits: Limits, smaller: Smaller) -> dict[str, Any]:
    """The same for programs."""
    return {
        "schedules": tally.schedules,
        "firstSeed": first,
        "trips": tally.trips,
        "effects": tally.effects,
        "virtualHours": round(tally.hours, 1),
        "faults": dict(tally.struck),
        "outcomes": dict(tally.outcomes),
        "failing": tally.failing,
        "failures": [
            {"seed": seed, "replay": replay_command(seed, limits), "violations": [it._asdict() for it in violations]}
            for seed, violations in tally.failures
        ],
        "shorter": replay_command(*smaller) if smaller else None,
    }


def say_story(screen: Screen, ran: Ran, story: Sequence[Moment]) -> None:
    """The schedule as it went, moment by moment."""
    for it in story:
        screen.say(f"{it.at:+11.3f} s  {it.who:<22} {it.what}", _style(it))
    outcomes = ", ".join(f"{count} {status}" for status, count in ran.outcomes.items())
    screen.say(f"{ran.trips} trips: {outcomes}; {ran.effects} effects in {ran.seconds:,.0f} s of virtual time.")
    for violation in ran.violations:
        screen.say(str(violation), "bold red")
    if not ran.violations:
        screen.say("Nothing is wrong.", "bold green")


def story_as_json(ran: Ran, story: Sequence[Moment]) -> dict[str, Any]:
    """The same for programs."""
    return {
        "seed": ran.seed,
        "story": [it._asdict() for it in story],
        "outcomes": dict(ran.outcomes),
        "violations": [it._asdict() for it in ran.violations],
    }


def _style(it: Moment) -> str:
    if it.what.startswith(
        ("dies", "stands still", "gives back", "gives up", "is given up", "is throttled", "does not")
    ):
        return "yellow"
    return "cyan" if it.who == "client" else ""
