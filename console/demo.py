"""The demonstration: one trip that goes well, one that is given back, on an engine of its own; it checks itself."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

from console import local
from console.connection import SERVICES, on_engine
from console.follow import Ending, follow
from console.render import Entry
from console.requests import ask_for_trip, read_trip
from console.stock import Row, stock
from console.trouble import Exit, Trouble
from infra.names import Names
from infra.stages import LOCAL
from sandbox.engine.engine import Engine
from sandbox.engine.process import PROJECT
from shared.saga.timeline import Status

EXAMPLES = PROJECT / "examples" / "trips"
PATIENCE = 60.0


class Story(NamedTuple):
    """A trip, how it must end, and the saga log it must leave (a line may go on in brackets)."""

    title: str
    file: str
    status: Status
    log: tuple[str, ...]


STORIES = (
    Story(
        "A trip that goes well",
        "trip-success.json",
        Status.CONFIRMED,
        (
            "begin saga",
            "start book hotel",
            "end book hotel",
            "start book flight",
            "end book flight",
            "start book car rental",
            "end book car rental",
            "end saga (CONFIRMED)",
        ),
    ),
    Story(
        "A trip whose flight is refused: the hotel is given back",
        "trip-fail-flight.json",
        Status.FAILED,
        (
            "begin saga",
            "start book hotel",
            "end book hotel",
            "start book flight",
            "refused book flight (requested_failure: failBookFlight asked for it)",
            "start cancel hotel",
            "end cancel hotel",
            "end saga (FAILED: requested_failure)",
        ),
    ),
)

HELD: Mapping[str, int] = {"hotel": 2, "flight": 1, "car": 2}
"""What the trip that goes well holds: two nights, one seat, one vehicle on two days."""


class Teller(NamedTuple):
    """How the demonstration speaks: a step that takes time, a trip's title and id, a line of its log, its end."""

    step: Callable[[str], None]
    story: Callable[[Story, str], None]
    entry: Callable[[Entry], None]
    ending: Callable[[Ending], None]


def demo(tell: Teller) -> list[list[Row]]:
    """Everything from nothing; the stock before, after the first trip, and after the second.

    Raises Trouble as soon as something is not as it must be. The engine is gone in any case.
    """
    folder = local.templates(LOCAL.name, tell.step)
    tell.step("starting an engine of its own")
    with Engine.start() as engine:
        local.deploy(engine, folder, [Names(LOCAL.name).stack(service) for service in SERVICES], tell.step)
        target = on_engine(LOCAL, engine)
        tell.step("looking at the stock")
        before = stock(target)
        require(sum(row.held for row in before), 0, "the stock held before any trip")
        after = []
        for story in STORIES:
            trip: dict[str, Any] = read_trip(EXAMPLES / story.file) | {"tripId": str(uuid4())}
            request = ask_for_trip(target, trip)
            tell.story(story, trip["tripId"])
            ending = follow(target.log, request, tell.entry, patience=PATIENCE)
            tell.ending(ending)
            check_story(story, ending)
            after.append(stock(target))
    check_stock(*after)
    return [before, *after]


def check_story(story: Story, ending: Ending) -> None:
    """Status and log are exactly those that the story tells."""
    require(ending.verdict.status, story.status, f"the status of {story.file}")
    require([entry.text for entry in ending.log], list(story.log), f"the saga log of {story.file}")


def check_stock(booked: Sequence[Row], failed: Sequence[Row]) -> None:
    """The first trip holds what it booked; the second holds nothing: each figure is as before it."""
    held = {name: sum(row.held for row in booked if row.service == name) for name in HELD}
    require(held, dict(HELD), "the stock held after the first trip")
    require(list(failed), list(booked), "the stock after the second trip, which must hold nothing")
    odd = [row for row in failed if row.available + row.held != row.capacity]
    require(odd, [], "the stock items whose available and held are not their capacity")


def require(found: object, wanted: object, what: str) -> None:
    """Raises Trouble unless it is as it must be."""
    if found != wanted:
        raise Trouble(f"the demonstration failed: {what} is {_shown(found)}, and must be {_shown(wanted)}", Exit.NO)


def _shown(value: object) -> str:
    return "; ".join(map(str, value)) or "nothing" if isinstance(value, list) else str(value)
