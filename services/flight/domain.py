"""Flight's nouns and rules: seats are sold in fare buckets, the cheapest one that holds the whole party first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

FARES = ("saver", "flex", "full")
"""The fare buckets, cheapest first."""


@dataclass(frozen=True)
class Flight:
    """A departure: from where, to where, and when."""

    depart: str
    arrive: str
    departs_at: datetime

    @property
    def designator(self) -> str:
        """What the departure is listed under: the route and the minute in UTC."""
        return f"{_place(self.depart)} > {_place(self.arrive)} {self.departs_at.astimezone(UTC):%Y-%m-%dT%H:%MZ}"


def _place(name: str) -> str:
    return " ".join(name.lower().split())


def cheapest(open_seats: Mapping[str, int], party: int) -> str | None:
    """The cheapest fare with a seat for everyone; a party is not split."""
    return next((fare for fare in FARES if open_seats[fare] >= party), None)
