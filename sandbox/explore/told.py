"""What the observer makes of what it was told, where its own handlers are not explored: the shipped code, on a log of its own."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

from sandbox.explore.numbered import Numbered, members
from sandbox.explore.parts import LATE, Parts
from sandbox.memory.log import MemorySagaLog
from shared.message import Fact
from shared.observer.effects import TripPorts
from shared.observer.observing import watch
from shared.observer.standing import Known, Rejection, assess
from shared.saga.driver import drive
from shared.saga.timeline import CLIENT, Facts, Noted, facts_of, verdict


class Told:
    """Sets of facts, read as the observer reads them."""

    def __init__(self, facts: Numbered[Noted | Rejection], parts: Parts) -> None:
        self._facts = facts
        self._saga, self._legs = parts.catalog.saga, parts.catalog.legs
        self.by_trip = cache(self._by_trip)
        self.open = cache(self._open)
        self.reminders = cache(self._reminders)

    def _by_trip(self, facts: int) -> Mapping[str, Facts]:
        """The facts of each trip (rejections are about requests, and left out)."""
        found: defaultdict[str, list[Noted]] = defaultdict(list)
        for number in members(facts):
            if isinstance(noted := self._facts[number], Noted):
                found[noted.trip_id].append(noted)
        return {trip: facts_of(self._saga, noted, self._legs) for trip, noted in found.items()}

    def anything(self, facts: int) -> bool:
        """Whether anybody but the client has told of anything."""
        return any(_from_services(it) for it in self.by_trip(facts).values())

    def _open(self, facts: int) -> bool:
        """Whether a trip that somebody but the client has told of has no end."""
        return any(not verdict(it).status.ended for it in self.by_trip(facts).values() if _from_services(it))

    def _reminders(self, facts: int) -> Sequence[Fact]:
        """What it puts once the deadline has passed, knowing no more of each trip than one fact."""
        log, put = MemorySagaLog(), Collected()
        for seen in self.by_trip(facts).values():
            if told := _from_services(seen):
                known = log.note(told[0])
                log.enter(assess(facts_of(self._saga, known.noted, self._legs), None))
        drive([watch(self._saga, self._legs, LATE)], TripPorts(log, put, NoLetters(), lambda _lateness: None))
        return tuple(put.facts)

    def known(self, facts: int) -> Mapping[str, Known]:
        """What it has on record of each trip when it was told all of this."""
        return {trip: Known(tuple(it.all), assess(it, None)) for trip, it in self.by_trip(facts).items()}


def _from_services(facts: Facts) -> list[Noted]:
    return [fact for fact in facts.all if fact.participant != CLIENT]


class Collected:
    """`Publisher` that keeps what it is given."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def publish(self, facts: Sequence[Fact]) -> Sequence[None]:
        self.facts.extend(facts)
        return [None] * len(facts)


class NoLetters:
    """`DeadLetters` for what always can be read."""

    def park(self, body: str, reason: str) -> None:
        raise NotImplementedError(f"{reason}: {body}")
