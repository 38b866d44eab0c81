"""Car's nouns and rules: a rental takes a particular vehicle, whole days, from pick-up to drop-off."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zlib import crc32

INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True)
class Rental:
    """A class of cars, wanted from pick-up to drop-off. Days are those of the counter's calendar: the dates as written."""

    wanted: str
    pick_up: datetime
    drop_off: datetime

    @property
    def days(self) -> tuple[date, ...]:
        """Every day the vehicle is away: at least that of the pick-up; a drop-off at midnight leaves the next day free."""
        day = self.pick_up.date()
        last = max(day, (self.drop_off - INSTANT).date())  # two offsets may put the drop-off on an earlier date
        return tuple(day + timedelta(days=n) for n in range((last - day).days + 1))


def known_as(wanted: str) -> str:
    """The name a class of cars is listed under."""
    return "-".join(wanted.upper().split())


def fleet(car_class: str, size: int) -> tuple[str, ...]:
    """The vehicles of a class, by number."""
    return tuple(f"{car_class}-{number}" for number in range(1, size + 1))


def turns(vehicles: Sequence[str], trip_id: str) -> tuple[str, ...]:
    """The vehicles in the order a trip tries them: it starts at its own place, so that not all want the first one."""
    start = crc32(trip_id.encode()) % len(vehicles) if vehicles else 0
    return (*vehicles[start:], *vehicles[:start])
