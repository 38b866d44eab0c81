"""Following a request to its end: the observer's notes are read again and again, and told line by line."""

import time
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple, Protocol

from console.render import Entry, entries
from console.requests import Request
from infra.catalog import CATALOG
from shared.observer.standing import Known, Rejection
from shared.saga.timeline import Facts, Noted, Status, Verdict, verdict

GRACE = 5.0
"""Seconds to wait for facts that must have been announced before the one that ended the trip."""


class Log(Protocol):
    """What is read of the observer's log."""

    def recall(self, trip_id: str) -> Known: ...

    def rejection(self, request_id: str) -> Rejection | None: ...


class Ending(NamedTuple):
    """How it went, as far as it was followed: a rejection, or where the trip stands. `known` is all that is on record."""

    verdict: Verdict
    known: Known
    log: tuple[Entry, ...]
    rejection: Rejection | None = None

    @property
    def ended(self) -> bool:
        return self.rejection is not None or self.verdict.status.ended


def follow(log: Log, request: Request, tell: Callable[[Entry], None], *, patience: float, pause: float = 0.1) -> Ending:
    """Tell each new line of the saga log until the request is rejected or its trip has ended; at most `patience` seconds.

    A trip that was put a moment ago is unknown to the observer until the first leg has spoken.
    """
    told: Counter[str] = Counter()
    give_up = time.monotonic() + patience
    ended_at: float | None = None
    while True:
        sight = look(log, request)
        now = time.monotonic()
        if sight.verdict.status.ended and ended_at is None:
            ended_at = now
        over = sight.rejection is not None or now >= give_up
        over = over or (ended_at is not None and (complete(sight.known.noted) or now >= ended_at + GRACE))
        _tell_new(sight.log if over else entries(settled(sight.known.noted), request.put_at), told, tell)
        if over:
            return sight
        time.sleep(pause)


def look(log: Log, request: Request) -> Ending:
    """Where a request stands now. A trip of the same id that another request started is none of this one's."""
    noted: tuple[Noted, ...] = ()
    known = log.recall(request.trip_id) if request.trip_id else Known((), None)
    if not any(fact.request_hash not in (None, request.request_hash) for fact in known.noted):
        noted = known.noted
    facts = Facts(noted, CATALOG.legs)
    return Ending(
        verdict(facts),
        Known(noted, known.summary),
        tuple(entries(facts, request.put_at)),
        log.rejection(request.event_id),
    )


def complete(noted: tuple[Noted, ...]) -> bool:
    """Whether every line of an ended trip's log can be told: facts may reach the observer in any order."""
    facts = Facts(noted, CATALOG.legs)
    booked = set(facts.having("Booked"))
    if verdict(facts).status is Status.CONFIRMED:
        return booked == set(CATALOG.legs)
    released = {name for name in facts.having("Cancelled") if (fact := facts.of(name, "Cancelled")) and fact.released}
    return released <= booked


def settled(noted: tuple[Noted, ...]) -> Facts:
    """The facts that no earlier leg's silence puts in doubt, so that lines are told in the order of the log."""
    spoken = {fact.participant for fact in noted}
    silent = next((leg for name, leg in CATALOG.legs.items() if name not in spoken), None)
    return Facts((fact for fact in noted if silent is None or fact.leg < silent), CATALOG.legs)


def _tell_new(log: list[Entry] | tuple[Entry, ...], told: Counter[str], tell: Callable[[Entry], None]) -> None:
    seen: Counter[str] = Counter()
    for entry in log:
        seen[entry.text] += 1
        if seen[entry.text] > told[entry.text]:
            told[entry.text] += 1
            tell(entry)
