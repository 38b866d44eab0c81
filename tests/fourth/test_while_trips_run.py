"""The fourth participant is added while trips are under way: those that began without it end without it, all others have it.

One service is deployed after the other, in the order of docs/adding-a-service.md, with trips in every queue.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

import pytest

from infra.catalog import OBSERVER, ORCHESTRATOR, PARTICIPANTS, Catalog
from infra.names import PLATFORM, QUARANTINE
from infra.rules import all_rules
from infra.stages import named
from sandbox.auditor import audit
from sandbox.memory.ledger import MemoryLedger
from sandbox.memory.world import MemoryWorld
from sandbox.modes import MODES, ORCHESTRATION, Mode
from sandbox.world import Inbox
from shared.saga.record import State
from shared.saga.timeline import Status
from tests.fourth.test_fourth import FOUR, OUTING, THREE
from tests.fourth.tour.inventory import key_of
from tests.fourth.tour.participant import TOUR
from tests.samples import a_trip

ORDER = (PLATFORM, OBSERVER, "tour", "car", "flight", ORCHESTRATOR, "hotel")
"""The first leg, which stamps the new definition, comes last; before it, whoever has to know what it stamps."""
KINDS: Sequence[dict[str, object]] = ({}, {}, {"failBookCar": True}, {"failBookFlight": True}, {"failBookTour": True})
A_FEW, MANY = 4, 12


class Load:
    """Clients that go on asking, and a stage that goes on working, while services are deployed."""

    def __init__(self, world: MemoryWorld) -> None:
        self.world = world
        self.trips: list[str] = []
        self._numbers = count(1)

    def more(self, trips: int = A_FEW, steps: int = MANY) -> None:
        """Some more trips, one in six of them cancelled at once, and some work on whatever is under way."""
        for number in (next(self._numbers) for _ in range(trips)):
            name = f"trip-{number}"
            self.trips.append(name)
            kind = KINDS[number % len(KINDS)]
            places = {"hotel": f"Inn {number}", "car": f"Van {number}", "tour": OUTING}
            self.world.put(self.world.mode.ask(a_trip(tripId=name, **places, **kind)))
            if number % 6 == 0:
                self.world.put({"tripId": name}, "TripCancelRequested")
        left = iter(range(steps))
        self.world.wait_for(lambda: next(left, None) is None, "work: there is too little of it")

    def definition(self, name: str) -> int:
        """Under which definition the trip was taken; 0: no leg has booked it."""
        found = (self.world.books(leg).records.get(name) for leg in FOUR.legs)
        return max((record.definition for record in found if record and record.trip), default=0)

    def booked(self, name: str) -> set[str]:
        records = {leg: self.world.books(leg).records.get(name) for leg in FOUR.legs}
        return {leg for leg, record in records.items() if record and record.state is State.BOOKED}

    def status(self, name: str) -> Status | None:
        summary = self.world.known(name).summary
        return summary.status if summary else None

    def violations(self) -> list[object]:
        books = {leg: self.world.books(leg) for leg in FOUR.legs}
        return [*audit(books, {name: self.world.known(name) for name in self.trips}, FOUR.legs)]


def world_of(mode: Mode, seed: int) -> MemoryWorld:
    world = MemoryWorld(named(mode.stage), seed, duplicates=2, mode=mode, catalog=THREE)
    world.ledgers["tour"] = MemoryLedger()
    world.ledgers["tour"].set_capacity(key_of("Old Town", "2017-07-11"), 1000)
    return world


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("mode", MODES.values(), ids=lambda mode: mode.name)
def test_trips_under_way_end_as_they_began(mode: Mode, seed: int) -> None:
    """Nothing is lost, stuck, parked or booked in part; nobody of the old definition has a tour, everybody of the new one has."""
    load = Load(world_of(mode, seed))
    load.more()
    for service in ORDER:
        load.world.deploy(service, FOUR)
        load.more()
    load.more(2 * A_FEW)
    load.world.settle()
    assert load.violations() == []
    confirmed = [name for name in load.trips if load.status(name) is Status.CONFIRMED]
    taken = {name: load.definition(name) for name in confirmed}
    assert {*taken.values()} == {1, 2}
    for name, definition in taken.items():
        assert load.booked(name) == {*FOUR.legs.of(definition)}
    assert not any(load.world.parked(Inbox(service, role)) for service, role in inboxes())


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("mode", [mode for mode in MODES.values() if mode != ORCHESTRATION], ids=lambda mode: mode.name)
def test_a_first_leg_that_is_deployed_too_early_commits_nothing(mode: Mode, seed: int) -> None:
    """Under a definition that the pivot does not know the trip waits in the quarantine, and ends by its deadline."""
    load = Load(world_of(mode, seed))
    load.world.deploy("hotel", FOUR)
    load.world.put(a_trip(tripId="trip-1", tour=OUTING))
    load.world.settle()
    assert load.booked("trip-1") == {"hotel", "flight"}
    assert len(load.world.parked(Inbox(PLATFORM, QUARANTINE)) or load.world.waiting(Inbox(PLATFORM, QUARANTINE))) > 0
    summary = load.world.known("trip-1").summary
    assert summary is not None
    load.world.wait_until(summary.due)
    load.world.tick()
    load.world.settle()
    assert load.booked("trip-1") == set()
    assert load.status("trip-1") is Status.FAILED


@pytest.mark.parametrize("stage", ["prod", "prod-reverse"])
def test_when_the_old_definition_has_ended_its_rules_go(stage: str) -> None:
    """`oldest` says so: the pivot follows the newcomer alone, and in reverse order flight waits for it alone."""
    drained = replace(FOUR, oldest=2)
    before, after = ({(it.service, it.purpose) for it in all_rules(each, named(stage))} for each in (FOUR, drained))
    assert before - after == {("car", "after-flight")} | ({("flight", "car-ended")} if "reverse" in stage else set())
    assert after <= before


def test_the_pivot_cannot_be_joined_by_another_while_trips_are_under_way() -> None:
    """Who commits is not changed under a trip; between the first leg and the pivot there is room."""
    late = replace(TOUR, leg=35)
    with pytest.raises(ValueError, match="only a leg between the first and the pivot can be added meanwhile"):
        Catalog.of(*PARTICIPANTS, late)


def inboxes() -> Iterator[tuple[str, str]]:
    """Every queue of the stage."""
    yield from {(rule.service, rule.role) for rule in all_rules(FOUR, named("local"))} - {(PLATFORM, QUARANTINE)}
