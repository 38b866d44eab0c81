"""One schedule: a seed makes a small world, what is asked of it and what goes wrong; it runs to rest, and is audited."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Final

from infra.catalog import CATALOG, OBSERVER, ORCHESTRATOR
from infra.stages import named
from sandbox.auditor import Violation, audit
from sandbox.modes import MODES
from sandbox.simulate.scenario import LAST_PLACES, MOST_TRIPS, Scenario, deal
from sandbox.simulate.weather import AnyPace, Fault, Weather
from sandbox.simulate.world import NotAtRest, SimulatedWorld, Tamper, Tell
from sandbox.world import Inbox
from shared.saga.timeline import Status


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a schedule may hold; fewer trips and fewer kinds of fault make a shorter story."""

    trips: int = MOST_TRIPS
    faults: frozenset[Fault] = frozenset(Fault)
    modes: tuple[str, ...] = tuple(MODES)


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a schedule."""

    seed: int
    violations: Sequence[Violation]
    trips: int
    effects: int
    seconds: float
    """Virtual."""
    struck: Mapping[Fault, int]
    outcomes: Mapping[str, int]


IRREPLACEABLE: Final = frozenset(
    {Inbox(CATALOG.first.name, "book"), Inbox(ORCHESTRATOR, "start"), Inbox(OBSERVER, "observe")}
)
"""Queues whose dead letters nobody but an operator heals: requests of which perhaps nobody has told, and facts that nobody tells again."""

NO_LIMITS: Final = Limits()


def run(seed: int, limits: Limits = NO_LIMITS, tell: Tell | None = None, tamper: Tamper | None = None) -> Ran:
    """Run the schedule of a seed; the same seed and limits, the same schedule."""
    chance = Random(seed)  # noqa: S311 - a schedule, no secret
    modes = [MODES[name] for name in limits.modes]
    stage = chance.choice(modes).stage
    weather = Weather(chance, limits.faults)
    scenario = deal(chance, tuple(mode for mode in modes if mode.stage == stage), limits.trips)
    world = SimulatedWorld(named(stage), chance, weather, AnyPace(chance), tell, tamper)
    _prepare(world, scenario)
    return Ran(
        seed=seed,
        violations=[*_run_to_rest(world, chance), *world.watchman.violations],
        trips=len(scenario.trips),
        effects=world.effects,
        seconds=world.agenda.now,
        struck=weather.struck,
        outcomes=Counter(str(_status(world, trip)) for trip in scenario.trips),
    )


def _prepare(world: SimulatedWorld, scenario: Scenario) -> None:
    """List what is scarce, and enter what clients will ask for."""
    for service in scenario.scarce:
        for item, unit, capacity in LAST_PLACES[service]:
            world.set_stock(service, item, unit, capacity)
    for put in scenario.puts:
        world.enter(put.at, partial(world.put, put.detail, put.detail_type))


def _run_to_rest(world: SimulatedWorld, chance: Random) -> list[Violation]:
    """With an operator who looks at dead letters now and then; in the end at some, and at all of those that nothing else heals."""
    for _ in range(chance.choice((0, 0, 1, 2))):
        world.enter(chance.uniform(0, 2 * world.weather.until), partial(_redrive_some, world, chance))
    try:
        world.settle()
        _redrive_some(world, chance)
        world.settle()
        while left := IRREPLACEABLE & {*world.parked_in}:
            world.redrive(min(left))
            world.settle()
    except NotAtRest as restless:
        return [Violation("L2", "the system", str(restless))]
    except Exception as error:  # whatever stumbles is told with its seed, and the other seeds go on
        return [Violation("crash", "the system", f"{type(error).__name__}: {error}")]
    return _audited(world)


def _redrive_some(world: SimulatedWorld, chance: Random) -> None:
    for inbox in world.parked_in:
        if chance.random() < 0.5:
            world.redrive(inbox)


def _audited(world: SimulatedWorld) -> list[Violation]:
    books = {name: world.books(name) for name in CATALOG.legs}
    trips = {trip for book in books.values() for trip in book.records}
    known = {trip: seen for trip in trips if (seen := world.known(trip)).noted}
    unheard = [
        Violation("L1", f"trip {trip}", "on record, and the observer knows nothing") for trip in trips - known.keys()
    ]
    return [*audit(books, known, CATALOG.legs), *unheard]


def _status(world: SimulatedWorld, trip: str) -> Status | None:
    summary = world.known(trip).summary
    return summary.status if summary else None
