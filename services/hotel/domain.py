"""Hotel's nouns and rules: a stay is some nights, and takes one room on every one of them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

MAX_NIGHTS = 60


@dataclass(frozen=True)
class Stay:
    """A party's stay at a hotel. Check-in and check-out are read by the hotel's own calendar: the dates as written."""

    hotel: str
    check_in: datetime
    check_out: datetime

    @property
    def nights(self) -> tuple[date, ...]:
        """Every night slept: from the day of check-in to the day before check-out."""
        first = self.check_in.date()
        return tuple(first + timedelta(days=n) for n in range((self.check_out.date() - first).days))


def sleeps(stay: Stay) -> bool:
    """A stay without a night is not a stay."""
    return bool(stay.nights)


def too_long(stay: Stay) -> bool:
    """The house lets rooms for at most `MAX_NIGHTS` nights."""
    return len(stay.nights) > MAX_NIGHTS


def known_as(name: str) -> str:
    """The name a hotel is listed under: spelling of case and space does not matter."""
    return " ".join(name.casefold().split())
