"""From car's nouns to stock: one item per class (its fleet), and one per vehicle and day (capacity one)."""

from collections.abc import Mapping, Sequence
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
    usual = VEHICLES if unlisted is None else unlisted
    days = _days(rental, fleet(fleet_key.item, usual))
    shelf = yield (fleet_key, *_keys(days))
    size = capacity(shelf, fleet_key, usual)
    if size != usual:  # somebody listed the fleet: look at those vehicles
        days = _days(rental, fleet(fleet_key.item, size))
        shelf = yield _keys(days)
    if not days:
        return Refused("car_unknown", f"no vehicle of class {rental.wanted!r} is listed; choose another class")
    for vehicle in turns(tuple(days), trip["tripId"]):
        if all(available(shelf, day, 1) for day in days[vehicle]):
            claims = tuple(Claim(day.item, day.unit, 1, 1) for day in days[vehicle])
            return Plan(claims, {"vehicle": vehicle, "days": [day.unit for day in days[vehicle]]})
    return Refused(
        "car_unavailable",
        f"no vehicle of class {rental.wanted!r} is free from {trip['carFrom']} to {trip['carTo']};"
        " choose another class or other dates",
    )


def _days(rental: Rental, vehicles: Sequence[str]) -> dict[str, list[StockKey]]:
    """Each vehicle's stock items for the rental."""
    return {vehicle: [StockKey(vehicle, day.isoformat()) for day in rental.days] for vehicle in vehicles}


def _keys(days: Mapping[str, list[StockKey]]) -> tuple[StockKey, ...]:
    return tuple(key for keys in days.values() for key in keys)


def key_of(wanted: str, unit: str) -> StockKey:
    """The stock item of a class's fleet. Raises `ValueError` for anything else: days are taken by bookings alone."""
    if unit != FLEET:
        raise ValueError(f"unit = {unit!r}: only the size of a fleet can be set; name it {FLEET!r}")
    return StockKey(known_as(wanted), FLEET)
