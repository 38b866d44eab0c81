"""Effects as data: a core yields one, and is resumed with its result.

A core is the handling of one message. It has no other way to touch the world, one effect at a time, so that it can be
driven beside others in a batch, or re-run with recorded results up to any effect and stopped there.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from shared.message import Fact
from shared.ports import Closing, DeadLetters, Ledger, Publisher, Seen, Stale
from shared.saga.record import Record, StockKey

R = TypeVar("R")


@dataclass(frozen=True)
class Ports:
    """The world as one message sees it."""

    ledger: Ledger
    publisher: Publisher
    dead_letters: DeadLetters


class Effect(Protocol):
    """One touch of the world. Effects that touch a common key are not performed side by side."""

    def perform(self, ports: Any) -> Any:
        """Do it; the result is what the core is resumed with, an exception is thrown into the core."""

    def touches(self) -> frozenset[object]:
        """The keys it writes or reads."""


Core: TypeAlias = Generator[Effect, Any, R]
"""The handling of one message; it returns when the message may be deleted, and raises when it may not."""


@dataclass(frozen=True)
class Look:
    """Read the trip's record and some stock, strongly consistent."""

    trip_id: str
    keys: tuple[StockKey, ...] = ()

    def perform(self, ports: Ports) -> Seen:
        return ports.ledger.look(self.trip_id, self.keys)

    def touches(self) -> frozenset[object]:
        return frozenset({self.trip_id})


@dataclass(frozen=True)
class Decide:
    """Write a first decision in one transaction."""

    record: Record

    def perform(self, ports: Ports) -> Record | Stale:
        return ports.ledger.decide(self.record)

    def touches(self) -> frozenset[object]:
        return frozenset({self.record.trip_id, *(claim.key for claim in self.record.claims)})


@dataclass(frozen=True)
class Release:
    """Cancel a booking and give back what it claims, in one transaction."""

    booked: Record
    cancelled: Record

    def perform(self, ports: Ports) -> Record:
        return ports.ledger.release(self.booked, self.cancelled)

    def touches(self) -> frozenset[object]:
        return frozenset({self.booked.trip_id, *(claim.key for claim in self.booked.claims)})


@dataclass(frozen=True)
class Finish:
    """Close the dossier of a saga that is committed."""

    record: Record

    def perform(self, ports: Any) -> None:
        closing: Closing = ports.ledger
        closing.finish(self.record)

    def touches(self) -> frozenset[object]:
        return frozenset({self.record.trip_id})


@dataclass(frozen=True)
class Announce:
    """Put a fact on the bus. A batch's facts go out together."""

    fact: Fact

    def perform(self, ports: Ports) -> None:
        (failure,) = ports.publisher.publish([self.fact])
        if failure:
            raise failure

    def touches(self) -> frozenset[object]:
        return frozenset()


@dataclass(frozen=True)
class Quarantine:
    """Move the message to its dead-letter queue: it can never be handled."""

    body: str
    reason: str

    def perform(self, ports: Ports) -> None:
        ports.dead_letters.park(self.body, self.reason)

    def touches(self) -> frozenset[object]:
        return frozenset()


def look(trip_id: str, keys: Sequence[StockKey] = ()) -> Core[Seen]:
    """`Look`, typed."""
    seen: Seen = yield Look(trip_id, tuple(keys))
    return seen


def decide(record: Record) -> Core[Record | Stale]:
    """`Decide`, typed."""
    answer: Record | Stale = yield Decide(record)
    return answer


def release(booked: Record, cancelled: Record) -> Core[Record]:
    """`Release`, typed."""
    record: Record = yield Release(booked, cancelled)
    return record


def announce(fact: Fact) -> Core[None]:
    """`Announce`, typed."""
    yield Announce(fact)
