"""Tour's nouns and rules: a guided tour on one day takes so many places."""

from dataclasses import dataclass
from datetime import date

LARGEST_PARTY = 9


@dataclass(frozen=True)
class Outing:
    """A party on a tour."""

    tour: str
    day: date
    places: int


def too_many(outing: Outing) -> bool:
    """A guide takes at most `LARGEST_PARTY` of one party."""
    return outing.places > LARGEST_PARTY


def known_as(tour: str) -> str:
    """The name a tour is listed under: spelling of case and space does not matter."""
    return " ".join(tour.casefold().split())
