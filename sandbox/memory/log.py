"""`SagaLog` in memory."""

from collections import defaultdict
from datetime import datetime
from threading import Lock

from shared.observer.standing import Known, Rejection, Summary
from shared.saga.timeline import Noted


class MemorySagaLog:
    """The observer's store. Every call is atomic."""

    def __init__(self) -> None:
        self._facts: defaultdict[str, dict[str, Noted]] = defaultdict(dict)
        self._summaries: dict[str, Summary] = {}
        self._rejections: dict[str, Rejection] = {}
        self._lock = Lock()

    def note(self, fact: Noted) -> Known:
        with self._lock:
            self._facts[fact.trip_id].setdefault(fact.event_id, fact)
        return self.recall(fact.trip_id)

    def note_rejection(self, rejection: Rejection) -> None:
        with self._lock:
            self._rejections.setdefault(rejection.request_id, rejection)

    def recall(self, trip_id: str) -> Known:
        with self._lock:
            return Known(tuple(self._facts.get(trip_id, {}).values()), self._summaries.get(trip_id))

    def rejection(self, request_id: str) -> Rejection | None:
        with self._lock:
            return self._rejections.get(request_id)

    def rejections(self, trip_id: str) -> list[Rejection]:
        with self._lock:
            return [rejection for rejection in self._rejections.values() if rejection.trip_id == trip_id]

    def enter(self, summary: Summary) -> None:
        with self._lock:
            standing = self._summaries.get(summary.trip_id)
            if standing is None or standing.seen <= summary.seen:
                self._summaries[summary.trip_id] = summary

    def due(self, now: datetime) -> list[Summary]:
        with self._lock:
            found = [summary for summary in self._summaries.values() if summary.open and summary.due <= now]
        return sorted(found, key=lambda summary: summary.due)

    def recent(self, now: datetime, limit: int) -> list[Summary]:
        with self._lock:
            found = [summary for summary in self._summaries.values() if summary.requested_at <= now]
        return sorted(found, key=lambda summary: summary.requested_at, reverse=True)[:limit]
