"""From car's nouns to stock: one item per class (its fleet), and one per vehicle and day (capacity one)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.car.domain import Rental, fleet, known_as, turns
from shared.saga.plan import Plan, Planning, Refused, available, capacity
from shared.saga.record import Claim, StockKey

FLEET = "fleet"
VEHICLES = 5
"""Vehicles of a class that nobody has listed, unless the stage says otherwise."""


def plan(trip: Mapping[str, Any], unlisted: int | None) -> Planning:
    """One vehicle that is free on every day of the rental."""
    rental = Rental(trip["car"], datetime.fromisoformat(trip["carFrom"]), datetime.fromisoformat(trip["carTo"]))
    fleet_key = key_of(rental.wanted, FLEET)
    vehicles = fleet(
        fleet_key.item, capacity((yield (fleet_key,)), fleet_key, VEHICLES if unlisted is None else unlisted)
    )
    if not vehicles:
        return Refused("car_unknown", f"no vehicle of class {rental.wanted!r} is listed; choose another class")
    days = {vehicle: [StockKey(vehicle, day.isoformat()) for day in rental.days] for vehicle in vehicles}
    shelf = yield [key for keys in days.values() for key in keys]
    for vehicle in turns(vehicles, trip["tripId"]):
        if all(available(shelf, day, 1) for day in days[vehicle]):
            claims = tuple(Claim(day.item, day.unit, 1, 1) for day in days[vehicle])
            return Plan(claims, {"vehicle": vehicle, "days": [day.unit for day in days[vehicle]]})
    return Refused(
        "car_unavailable",
        f"no vehicle of class {rental.wanted!r} is free from {trip['carFrom']} to {trip['carTo']}; choose another class or other dates",
    )


def key_of(wanted: str, unit: str) -> StockKey:
    """The stock item of a class's fleet. Raises `ValueError` for anything else: days are taken by bookings alone."""
    if unit != FLEET:
        raise ValueError(f"unit = {unit!r}: only the size of a fleet can be set; name it {FLEET!r}")
    return StockKey(known_as(wanted), FLEET)
