"""The ports: everything the saga touches outside itself goes through one of these."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from shared.message import Fact
from shared.saga.record import Record, Stock, StockKey


class Busy(Exception):
    """Nothing is known to be wrong: a conflict, a throttle, a lost answer. The message is to be delivered again."""


class Tripwire(Exception):
    """The tables contradict the protocol (less is held than a record claims): stop and alarm, never corrupt further."""


class Seen(NamedTuple):
    """A strongly consistent look at one trip's record and some stock; keys that nobody has listed are left out."""

    record: Record | None
    shelf: Mapping[StockKey, Stock]


class Stale(NamedTuple):
    """The plan's claims cannot be had (any more); nothing was written."""

    keys: tuple[StockKey, ...]


class Ledger(Protocol):
    """A participant's records and stock. Each write is one transaction. All may raise `Busy`."""

    def look(self, trip_id: str, keys: Sequence[StockKey]) -> Seen:
        """The trip's record, and those of the keys that are listed."""

    def decide(self, record: Record) -> Record | Stale:
        """Write a first decision with its claims, if there is none yet.

        Answers the record that stands now: the given one, or the one that was there before. `Stale` if there is no
        record and a claim cannot be had.
        """

    def release(self, booked: Record, cancelled: Record) -> Record:
        """Replace a record by its cancellation and give its claims back, if its state and its request are still the same.

        Answers the record that stands now. Raises `Tripwire` if less is held than the booking claims.
        """


class Closing(Protocol):
    """Where a saga's dossier is closed. May raise `Busy`."""

    def finish(self, record: Record) -> None:
        """Close the dossier of the pivot's booking, once."""


class Publisher(Protocol):
    """Puts facts on the bus."""

    def publish(self, facts: Sequence[Fact]) -> Sequence[Exception | None]:
        """Put all; the answer tells, entry by entry, what is not on the bus and why."""


class DeadLetters(Protocol):
    """Where a message goes that can never be handled."""

    def park(self, body: str, reason: str) -> None:
        """Keep the message with its reason; may raise `Busy`."""
