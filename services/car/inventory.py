"""From car's nouns to stock: one item per class (its fleet), and one per vehicle and day (capacity one)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from services.car.domain import Rental, fleet, known_as, turns
from shared.saga.plan import Plan, Planning, Refused, available, capacity
from shared.saga.record import Claim, StockKey

FLEET = "fleet"
AT_ONCE = 98
"""Stock items to look at in one go: with the fleet's and the record they make one read of a hundred."""
VEHICLES = 5
"""Vehicles of a class that nobody has listed, unless the stage says otherwise."""


def plan(trip: Mapping[str, Any], unlisted: int | None) -> Planning:
    """One vehicle that is free on every day of the rental; a large fleet is looked at some vehicles at a time."""
    rental = Rental(trip["car"], datetime.fromisoformat(trip["carFrom"]), datetime.fromisoformat(trip["carTo"]))
    fleet_key = key_of(rental.wanted, FLEET)
    usual = VEHICLES if unlisted is None else unlisted
    some = max(1, AT_ONCE // len(rental.days))
    vehicles = turns(fleet(fleet_key.item, usual), trip["tripId"])
    shelf = yield (fleet_key, *_keys(rental, vehicles[:some]))
    size = capacity(shelf, fleet_key, usual)
    if size == 0:
        return Refused("car_unknown", f"no vehicle of class {rental.wanted!r} is listed; choose another class")
    if size != usual:  # somebody listed the fleet
        vehicles, shelf = turns(fleet(fleet_key.item, size), trip["tripId"]), {}
    for start in range(0, size, some):
        chunk = vehicles[start : start + some]
        if start or size != usual:
            shelf = yield _keys(rental, chunk)
        for vehicle in chunk:
            if all(available(shelf, key, 1) for key in _keys(rental, [vehicle])):
                return _plan(rental, vehicle)
    return Refused(
        "car_unavailable",
        f"no vehicle of class {rental.wanted!r} is free from {trip['carFrom']} to {trip['carTo']};"
        " choose another class or other dates",
    )


def _plan(rental: Rental, vehicle: str) -> Plan:
    keys = _keys(rental, [vehicle])
    claims = tuple(Claim(key.item, key.unit, 1, 1) for key in keys)
    return Plan(claims, {"vehicle": vehicle, "days": [key.unit for key in keys]})


def _keys(rental: Rental, vehicles: Sequence[str]) -> tuple[StockKey, ...]:
    """The stock items of some vehicles, a day each."""
    return tuple(StockKey(vehicle, day.isoformat()) for vehicle in vehicles for day in rental.days)


def key_of(wanted: str, unit: str) -> StockKey:
    """The stock item of a class's fleet. Raises `ValueError` for anything else: days are taken by bookings alone."""
    if unit != FLEET:
        raise ValueError(f"unit = {unit!r}: only the size of a fleet can be set; name it {FLEET!r}")
    return StockKey(known_as(wanted), FLEET)
