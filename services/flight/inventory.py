"""From flight's nouns to stock: one item per departure and fare bucket, its capacity the number of seats."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.flight.domain import FARES, Flight, cheapest
from shared.saga.plan import Plan, Planning, Refused, available, capacity
from shared.saga.record import Claim, StockKey

SEATS = 20
"""Seats in each fare bucket of a departure that nobody has listed, unless the stage says otherwise."""


def plan(trip: Mapping[str, Any], unlisted: int | None) -> Planning:
    """A seat for each traveller, all in the cheapest open bucket."""
    seats = SEATS if unlisted is None else unlisted
    party: int = trip.get("travellers", 1)
    flight = Flight(trip["depart"], trip["arrive"], datetime.fromisoformat(trip["departAt"]))
    buckets = {fare: key_of(flight.designator, fare) for fare in FARES}
    shelf = yield tuple(buckets.values())
    if all(capacity(shelf, bucket, seats) == 0 for bucket in buckets.values()):
        return Refused("flight_unknown", f"no seats are listed on {flight.designator}; choose another flight")
    fare = cheapest({fare: available(shelf, bucket, seats) for fare, bucket in buckets.items()}, party)
    if fare is None:
        return Refused("flight_full", f"no fare on {flight.designator} has {party} seats left; choose another flight")
    return Plan((Claim(*buckets[fare], party, seats),), {"flight": flight.designator, "fare": fare, "seats": party})


def key_of(designator: str, fare: str) -> StockKey:
    """The stock item of a departure's fare bucket. Raises `ValueError` for a fare that is not sold."""
    if fare not in FARES:
        raise ValueError(f"unit = {fare!r}: name a fare, one of {', '.join(FARES)}")
    return StockKey(designator.strip(), fare)
