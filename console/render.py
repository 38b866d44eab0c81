"""How things read: pure functions from facts to text.

Much of what is shown came with a request from anyone who may put events, so all of it passes through `plain`.
"""

import shlex
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from infra.catalog import CATALOG
from shared.observer.standing import Known, Rejection
from shared.saga.participant import Participant
from shared.saga.timeline import Facts, Line, Status, in_words, saga_log, verdict

STYLES = {
    Status.CONFIRMED: "green",
    Status.FAILED: "red",
    Status.CANCELLED: "yellow",
    Status.COMPENSATING: "yellow",
    Status.PENDING: "cyan",
}
EVENT_STYLES = {"refused": "red", "abort": "red", "parked": "red", "delayed": "yellow"}

RESOLUTION = timedelta(seconds=1)
"""EventBridge stamps an event with whole seconds."""


class Entry(NamedTuple):
    """A line of a saga log as it is shown: seconds since the start, and its words."""

    seconds: float
    text: str
    line: Line

    def __str__(self) -> str:
        return f"{self.seconds:+9.3f} s  {self.text}"


def plain(value: object) -> str:
    """Text in which a terminal finds nothing to obey: what cannot be printed is spelled out (`\\x1b`)."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in str(value))


@cache
def steps() -> dict[str, str]:
    """What the saga log calls each participant's leg, in its own words."""
    modules = {name: import_module(f"services.{name}.participant") for name in CATALOG.legs}
    return {
        name: found.step
        for name, module in modules.items()
        for found in vars(module).values()
        if isinstance(found, Participant)
    }


def words(line: Line) -> str:
    """A line of the saga log without its time: `start book car rental`."""
    return plain(in_words(line, CATALOG.saga, steps().get(line.participant, line.participant)))


def entries(facts: Facts, put_at: datetime | None = None) -> list[Entry]:
    """The saga log, its times counted from the request (`put_at`: the moment it was put, if it is known)."""
    lines = saga_log(facts)
    if not lines:
        return []
    began = start_of(lines[0].at, put_at)
    # A start that is known better than to the second lies after the one in the log.
    return [Entry(max(0.0, (line.at - began).total_seconds()), words(line), line) for line in lines]


def start_of(stamped: datetime, put_at: datetime | None) -> datetime:
    """When a trip began: the event's own time, or the client's where it only adds the fraction that the other lacks."""
    return put_at if put_at and abs(put_at - stamped) < RESOLUTION else stamped


def ago(moment: datetime, now: datetime) -> str:
    """How long ago something was: `3 s`, `12 min`, `5 h`, `2 d`."""
    seconds = max(0, int((now - moment).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def standing(trip_id: str, known: Known, rejections: Iterable[Rejection] = ()) -> dict[str, Any]:
    """What is known of a trip, as JSON can carry it. `status` is None when no participant ever spoke of it."""
    facts = Facts(known.noted, CATALOG.legs)
    found = verdict(facts)
    return {
        "tripId": trip_id,
        "status": str(found.status) if known.noted else None,
        "reason": found.reason,
        "message": found.message,
        "parked": list(found.parked),
        "parkedBecause": {name: _parked_because(facts, name) for name in found.parked},
        "requestedAt": _moment(facts.requested_at),
        "deadline": _moment(facts.deadline or (known.summary.deadline if known.summary else None)),
        "cancelUnanswered": facts.cancel_unanswered is not None,
        "rejections": [msgspec.to_builtins(rejection) for rejection in rejections],
    }


def _parked_because(facts: Facts, participant: str) -> str:
    """Why a compensation waits for an operator: what its last try met."""
    parked = facts.of(participant, "CompensationParked")
    return f"waits for an operator since attempt {parked.attempt} ({parked.reason})" if parked else ""


def log_rows(log: Iterable[Entry]) -> list[dict[str, Any]]:
    """The saga log, as JSON can carry it."""
    return [
        {
            "at": entry.line.at.isoformat(),
            "seconds": round(entry.seconds, 6),
            "event": entry.line.event,
            "step": entry.line.step,
            "participant": entry.line.participant,
            "note": entry.line.note,
            "text": entry.text,
        }
        for entry in log
    ]


def because(reason: str, message: str = "") -> str:
    """A reason with its sentence, in brackets; nothing when there is none."""
    told = ": ".join(part for part in (reason, message) if part)
    return plain(f" ({told})") if told else ""


def rejected_as(rejection: Rejection) -> str:
    """Why a request was rejected, in one line."""
    return plain(f"{rejection.reason}: " + "; ".join(str(problem) for problem in rejection.problems))


def aws_line(endpoint: str, region: str, keys: tuple[str, str], bus: str, file: Path | str) -> str:
    """The AWS CLI call that books the trip in a file: nothing of ours is needed to make it."""
    entry = f"Source=travel.client,DetailType=TripRequested,EventBusName={bus},Detail@=file://{file}"
    return (
        f"AWS_ACCESS_KEY_ID={keys[0]} AWS_SECRET_ACCESS_KEY={keys[1]} aws --endpoint-url {endpoint}"
        f" --region {region} events put-events --entries {_quoted(entry)}"
    )


def _quoted(text: str) -> str:
    """In single quotes always, so that the line looks alike for every path."""
    return shlex.quote(text) if "'" in text else f"'{text}'"


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
