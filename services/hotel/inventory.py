"""From hotel's nouns to stock: one item per hotel and night, its capacity the number of rooms."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from services.hotel.domain import MAX_NIGHTS, Stay, known_as, sleeps, too_long
from shared.saga.plan import Plan, Planning, Refused, available, capacity
from shared.saga.record import Claim, StockKey

ROOMS = 10
"""Rooms of a hotel that nobody has listed, unless the stage says otherwise."""


def plan(trip: Mapping[str, Any], unlisted: int | None) -> Planning:
    """One room for every night of the stay, all or none."""
    rooms = ROOMS if unlisted is None else unlisted
    stay = Stay(trip["hotel"], datetime.fromisoformat(trip["checkIn"]), datetime.fromisoformat(trip["checkOut"]))
    if not sleeps(stay):
        return Refused(
            "no_night", f"checkOut {trip['checkOut']} is no night after checkIn {trip['checkIn']}; leave a day later"
        )
    if too_long(stay):
        return Refused("stay_too_long", f"a stay is at most {MAX_NIGHTS} nights, not {len(stay.nights)}; split it")
    nights = [key_of(stay.hotel, night.isoformat()) for night in stay.nights]
    shelf = yield nights
    if all(capacity(shelf, night, rooms) == 0 for night in nights):
        return Refused("hotel_unknown", f"no rooms are listed at {stay.hotel!r} for this stay; choose another hotel")
    for night in nights:
        if available(shelf, night, rooms) < 1:
            return Refused("hotel_full", f"no room left at {stay.hotel!r} on {night.unit}; choose other dates")
    return Plan(
        tuple(Claim(night.item, night.unit, 1, rooms) for night in nights),
        {"hotel": stay.hotel, "nights": [night.unit for night in nights]},
    )


def key_of(hotel: str, night: str) -> StockKey:
    """The stock item of a hotel's night. Raises `ValueError` unless the night is an ISO date."""
    try:
        return StockKey(known_as(hotel), date.fromisoformat(night).isoformat())
    except ValueError as error:
        raise ValueError(f"unit = {night!r}: name a night by its date, such as 2027-07-10") from error
