"""What counts cost: US dollars by meter and owner, and at which volume one way becomes cheaper than another."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from infra.prices import Prices
from sandbox.metering.counts import (
    EVENTS,
    GB_SECONDS,
    INIT_GB_SECONDS,
    INVOCATIONS,
    LOG_BYTES,
    QUEUE_REQUESTS,
    READ_UNITS,
    TRANSITIONS,
    WRITE_UNITS,
    Counts,
)

MILLION: Final = 1_000_000

PRICED: Final[Mapping[str, tuple[str, float]]] = {
    EVENTS: ("event", 1),
    QUEUE_REQUESTS: ("queue_request", 1),
    INVOCATIONS: ("lambda_request", 1),
    GB_SECONDS: ("lambda_gb_second", 1),
    INIT_GB_SECONDS: ("lambda_gb_second", 1),
    WRITE_UNITS: ("write_unit", 1),
    READ_UNITS: ("read_unit", 1),
    TRANSITIONS: ("state_transition", 1),
    LOG_BYTES: ("log_gb", 1e-9),
}
"""Each meter's price, and how many of the price's units one count is."""


def dollars(counts: Counts, prices: Prices) -> float:
    """What these counts cost."""
    return sum(by_meter(counts, prices).values())


def by_meter(counts: Counts, prices: Prices) -> dict[str, float]:
    """What these counts cost, by meter; every meter that has a price is there."""
    return {meter: counts[meter] * units * prices[price] for meter, (price, units) in PRICED.items()}


def by_owner(counts: Counts, prices: Prices) -> dict[str, float]:
    """What these counts cost, by the service whose resources were used."""
    return {owner: dollars(own, prices) for owner, own in counts.by_owner().items()}


def per_million(counts: Counts, trips: int, prices: Prices) -> float:
    """What a million trips like these would cost. Raises ValueError for no trips."""
    if trips < 1:
        raise ValueError(f"trips = {trips}: the cost of a trip needs at least one")
    return dollars(counts, prices) / trips * MILLION


@dataclass(frozen=True, slots=True)
class Tariff:
    """What a way of working costs: dollars a month whatever happens, and dollars for each trip."""

    month: float
    trip: float

    def at(self, trips: float) -> float:
        """Dollars in a month of so many trips."""
        return self.month + trips * self.trip


def break_even(one: Tariff, other: Tariff) -> float | None:
    """The trips a month at which both cost the same; None when one of them is cheaper at every volume, or they never differ."""
    if one.trip == other.trip:
        return None
    trips = (other.month - one.month) / (one.trip - other.trip)
    return trips if trips > 0 else None
