"""What happens, in words."""

import json
from typing import Any

from shared.observer.effects import Enter, FindDue, Note
from shared.ports import Seen, Stale
from shared.saga.effects import Announce, Decide, Effect, Look, Quarantine, Release
from shared.saga.record import Record


def described(body: str) -> str:
    """A message by its type and trip."""
    try:
        event = json.loads(body)
        return f"{event['detail-type']} of {trip_of(event['detail'])}" if event else "tick"
    except (ValueError, KeyError, TypeError):
        return "an unreadable message"


def trip_of(detail: Any) -> str:
    """The trip that an event's detail is about."""
    metadata = detail.get("metadata", {}) if isinstance(detail, dict) else {}
    return str(metadata.get("tripId") or detail.get("tripId", "no trip"))


def told(effect: Effect, value: object, failure: Exception | None) -> str:
    """An effect and its result."""
    return f"{_asked(effect)}: {failure if failure else _answered(effect, value)}"


def _asked(effect: Effect) -> str:
    match effect:
        case Look():
            words = f"reads {effect.trip_id}"
        case Decide():
            words = f"writes {effect.record.state} of {effect.record.trip_id}"
        case Release():
            words = f"releases {effect.booked.trip_id}"
        case Announce():
            words = f"puts {effect.fact.detail_type}"
        case Note():
            words = f"notes {effect.fact.event_id}"
        case Enter():
            words = f"enters {effect.summary.trip_id} is {effect.summary.status}"
        case Quarantine():
            words = f"parks ({effect.reason})"
        case _:
            words = type(effect).__name__
    return words


def _answered(effect: Effect, value: object) -> str:
    match value:
        case Seen(record=None):
            words = "no record"
        case Seen(record=Record() as record):
            words = str(record.state)
        case Stale():
            words = f"no {', '.join(map(str, value.keys))} left"
        case Record() if isinstance(effect, Decide) and value is not effect.record:
            words = f"{value.state} stands"
        case Record() if isinstance(effect, Release) and value is not effect.cancelled:
            words = f"{value.state} stands"
        case list() if isinstance(effect, FindDue):
            words = ", ".join(summary.trip_id for summary in value) or "nothing is due"
        case _:
            words = "done"
    return words
