"""One record per trip and participant: outbox and idempotency record at once. Its state only moves up."""

from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from shared.message import Instant, Mode


class State(StrEnum):
    """(none) < BOOKED < CANCELLED; (none) < FAILED; (none) < CANCELLED (a tombstone).

    In a saga that undoes failures also FAILED < CANCELLED.
    """

    BOOKED = "BOOKED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class StockKey(NamedTuple):
    """Names one stock item: what it is (a hotel, a flight, a class of cars) and which unit of it (a night, a fare, a day)."""

    item: str
    unit: str

    def __str__(self) -> str:
        return f"{self.item} / {self.unit}"


class Stock(msgspec.Struct, frozen=True):
    """A stock item; `available + held = capacity`, always (DynamoDB conditions cannot add)."""

    capacity: int
    available: int
    held: int = 0


class Claim(msgspec.Struct, frozen=True):
    """What a reservation takes from one stock item. `unlisted` is the item's capacity should nobody have listed it."""

    item: str
    unit: str
    quantity: int
    unlisted: int

    @property
    def key(self) -> StockKey:
        return StockKey(self.item, self.unit)


class Record(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, rename="camel"):
    """What a participant decided about a trip. The announced fact is built from this alone.

    `cause` is the id of the event that decided it; `released` tells a booking that was given back from a tombstone;
    `trip` is the request as it travels (absent when the decision came before any request).
    """

    trip_id: str
    state: State
    cause: str
    decided_at: Instant
    mode: Mode
    request_hash: str | None = None
    trip: dict[str, Any] | None = None
    claims: tuple[Claim, ...] = ()
    details: dict[str, Any] = {}
    reason: str = ""
    message: str = ""
    released: bool = False
    requested_at: Instant | None = None
    deadline: Instant | None = None
    definition: int = 1


def conflicts(one: str | None, other: str | None) -> bool:
    """Whether two request hashes name different requests; a decision made without one accepts any."""
    return one is not None and other is not None and one != other
