"""The auditor: checks the protocol's invariants on what is on record, on any engine.

S1 stock adds up; S3 nobody announced both Booked and BookingFailed; S4 a booked pivot has every earlier leg booked;
S6 a commit is undone only by the user; L1 (of a system at rest) every trip is booked by all or by none, and its status
says so.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from sandbox.world import Books
from shared.observer.standing import Known
from shared.saga.declaration import Saga
from shared.saga.record import Record, State, StockKey
from shared.saga.timeline import Facts, Status, facts_of, legs_of, verdict
from shared.trip import TRIP


class Violation(NamedTuple):
    """An invariant that does not hold, and where."""

    invariant: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.invariant} at {self.where}: {self.what}"


def audit(
    books: Mapping[str, Books],
    known: Mapping[str, Known],
    legs: Mapping[str, int],
    trips: Collection[str] | None = None,
    saga: Saga = TRIP,
) -> list[Violation]:
    """Everything that is wrong with a system at rest: the participants' books, and the observer's, by trip.

    All stock is checked; `trips` limits what is checked trip by trip.
    """
    by_trip = _chosen(books, trips)
    facts = {trip: facts_of(saga, seen.noted, legs) for trip, seen in known.items()}
    return [
        *at_any_moment(books, known, legs, trips, saga),
        *(violation for trip, records in by_trip.items() for violation in _settled(trip, records, legs)),
        *(
            violation
            for trip, records in by_trip.items()
            if trip in known
            for violation in _status(trip, records, known[trip], facts[trip])
        ),
    ]


def at_any_moment(
    books: Mapping[str, Books],
    known: Mapping[str, Known],
    legs: Mapping[str, int],
    trips: Collection[str] | None = None,
    saga: Saga = TRIP,
) -> list[Violation]:
    """What is wrong even with a system at work: S1, S3, S4, S6. `known`: all that was announced."""
    facts = {trip: facts_of(saga, seen.noted, legs) for trip, seen in known.items()}
    return [
        *(violation for name, book in books.items() for violation in _stock(name, book)),
        *(violation for trip, records in _chosen(books, trips).items() for violation in _commit(trip, records, legs)),
        *(violation for trip, seen in facts.items() for violation in _announced(trip, seen)),
    ]


def _chosen(books: Mapping[str, Books], trips: Collection[str] | None) -> dict[str, dict[str, Record]]:
    return {trip: records for trip, records in _by_trip(books).items() if trips is None or trip in trips}


def _by_trip(books: Mapping[str, Books]) -> dict[str, dict[str, Record]]:
    trips: dict[str, dict[str, Record]] = {}
    for name, book in books.items():
        for trip, record in book.records.items():
            trips.setdefault(trip, {})[name] = record
    return trips


def _stock(name: str, book: Books) -> Iterator[Violation]:
    claimed: Counter[StockKey] = Counter()
    for record in book.records.values():
        if record.state is State.BOOKED:
            claimed.update({claim.key: claim.quantity for claim in record.claims})
    for key, stock in book.stock.items():
        if stock.available < 0 or stock.available + stock.held != stock.capacity:
            yield Violation(
                "S1", f"{name} {key}", f"{stock.available} available + {stock.held} held is not {stock.capacity}"
            )
    for key in claimed.keys() | book.stock.keys():
        held = book.stock[key].held if key in book.stock else 0
        if held != claimed[key]:
            yield Violation("S1", f"{name} {key}", f"{held} held, but live bookings claim {claimed[key]}")


def _commit(trip: str, records: Mapping[str, Record], legs: Mapping[str, int]) -> Iterator[Violation]:
    legs, pivot = _taking_part(records, legs), max(legs, key=lambda name: legs[name])
    booked = {name for name, record in records.items() if record.state is State.BOOKED}
    if pivot in booked and booked != set(legs):
        yield Violation("S4", f"trip {trip}", f"{pivot} is booked, but {', '.join(sorted(set(legs) - booked))} not")
    undone = records.get(pivot)
    refused = undone is not None and bool(undone.message)  # a refusal that was rolled back still says why it was one
    if undone and undone.state is State.CANCELLED and undone.reason != "cancelled" and not refused:
        yield Violation("S6", f"trip {trip}", f"the commit was undone for {str(undone.reason)!r}, not for the user")


def _taking_part(records: Mapping[str, Record], legs: Mapping[str, int]) -> Mapping[str, int]:
    """The legs under the definition that the first leg stamped on the trip."""
    return legs_of(legs, max(record.definition for record in records.values()))


def _settled(trip: str, records: Mapping[str, Record], legs: Mapping[str, int]) -> Iterator[Violation]:
    legs = _taking_part(records, legs)
    booked = {name for name, record in records.items() if record.state is State.BOOKED}
    if booked and booked != set(legs):
        yield Violation("L1", f"trip {trip}", f"only {', '.join(sorted(booked))} booked, and nothing is outstanding")


def _status(trip: str, records: Mapping[str, Record], seen: Known, facts: Facts) -> Iterator[Violation]:
    status = verdict(facts).status
    booked = all(name in records and records[name].state is State.BOOKED for name in facts.legs)
    if booked != (status is Status.CONFIRMED) or not status.ended:
        yield Violation(
            "L1", f"trip {trip}", f"{'booked by all' if booked else 'booked by none'}, and its status is {status}"
        )
    if seen.summary is None or seen.summary.status is not status:
        yield Violation("S5", f"trip {trip}", f"the summary does not say {status}")


def _announced(trip: str, facts: Facts) -> Iterator[Violation]:
    for name in facts.legs:
        if facts.of(name, "Booked") and facts.of(name, "BookingFailed"):
            yield Violation("S3", f"trip {trip}", f"{name} announced Booked and BookingFailed")
