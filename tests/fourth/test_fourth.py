"""A fourth participant, six small files: it takes part in trips in every mode, and the others do not notice."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from infra import settings
from infra.catalog import ORCHESTRATOR, PARTICIPANTS, Catalog
from infra.machine import definition
from infra.names import PLATFORM
from infra.rules import all_rules
from infra.stages import Stage, named
from sandbox.auditor import audit
from sandbox.memory.world import MemoryWorld
from sandbox.modes import CHOREOGRAPHY, MODES
from shared.saga.record import State
from shared.saga.timeline import Facts, Status, in_words, saga_log, verdict
from tests.fourth.tour.participant import TOUR
from tests.samples import a_trip

HOTEL, FLIGHT, CAR = PARTICIPANTS
THREE, FOUR = Catalog.of(*PARTICIPANTS), Catalog.of(HOTEL, FLIGHT, TOUR, CAR)
STEPS = {who.name: who.step for who in FOUR.described}
OUTING = {"name": "Old Town", "day": "2017-07-11", "places": 2}
BOOKED = State.BOOKED


class Trips:
    """Trips in a world with the fourth participant."""

    def __init__(self, world: MemoryWorld) -> None:
        self.world = world

    def book(self, name: str = "trip-1", **changes: Any) -> None:
        self.world.put(self.world.mode.ask(a_trip(tripId=name, **changes)))
        self.world.settle()

    def facts(self, name: str = "trip-1") -> Facts:
        return Facts(self.world.known(name).noted, FOUR.legs)

    def log(self) -> list[str]:
        return [
            in_words(line, FOUR.saga, STEPS.get(line.participant, "")).split(" (")[0] for line in saga_log(self.facts())
        ]

    def booked(self, name: str = "trip-1") -> set[str]:
        """Who holds something for the trip."""
        states = {leg: self.world.books(leg).records.get(name) for leg in FOUR.legs}
        return {leg for leg, record in states.items() if record and record.state is BOOKED}

    def held(self) -> int:
        return sum(item.held for item in self.world.books("tour").stock.values())


@pytest.fixture(params=MODES)
def trips(request: pytest.FixtureRequest) -> Iterator[Trips]:
    """In each mode; the auditor has the last word."""
    mode = MODES[request.param]
    world = MemoryWorld(named(mode.stage), mode=mode, catalog=FOUR, duplicates=2)
    yield Trips(world)
    names = {name for leg in FOUR.legs for name in world.books(leg).records}
    known = {name: world.known(name) for name in names}
    assert audit({leg: world.books(leg) for leg in FOUR.legs}, known, FOUR.legs) == []


def test_it_is_booked_between_the_flight_and_the_car(trips: Trips) -> None:
    """Its part of the request passes through the others unread."""
    trips.book(tour=OUTING)
    assert trips.booked() == {"hotel", "flight", "tour", "car"}
    assert trips.held() == 2
    steps = ["hotel", "flight", "tour", "car rental"]
    middle = [f"{word} book {step}" for step in steps for word in ("start", "end")]
    assert trips.log() == ["begin saga", *middle, "end saga"]


def test_a_trip_without_a_tour_goes_on_without_one(trips: Trips) -> None:
    """Nothing is claimed; the trip is confirmed."""
    trips.book()
    assert trips.booked() == {"hotel", "flight", "tour", "car"}
    assert trips.held() == 0


def test_it_is_given_back_when_the_car_fails(trips: Trips) -> None:
    """Strictly backwards where the mode promises that."""
    trips.book(tour=OUTING, failBookCar=True)
    assert (trips.booked(), trips.held()) == (set(), 0)
    undone = [line.removeprefix("end cancel ") for line in trips.log() if line.startswith("end cancel ")]
    if trips.world.mode is not CHOREOGRAPHY:
        assert undone == ["tour", "flight", "hotel"]
    assert sorted(undone) == ["flight", "hotel", "tour"]


@pytest.mark.parametrize("changes", [{"failBookTour": True}, {"tour": {**OUTING, "places": 10}}])
def test_its_refusal_gives_back_what_the_earlier_ones_hold(trips: Trips, changes: Mapping[str, Any]) -> None:
    """The legs before it were deployed before it was thought of."""
    trips.book(**changes)
    assert (trips.booked(), verdict(trips.facts()).status) == (set(), Status.FAILED)
    assert "start book car rental" not in trips.log()


def test_of_two_trips_for_the_last_places_one_wins(trips: Trips) -> None:
    """Its stock is counted as everybody's."""
    trips.world.set_stock("tour", "Old Town", "2017-07-11", 3)
    for name in ("trip-1", "trip-2"):
        trips.book(name, tour=OUTING)
    assert [len(trips.booked(name)) for name in ("trip-1", "trip-2")] == [4, 0]
    assert verdict(trips.facts("trip-2")).reason == "tour_full"


def test_a_user_cancels_it_with_the_rest(trips: Trips) -> None:
    """After the commit, on request."""
    trips.book(tour=OUTING)
    trips.world.put({"tripId": "trip-1"}, "TripCancelRequested")
    trips.world.settle()
    assert (trips.booked(), trips.held()) == (set(), 0)


def told(catalog: Catalog, stage: Stage) -> dict[str, object]:
    """All that the deployment makes of the catalogue, by service."""
    rules = {
        service: [rule for rule in all_rules(catalog, stage) if rule.service == service]
        for service in (PLATFORM, *catalog.services)
    }
    environment = {who.name: settings.participant(catalog, stage, who) for who in catalog.participants}
    further = {
        catalog.saga.observer: settings.observer(catalog, stage, catalog.saga.observer),
        ORCHESTRATOR: definition(catalog, str, str),
    }
    return {service: (rules[service], {**environment, **further}.get(service)) for service in rules}


@pytest.mark.parametrize(
    ("stage", "touched"),
    [
        ("prod", {"hotel", "car", "trip", "orchestrator", "platform"}),
        ("prod-reverse", {"hotel", "car", "flight", "trip", "orchestrator", "platform"}),
    ],
)
def test_adding_it_touches_its_one_neighbour_and_those_who_know_everybody(stage: str, touched: set[str]) -> None:
    """Car follows it now, and hotel stamps the new definition; trip knows every leg, the machine calls them all, the quarantine
    knows every word. In reverse order flight waits for it."""
    before, after = told(THREE, named(stage)), told(FOUR, named(stage))
    assert {service for service in before if before[service] != after[service]} == touched
    assert after.keys() - before.keys() == {"tour"}
