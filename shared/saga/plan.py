"""Plans: what a service would take from its stock for a trip, or why it will not.

A service plans by a generator that asks for stock and answers with a `Plan` or a `Refused`. It is pure: the runtime
reads the stock, and makes the plan true or asks again.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from shared.saga.record import Claim, Stock, StockKey


@dataclass(frozen=True)
class Plan:
    """Claims to be taken all or none, and what the service wants to tell about them in its `…Booked` fact."""

    claims: tuple[Claim, ...]
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """A business "no": a value, never an exception. `reason` is a stable code, `message` a sentence with the cure.

    `details` is what the step had written when it failed, in a saga that compensates failed steps too.
    """

    reason: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)


Shelf: TypeAlias = Mapping[StockKey, Stock]
"""The listed stock among the keys that were asked for, read strongly consistently."""

Planning: TypeAlias = Generator[Sequence[StockKey], Shelf, Plan | Refused]


def available(shelf: Shelf, key: StockKey, unlisted: int) -> int:
    """How much of an item is free; an item that nobody has listed has all its default capacity."""
    return shelf[key].available if key in shelf else unlisted


def capacity(shelf: Shelf, key: StockKey, unlisted: int) -> int:
    """How much of an item there is, free or held."""
    return shelf[key].capacity if key in shelf else unlisted
