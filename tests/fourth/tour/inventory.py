"""From tour's nouns to stock: one item per tour and day, its capacity the number of places."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from shared.saga.plan import Plan, Planning, Refused, available
from shared.saga.record import Claim, StockKey
from tests.fourth.tour.domain import Outing, known_as, too_many

PLACES = 12
"""Places on a tour that nobody has listed, unless the stage says otherwise."""


def plan(trip: Mapping[str, Any], unlisted: int | None) -> Planning:
    """The party's places; a trip without a tour needs none."""
    wanted = trip.get("tour")
    if wanted is None:
        return Plan((), {"places": 0})
    outing = Outing(wanted["name"], date.fromisoformat(wanted["day"]), wanted.get("places", 1))
    if too_many(outing):
        return Refused("party_too_large", f"{outing.places} are too many for one guide; split the party")
    key, usual = key_of(outing.tour, outing.day.isoformat()), PLACES if unlisted is None else unlisted
    shelf = yield (key,)
    if available(shelf, key, usual) < outing.places:
        return Refused("tour_full", f"no {outing.places} places left on {outing.tour!r}; choose another day")
    return Plan((Claim(*key, outing.places, usual),), {"places": outing.places})


def key_of(tour: str, day: str) -> StockKey:
    """The stock item of a tour's day. Raises `ValueError` unless the day is an ISO date."""
    return StockKey(known_as(tour), date.fromisoformat(day).isoformat())
