"""The same matrix on the local engine: real processes, the shipped zips, SIGKILL before or after each call of AWS.

One trip for each cell, so that many run at once; a message is alone in its batch, so that nobody else's dies along.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import uuid4

from infra.catalog import CANCEL_REQUESTED, CATALOG, OBSERVER, ORCHESTRATOR
from sandbox.chaos.plan import inboxes
from sandbox.compare.arena import over
from sandbox.compare.correctness import audited
from sandbox.crash.scenarios import TRIP, Ending
from sandbox.engine.trap import CALLS, TRAPS
from sandbox.local_world import LocalWorld
from shared.saga.timeline import Facts, Status, verdict

WHEN: Final = ("before", "after")
DELIVERIES: Final = (1, 2)
"""The first delivery dies, or that one and the next."""
VISIBLE_AGAIN: Final = "10"
"""Seconds until a dead worker's message comes again: longer than a busy machine takes to handle one."""

TOGETHER: Final = 12
"""Trips under way at once, twice as many at most."""
TRIES: Final = 3
PATIENCE: Final = 600.0
"""Seconds; a machine that others use too may need minutes for what takes one alone."""


@dataclass(frozen=True, slots=True)
class Course:
    """What is asked for, who may die over it, and how it ends all the same."""

    request: Mapping[str, Any]
    functions: tuple[str, ...]
    """By service and role: `hotel-book`."""
    end: Ending
    cancelled: bool = False
    """Whether the user cancels, once the trip is confirmed."""


def _functions(role: str) -> tuple[str, ...]:
    return tuple(f"{name}-{role}" for name in CATALOG.legs)


EARLIER: Final = tuple(name for name in CATALOG.legs if name != CATALOG.pivot.name)
COURSES: Final[Mapping[str, Course]] = {
    "confirmed": Course({}, (*_functions("book"), f"{OBSERVER}-observe"), (Status.CONFIRMED, "")),
    "refused by car": Course(
        {"failBookCar": True},
        tuple(f"{name}-compensate" for name in EARLIER),
        (Status.FAILED, "requested_failure"),
    ),
    "cancelled": Course({}, (f"{CATALOG.pivot.name}-compensate",), (Status.CANCELLED, "cancelled"), cancelled=True),
    "orchestrated": Course(
        {"mode": "orchestration"}, (f"{ORCHESTRATOR}-start", *_functions("task")), (Status.CONFIRMED, "")
    ),
    "orchestrated, refused by car": Course(
        {"mode": "orchestration", "failBookCar": True},
        tuple(f"{name}-task" for name in EARLIER),
        (Status.FAILED, "requested_failure"),
    ),
}


class Cell(NamedTuple):
    """One death: in which course, of which function, at its how-many-eth call of that operation."""

    course: str
    function: str
    operation: str
    nth: int
    when: str
    times: int = 1
    """2: the redelivery dies, too, if it gets there."""

    def __str__(self) -> str:
        again = ", and again" if self.times > 1 else ""
        return f"{self.course}: {self.function} dies {self.when} {self.operation} no. {self.nth}{again}"


def cells(world: LocalWorld, courses: Sequence[str] = tuple(COURSES)) -> list[Cell]:
    """One run of each course in which nobody dies tells every call that there is to die at; each is taken once."""
    found = {
        (call.function, call.operation, call.nth): call for name in reversed(courses) for call in _calls(world, name)
    }
    return [call._replace(when=when, times=times) for call in found.values() for when in WHEN for times in DELIVERIES]


def _calls(world: LocalWorld, name: str) -> Iterator[Cell]:
    trip = f"quiet-{uuid4().hex}"
    world.engine.ask(CALLS, {})
    _play(world, {trip: COURSES[name]})
    world.settle()
    counts: Counter[tuple[str, str]] = Counter()
    for function, operation, body in world.engine.ask(CALLS):
        role = function.removeprefix(f"{world.names.bus}-")
        if trip in body and role in COURSES[name].functions:
            counts[role, operation] += 1
            yield Cell(name, role, operation, counts[role, operation], "")


