"""What must hold in every state, looked at after each write and each announcement; the auditor looks at the end.

S1 stock adds up; S2 records only move up; S3 nobody announces Booked and BookingFailed; S4 a booked pivot has every
earlier leg booked; S5 an announced outcome is true; S6 a commit is undone only by the user.
"""

from collections.abc import Mapping
from typing import Any, Final

from infra.catalog import CATALOG, OUTCOMES
from sandbox.auditor import Violation
from sandbox.memory.ledger import MemoryLedger
from shared.saga.effects import Decide, Release
from shared.saga.record import Record, State
from shared.saga.timeline import CANCEL_REASON

_MAY_FOLLOW: Final[Mapping[State | None, frozenset[State]]] = {
    None: frozenset(State),
    State.BOOKED: frozenset({State.CANCELLED}),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}


class Watchman:
    """Keeps the violations that it saw."""

    def __init__(self, ledgers: Mapping[str, MemoryLedger]) -> None:
        self.violations: list[Violation] = []
        self._ledgers = ledgers
        self._states: dict[tuple[str, str], Record] = {}
        self._announced: set[tuple[str, str]] = set()

    def wrote(self, service: str, effect: Decide | Release) -> None:
        """Look at what a write left behind."""
        trip = effect.record.trip_id if isinstance(effect, Decide) else effect.booked.trip_id
        standing, before = self._ledgers[service].records.get(trip), self._states.get((service, trip))
        if standing is not None and standing is not before:
            if standing.state not in _MAY_FOLLOW[before.state if before else None]:
                self._wrong("S2", f"{service} {trip}", f"{standing.state} follows {before.state if before else None}")
            self._states[service, trip] = standing
            self._check_stock(service, before or standing)
            self._check_commit(trip)
        elif standing is None and before is not None:
            self._wrong("S2", f"{service} {trip}", f"the record is gone, it was {before.state}")

    def announced(self, source: str, detail_type: str, detail: Any) -> None:
        """Look at what is told."""
        if detail_type in OUTCOMES:
            self._check_outcome(detail_type, detail["metadata"]["tripId"])
        elif detail_type.endswith(("Booked", "BookingFailed")):
            trip, other = detail["metadata"]["tripId"], _opposite(detail_type)
            if (trip, other) in self._announced:
                self._wrong("S3", f"trip {trip}", f"{source} announced {other} and {detail_type}")
            self._announced.add((trip, detail_type))

    def _check_stock(self, service: str, record: Record) -> None:
        stock = self._ledgers[service].stock
        for claim in record.claims:
            item = stock[claim.key]
            if item.available < 0 or item.held < 0 or item.available + item.held != item.capacity:
                self._wrong(
                    "S1",
                    f"{service} {claim.key}",
                    f"{item.available} available and {item.held} held of {item.capacity}",
                )

    def _check_commit(self, trip: str) -> None:
        states = {name: record.state for name in CATALOG.legs if (record := self._states.get((name, trip)))}
        pivot = self._states.get((CATALOG.pivot.name, trip))
        if pivot is None:
            return
        lacking = [name for name in CATALOG.legs if states.get(name) is not State.BOOKED]
        if pivot.state is State.BOOKED and lacking:
            self._wrong("S4", f"trip {trip}", f"{CATALOG.pivot.name} is booked, but {', '.join(lacking)} not")
        if pivot.state is State.CANCELLED and pivot.reason != CANCEL_REASON:
            self._wrong("S6", f"trip {trip}", f"the commit was undone for {pivot.reason!r}, not for the user")

    def _check_outcome(self, outcome: str, trip: str) -> None:
        states = [self._states[name, trip].state if (name, trip) in self._states else None for name in CATALOG.legs]
        if outcome == "TripConfirmed":
            undone = states[-1] is State.CANCELLED  # by the user, since the observer last heard
            true = undone or all(state is State.BOOKED for state in states)
        else:
            true = State.BOOKED not in states
        if not true:
            self._wrong(
                "S5", f"trip {trip}", f"{outcome} is announced, and the records say {', '.join(map(str, states))}"
            )

    def _wrong(self, invariant: str, where: str, what: str) -> None:
        self.violations.append(Violation(invariant, where, what))


def _opposite(detail_type: str) -> str:
    if detail_type.endswith("BookingFailed"):
        return detail_type.removesuffix("BookingFailed") + "Booked"
    return detail_type.removesuffix("Booked") + "BookingFailed"
