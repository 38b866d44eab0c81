"""What must hold in every state, on every step, and wherever nothing is left to do."""

from collections.abc import Iterator, Mapping
from itertools import combinations
from typing import Any

from sandbox.auditor import Violation, at_any_moment, audit
from sandbox.explore.numbered import members
from sandbox.explore.state import State
from sandbox.explore.system import System
from sandbox.world import Books
from shared.message import request_hash
from shared.observer.standing import Known, Rejection
from shared.saga import record
from shared.saga.record import Record
from shared.saga.starter import LEFT_OPEN
from shared.saga.timeline import Noted, Status, facts_of, verdict

ORDER = {None: 0, record.State.BOOKED: 1, record.State.FAILED: 2, record.State.CANCELLED: 2}
"""A record moves to a higher place, or not at all."""
HANDED_OVER = "CompensationHandedOver"


class Invariants:
    """The protocol's invariants of one system. Whatever was checked once is not checked again."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._pivot = system.catalog.pivot.name
        self._moments: dict[tuple[tuple[int, ...], int], list[Violation]] = {}
        self._steps: dict[tuple[int, int], list[Violation]] = {}
        self._claims: dict[int, frozenset[tuple[str, Status]]] = {}

    def of_moment(self, state: State) -> list[Violation]:
        """S1, S3 to S6, and that no two requests share a trip."""
        key = (state.stores[:-2], state.facts)
        if key not in self._moments:
            books = self._books(state)
            found = at_any_moment(
                books, self._system.told.known(state.facts), self._system.legs, saga=self._system.saga
            )
            self._moments[key] = [*found, *self._claimed(state, books), *_one_request(books)]
        return self._moments[key]

    def of_step(self, what: tuple[Any, ...], before: State, after: State) -> list[Violation]:
        """S2: records only move up (a mutant that forgets them is to show what comes of it)."""
        found: list[Violation] = []
        if what[0] == "forget":
            return found
        for place, (one, other) in enumerate(zip(before.stores[:-2], after.stores[:-2], strict=True)):
            if one != other:
                key = (one, other)
                if key not in self._steps:
                    self._steps[key] = [*self._moved_down(place, one, other)]
                found += self._steps[key]
        return found

    def of_rest(self, state: State) -> list[Violation]:
        """L1, of a state in which nothing is left to do; and that every request was answered."""
        books, known = self._books(state), self._known(state)
        unheard = [
            Violation("L1", f"trip {trip}", "it holds something, and the observer knows nothing of it")
            for trip in self._system.trips
            if trip not in known and any(trip in book.records for book in books.values())
        ]
        return [
            *audit(books, known, self._system.legs, saga=self._system.saga),
            *unheard,
            *self._unanswered(state, books),
        ]

    def _moved_down(self, place: int, before: int, after: int) -> Iterator[Violation]:
        for name in self._system.legs:
            if self._system.place_of(name) == place:
                books = [self._system.books(store, name).records for store in (before, after)]
                yield from _moved_down(name, *books, undoes_failures=self._system.saga.undoes_failures)

    def _books(self, state: State) -> dict[str, Books]:
        place_of = self._system.place_of
        return {name: self._system.books(state.stores[place_of(name)], name) for name in self._system.legs}

    def _known(self, state: State) -> Mapping[str, Known]:
        """What the observer knows: its own log where its handlers take part, else all that it was told."""
        if not self._system.case.observed:
            return self._system.told.known(state.facts)
        log = self._system.stores[state.stores[self._system.places.index(self._system.saga.observer)]]
        return {trip: known for trip in self._system.trips if (known := log.recall(trip)).noted}

    def _claimed(self, state: State, books: Mapping[str, Books]) -> Iterator[Violation]:
        """S5: whatever part of the facts the observer has seen, what it says is true."""
        for trip, status in self._said(state.facts):
            held = [name for name in self._system.legs if _state_of(books, name, trip) is record.State.BOOKED]
            if status is Status.CONFIRMED and not _was_booked(books[self._pivot].records.get(trip)):
                yield Violation("S5", f"trip {trip}", f"some facts say {status}, but {self._pivot} never booked")
            if status in (Status.FAILED, Status.CANCELLED) and held:
                yield Violation("S5", f"trip {trip}", f"some facts say {status}, but {', '.join(held)} is booked")
            if status is Status.COMPENSATING and self._pivot in held:
                yield Violation("S5", f"trip {trip}", f"some facts say {status}, but {self._pivot} is booked")

    def _said(self, facts: int) -> frozenset[tuple[str, Status]]:
        """Every status that some of these facts make."""
        if facts not in self._claims:
            noted = [it for number in members(facts) if isinstance(it := self._system.facts[number], Noted)]
            self._claims[facts] = frozenset(
                (trip, verdict(facts_of(self._system.saga, some, self._system.legs)).status)
                for trip in {it.trip_id for it in noted}
                for some in _parts([it for it in noted if it.trip_id == trip])
            )
        return self._claims[facts]

    def _unanswered(self, state: State, books: Mapping[str, Books]) -> Iterator[Violation]:
        """A request either decides about its trip or is rejected (one that was lost is the client's to repeat)."""
        if self._system.case.forgets:
            return
        told = [self._system.facts[number] for number in members(state.facts)]
        rejected = {it.request_id for it in told if isinstance(it, Rejection)}
        for number, request in enumerate(self._system.case.requests, 1):
            first = books[self._system.catalog.first.name].records.get(str(self._system.saga.named(request)))
            accepted = first and first.request_hash in (None, request_hash(dict(request)))
            if f"request-{number}" not in rejected and not accepted and not self._handed_over(state, request):
                yield Violation("L1", f"request-{number}", "nobody answered it")

    def _handed_over(self, state: State, request: Mapping[str, Any]) -> bool:
        """Its execution ended without an end of the trip: it says so, and an operator has the message that kept failing."""
        execution = self._system.stores[state.stores[-1]].all.get(self._system.saga.named(request))
        mine = "mode" in request and execution is not None and execution.ended is not None
        return mine and execution.ended.error in (HANDED_OVER, LEFT_OPEN)


def _parts(facts: list[Noted]) -> Iterator[tuple[Noted, ...]]:
    for size in range(1, len(facts) + 1):
        yield from combinations(facts, size)


def _state_of(books: Mapping[str, Books], name: str, trip: str) -> record.State | None:
    found = books[name].records.get(trip)
    return found.state if found else None


def _was_booked(found: Record | None) -> bool:
    return found is not None and (found.state is record.State.BOOKED or found.released)


def _one_request(books: Mapping[str, Books]) -> Iterator[Violation]:
    """S4, where two requests have one trip id: what two of them booked in parts, nobody has booked."""
    hashes: dict[str, set[str]] = {}
    for book in books.values():
        for trip, found in book.records.items():
            if found.request_hash is not None:
                hashes.setdefault(trip, set()).add(found.request_hash)
    for trip, found_hashes in hashes.items():
        if len(found_hashes) > 1:
            yield Violation("S4", f"trip {trip}", "its records belong to different requests")


def _moved_down(
    name: str, before: Mapping[str, Record], after: Mapping[str, Record], *, undoes_failures: bool
) -> Iterator[Violation]:
    for trip in before.keys() | after.keys():
        one, other = before.get(trip), after.get(trip)
        if one == other:
            continue
        places = [ORDER[found.state if found else None] for found in (one, other)]
        undone = undoes_failures and one is not None and one.state is record.State.FAILED
        if places[0] >= places[1] and not (undone and other and other.state is record.State.CANCELLED):
            yield Violation("S2", f"{name}, trip {trip}", f"{_shown(one)} became {_shown(other)}")


def _shown(found: Record | None) -> str:
    return "nothing" if found is None else str(found.state)
