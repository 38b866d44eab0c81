"""The auditor over a stage that is up: everything on record is read and checked, while trips go on."""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from console.connection import Target
from infra.catalog import CATALOG
from sandbox.auditor import Violation, audit
from sandbox.books import read_books
from sandbox.world import Books
from shared.observer.standing import Known

LOOKS, PAUSE = 4, 1.0
"""A stage is not read in one instant: only what is found each time, a second apart, counts."""
READERS = 8


class Audit(NamedTuple):
    """What was looked at, and what is wrong. Trips that are under way are not judged trip by trip."""

    trips: int
    open: int
    stock: int
    violations: tuple[Violation, ...]


def audit_stage(target: Target) -> Audit:
    """Look until nothing is wrong, or until the same is wrong every time."""
    found = _look(target)
    for _ in range(LOOKS - 1):
        if not found.violations:
            break
        time.sleep(PAUSE)
        again = _look(target)
        found = again._replace(violations=tuple(it for it in again.violations if it in found.violations))
    return found


def _look(target: Target) -> Audit:
    books = books_of(target)
    trips = sorted({trip for book in books.values() for trip in book.records})
    known = known_of(target, trips)
    ended = {trip for trip, seen in known.items() if _ended(seen)}
    judged = {trip: known[trip] for trip in ended}
    wrong = audit(books, judged, CATALOG.legs, ended | _unseen(known))
    return Audit(len(trips), len(trips) - len(ended), sum(len(book.stock) for book in books.values()), tuple(wrong))


def books_of(target: Target) -> dict[str, Books]:
    """Everything that the participants have on record."""
    return {name: read_books(target.client("dynamodb"), target.names.table(name)) for name in CATALOG.legs}


def known_of(target: Target, trips: Sequence[str]) -> dict[str, Known]:
    """What the observer has on record of these trips."""
    log = target.log
    with ThreadPoolExecutor(READERS) as readers:
        return dict(zip(trips, readers.map(log.recall, trips), strict=True))


def _ended(known: Known) -> bool:
    return known.summary is not None and known.summary.status.ended


def _unseen(known: Mapping[str, Known]) -> set[str]:
    """Those of whom the observer has heard nothing: their records alone are judged."""
    return {trip for trip, seen in known.items() if not seen.noted}