def run(world: LocalWorld, wanted: Sequence[Cell]) -> list[str]:
    """Let every cell's process die, each over a trip of its own; answers what is wrong with the ends.

    A cell in which nobody died is tried again: on a machine that is too busy a process may die of its timeout instead.
    """
    wrong, missed = list[str](), list(wanted)
    with alone_and_impatient(world):
        for _ in range(TRIES):
            amiss, missed = _try(world, missed)
            wrong += amiss
            if not missed:
                break
    return [*wrong, *(f"{cell}: nobody died" for cell in missed)]


def _try(world: LocalWorld, wanted: Sequence[Cell]) -> tuple[list[str], list[Cell]]:
    """What went wrong, and the cells in which nobody died."""
    trips = {f"cell-{uuid4().hex}": cell for cell in wanted}
    world.engine.ask(f"{TRAPS}?clear=1", [_trap(world, trip, cell) for trip, cell in trips.items()])
    _play(world, {trip: COURSES[cell.course] for trip, cell in trips.items()})
    world.settle()
    sprung = {trap["holding"] for trap in world.engine.ask(f"{TRAPS}?clear=1", []) if trap["victim"]}
    ends = {trip: verdict(Facts(world.known(trip).noted, CATALOG.legs)) for trip in trips}
    unlike = (
        f"{cell}: ended {ends[trip].status} {ends[trip].reason}"
        for trip, cell in trips.items()
        if (ends[trip].status, ends[trip].reason) != COURSES[cell.course].end
    )
    return [*unlike, *map(str, audited(world, trips))], [cell for trip, cell in trips.items() if trip not in sprung]


def _trap(world: LocalWorld, trip: str, cell: Cell) -> dict[str, Any]:
    function = f"{world.names.bus}-{cell.function}"
    return {
        "function": function,
        "holding": trip,
        **{it: getattr(cell, it) for it in ("operation", "nth", "when", "times")},
    }


def _play(world: LocalWorld, trips: Mapping[str, Course]) -> None:
    """Request all, cancel those that are to be cancelled once they are confirmed, and wait for every end."""
    for place, (trip, course) in enumerate(trips.items()):
        places = {name: f"{TRIP[name]} {trip}" for name in ("hotel", "depart", "arrive", "car")}
        world.put({**TRIP, **places, **course.request, "tripId": trip})
        if place % TOGETHER == TOGETHER - 1:
            _wait(world, list(trips)[: max(0, place + 1 - TOGETHER)])
    _wait(world, trips)
    regretted = [trip for trip, course in trips.items() if course.cancelled]
    for trip in regretted:
        world.put({"tripId": trip}, CANCEL_REQUESTED)
    world.wait_for(
        lambda: all(_status(world, trip) is Status.CANCELLED for trip in regretted), "every cancel", PATIENCE
    )


def _wait(world: LocalWorld, trips: Collection[str]) -> None:
    world.wait_for(lambda: all(over(world.known(trip)) for trip in trips), "every trip's end", PATIENCE)


def _status(world: LocalWorld, trip: str) -> Status:
    return verdict(Facts(world.known(trip).noted, CATALOG.legs)).status


@contextmanager
def alone_and_impatient(world: LocalWorld) -> Iterator[None]:
    """Every message is a batch of its own, and comes again soon after a death over it."""
    sqs, functions = world.engine.clients.client("sqs"), world.engine.clients.client("lambda")
    queues = {inbox: world.queue_url(inbox) for inbox in inboxes(world.names.stage)}
    mappings = {
        inbox: functions.list_event_source_mappings(FunctionName=world.names.function(*inbox))["EventSourceMappings"][0]
        for inbox in queues
    }
    before = {
        inbox: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
        for inbox, url in queues.items()
    }
    for inbox, url in queues.items():
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": VISIBLE_AGAIN})
        functions.update_event_source_mapping(UUID=mappings[inbox]["UUID"], BatchSize=1)
    try:
        yield
    finally:
        for inbox, url in queues.items():
            sqs.set_queue_attributes(QueueUrl=url, Attributes=before[inbox])
            functions.update_event_source_mapping(UUID=mappings[inbox]["UUID"], BatchSize=mappings[inbox]["BatchSize"])
