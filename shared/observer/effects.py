"""What the observer does to its log, as effects."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.observer.standing import Known, Rejection, Summary, lateness
from shared.ports import DeadLetters, Publisher
from shared.saga.timeline import Noted


class SagaLog(Protocol):
    """The observer's own store. All may raise `Busy`."""

    def note(self, fact: Noted) -> Known:
        """Keep a fact, once; answers all that is on record of its trip, this fact included."""

    def note_rejection(self, rejection: Rejection) -> None:
        """Keep a rejection, by its request (and beside its trip, if it named one)."""

    def recall(self, trip_id: str) -> Known:
        """All that is on record of a trip."""

    def enter(self, summary: Summary) -> None:
        """Replace the summary, unless the one that stands was made from more facts."""

    def due(self, now: datetime) -> list[Summary]:
        """Open trips whose time has come, the most overdue first."""


@dataclass(frozen=True)
class TripPorts:
    """The world as the observer sees it."""

    log: SagaLog
    publisher: Publisher
    dead_letters: DeadLetters
    report_lateness: Callable[[timedelta], None]


@dataclass(frozen=True)
class Note:
    """Keep a fact and recall the others."""

    fact: Noted

    def perform(self, ports: TripPorts) -> Known:
        return ports.log.note(self.fact)

    def touches(self) -> frozenset[object]:
        return frozenset({self.fact.trip_id})


@dataclass(frozen=True)
class NoteRejection:
    """Keep a rejection."""

    rejection: Rejection

    def perform(self, ports: TripPorts) -> None:
        ports.log.note_rejection(self.rejection)

    def touches(self) -> frozenset[object]:
        return frozenset({self.rejection.request_id})


@dataclass(frozen=True)
class Recall:
    """Read all that is on record of a trip."""

    trip_id: str

    def perform(self, ports: TripPorts) -> Known:
        return ports.log.recall(self.trip_id)

    def touches(self) -> frozenset[object]:
        return frozenset({self.trip_id})


@dataclass(frozen=True)
class Enter:
    """Write the summary."""

    summary: Summary

    def perform(self, ports: TripPorts) -> None:
        ports.log.enter(self.summary)

    def touches(self) -> frozenset[object]:
        return frozenset({self.summary.trip_id})


@dataclass(frozen=True)
class FindDue:
    """Read which trips are due, and report how late the latest is."""

    now: datetime

    def perform(self, ports: TripPorts) -> list[Summary]:
        found = ports.log.due(self.now)
        ports.report_lateness(lateness(found, self.now))
        return found

    def touches(self) -> frozenset[object]:
        return frozenset()
