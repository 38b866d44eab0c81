"""Who asks for what, and when: a few trips, dealt out by a seed, that are in each other's way as often as not."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from infra.catalog import CATALOG
from sandbox.modes import Mode

MOST_TRIPS: Final = 4
NIGHTS: Final = ("2027-07-10", "2027-07-11")

Trip = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Put:
    """An event that a client puts, so many seconds after the start."""

    at: float
    detail_type: str
    detail: Trip


@dataclass(frozen=True, slots=True)
class Scenario:
    """The clients' part of a schedule. `scarce`: the services that have one place left for all trips."""

    puts: tuple[Put, ...]
    scarce: tuple[str, ...] = ()
    trips: tuple[str, ...] = field(default=())


def deal(chance: Random, modes: tuple[Mode, ...], most: int = MOST_TRIPS) -> Scenario:
    """One to `most` trips, with their cancels, repetitions and conflicts."""
    count = min(most, chance.choice((1, 1, 2, 2, 2, 3, 4)))
    scarce = tuple(name for name in CATALOG.legs if chance.random() < 0.3)
    trips = [f"trip-{number}" for number in range(1, count + 1)]
    puts = [put for trip in trips for put in _puts(trip, chance, modes)]
    return Scenario(tuple(sorted(puts, key=lambda put: put.at)), scarce, tuple(trips))


def _puts(trip_id: str, chance: Random, modes: tuple[Mode, ...]) -> Iterator[Put]:
    """A trip's request; perhaps again, perhaps another one under its id, perhaps its cancel, before or after."""
    mode = chance.choice(modes)
    trip = mode.ask(_trip(trip_id, chance))
    asked_at = chance.uniform(0, 2)
    yield Put(asked_at, "TripRequested", trip)
    if chance.random() < 0.15:
        yield Put(_soon_or_late(chance), "TripRequested", trip)
    if chance.random() < 0.1:
        yield Put(_soon_or_late(chance), "TripRequested", {**trip, "travellers": 3})
    if chance.random() < 0.35:
        yield Put(_soon_or_late(chance), "TripCancelRequested", {"tripId": trip_id})
    if chance.random() < 0.1:
        yield Put(_soon_or_late(chance), "TripCancelRequested", {"tripId": trip_id})


def _soon_or_late(chance: Random) -> float:
    """From a hundredth of a second to a quarter of an hour, as likely in each decade."""
    return float(10 ** chance.uniform(-2, 2.95))


def _trip(trip_id: str, chance: Random) -> Trip:
    refused = chance.choice([*CATALOG.participants]) if chance.random() < 0.25 else None
    return {**request_of(trip_id), **({f"failBook{refused.noun}": True} if refused else {})}


def request_of(trip_id: str) -> Trip:
    """A trip of two nights, for one traveller, with two days of a car."""
    return {
        "tripId": trip_id,
        "depart": "London",
        "departAt": f"{NIGHTS[0]}T06:00:00Z",
        "arrive": "Dublin",
        "arriveAt": f"{NIGHTS[0]}T08:00:00Z",
        "hotel": "Shelbourne",
        "checkIn": f"{NIGHTS[0]}T12:00:00Z",
        "checkOut": "2027-07-12T10:00:00Z",
        "car": "Volvo",
        "carFrom": f"{NIGHTS[0]}T09:00:00Z",
        "carTo": "2027-07-12T00:00:00Z",
    }


FLIGHT: Final = "london > dublin 2027-07-10T06:00Z"
LAST_PLACES: Final = {
    "hotel": [("Shelbourne", night, 1) for night in NIGHTS],
    "flight": [(FLIGHT, "saver", 1), (FLIGHT, "flex", 0), (FLIGHT, "full", 0)],
    "car": [("Volvo", "fleet", 1)],
}
"""What is listed where one place is left: item, unit, capacity."""
