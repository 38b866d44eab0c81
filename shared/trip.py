"""The trip request: the contract with whoever puts `TripRequested` on the bus.

Shape and the order of each range are checked, nothing more: dates may be in the past and an arrival may come after a
check-in. Every problem is reported at once, with field, value and cure.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from shared.message import TRIP_ID, YEARS, Mode, Problem, canonical, shorten

MAX_BYTES = 16 * 1024
"""The request travels in every forward fact and is stored on each leg."""
MAX_TEXT = 100
MAX_DAYS = 60
"""A stay or a rental claims one item a day, and a DynamoDB transaction holds at most 100 items."""
MAX_TRAVELLERS = 9
MAX_DEADLINE = timedelta(days=30)
MAX_PROBLEMS = 30
"""So many are told of one request: the answer must fit into an event, and into the observer's log."""

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)
_FLAG = re.compile(r"failBook[A-Z][A-Za-z]*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

FAULT_KINDS = ("refuse", "throttle", "crash_before", "crash_after", "delay")
FAULT_STEPS = ("book", "compensate")


@dataclass(frozen=True)
class TripRequest:
    """A request that may start a trip. `detail` is the request as received: it travels along unchanged."""

    trip_id: str
    mode: Mode
    deadline: datetime | None
    detail: Mapping[str, Any]


class InvalidTrip(Exception):
    """The request cannot start a trip; `problems` tells everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.field for problem in problems))
        self.problems = tuple(problems)


def parse_trip(detail: object, *, requested_at: datetime, faults_allowed: bool) -> TripRequest:
    """Check a request's detail. `requested_at` is the event's own time, so that a redelivery gets the same answer.

    Raises `InvalidTrip` with every problem found (the first `MAX_PROBLEMS` of them).
    """
    if not isinstance(detail, dict):
        raise InvalidTrip([Problem("detail", shorten(detail), "send the trip as a JSON object")])
    problems = (
        [*_size(detail)]
        or [*_fields(detail, faults_allowed=faults_allowed)]
        or [*_ranges(detail), *_deadline(detail, requested_at)]
    )
    if problems:
        raise InvalidTrip(_at_most(MAX_PROBLEMS, problems))
    return TripRequest(
        trip_id=detail["tripId"],
        mode=Mode(detail.get("mode", Mode.CHOREOGRAPHY)),
        deadline=instant(detail["deadline"]) if "deadline" in detail else None,
        detail=detail,
    )


def _at_most(count: int, problems: list[Problem]) -> list[Problem]:
    more = len(problems) - count
    if more <= 0:
        return problems
    return [*problems[:count], Problem("detail", f"{more} more problems", "cure these first")]


def instant(text: str) -> datetime:
    """A date-time of the request as an aware datetime, in the offset it was written in."""
    return datetime.fromisoformat(text)


def _size(detail: Mapping[str, Any]) -> Iterator[Problem]:
    try:
        size = len(canonical(detail))
    except (ValueError, RecursionError):
        yield Problem("detail", "text that is not valid Unicode", "send text without unpaired surrogates")
        return
    if size > MAX_BYTES:
        yield Problem("detail", f"{size} bytes", f"send at most {MAX_BYTES} bytes")


def _fields(detail: Mapping[str, Any], *, faults_allowed: bool) -> Iterator[Problem]:
    for field, check in REQUIRED.items():
        if field not in detail:
            yield Problem(field, "missing", check.cure)
    for field, value in detail.items():
        if field == "faults" or _FLAG.match(field):
            yield from _fault_problems(_name(field), value, allowed=faults_allowed)
        elif known := REQUIRED.get(field) or OPTIONAL.get(field):
            if not known.accepts(value):
                yield Problem(field, shorten(value), known.cure)
        elif not isinstance(value, dict):
            yield Problem(_name(field), shorten(value), f"no such field; {_suggest(field)}")


def _name(field: str) -> str:
    """A field's name as it may be shown: what a client sent may be huge, empty, or full of control characters."""
    return shorten(field).strip('"') or '""'


def _suggest(field: str) -> str:
    near = get_close_matches(field, [*REQUIRED, *OPTIONAL], n=1)
    return f"did you mean {near[0]}?" if near else "remove it (a participant of its own takes an object under its name)"


def _fault_problems(field: str, value: object, *, allowed: bool) -> Iterator[Problem]:
    if not allowed:
        yield Problem(field, shorten(value), "this stage allows no fault injection; remove the field")
    elif field == "faults":
        if not (isinstance(value, list) and all(_is_fault(item) for item in value)):
            yield Problem(
                field,
                shorten(value),
                f"send a list of objects: at (a participant), on {FAULT_STEPS}, do {FAULT_KINDS}, times, seconds",
            )
    elif not isinstance(value, bool):
        yield Problem(field, shorten(value), "send true or false")


def _is_fault(item: object) -> bool:
    return (
        isinstance(item, dict)
        and item.keys() <= {"at", "on", "do", "times", "seconds"}
        and isinstance(item.get("at"), str)
        and item.get("on", "book") in FAULT_STEPS
        and item.get("do") in FAULT_KINDS
        and _is_count(item.get("times", 1), 1000)
        and isinstance(item.get("seconds", 0), int | float)
        and 0 <= item.get("seconds", 0) <= 60
    )


def _ranges(detail: Mapping[str, Any]) -> Iterator[Problem]:
    for start, end, most in (
        ("departAt", "arriveAt", None),
        ("checkIn", "checkOut", MAX_DAYS),
        ("carFrom", "carTo", MAX_DAYS),
    ):
        first, last = instant(detail[start]), instant(detail[end])
        if last <= first:
            yield Problem(end, shorten(detail[end]), f"must come after {start} ({detail[start]})")
        elif most is not None and (last.date() - first.date()).days > most:
            yield Problem(end, shorten(detail[end]), f"at most {most} days after {start} ({detail[start]})")


def _deadline(detail: Mapping[str, Any], requested_at: datetime) -> Iterator[Problem]:
    if "deadline" in detail:
        deadline = instant(detail["deadline"])
        if not requested_at < deadline <= requested_at + MAX_DEADLINE:
            yield Problem(
                "deadline",
                shorten(detail["deadline"]),
                f"between the request ({requested_at.isoformat()}) and {MAX_DEADLINE.days} days later",
            )


@dataclass(frozen=True)
class Check:
    """What a field accepts, and how to cure what it does not."""

    accepts: Callable[[object], bool]
    cure: str


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= MAX_TEXT and not _CONTROL.search(value)


def _is_instant(value: object) -> bool:
    if not (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return False
    try:
        return instant(value).year in YEARS
    except ValueError:
        return False


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


_TEXT = Check(_is_text, f"send text of 1 to {MAX_TEXT} characters without control characters")
_WHEN = Check(_is_instant, "send a date and time with its offset, such as 2027-07-10T06:00:00Z")

TRIP_ID_CHECK = Check(
    lambda value: isinstance(value, str) and re.match(TRIP_ID, value) is not None,
    "send 1 to 64 letters, digits, - or _",
)

REQUIRED: Mapping[str, Check] = {
    "tripId": TRIP_ID_CHECK,
    "depart": _TEXT,
    "departAt": _WHEN,
    "arrive": _TEXT,
    "arriveAt": _WHEN,
    "hotel": _TEXT,
    "checkIn": _WHEN,
    "checkOut": _WHEN,
    "car": _TEXT,
    "carFrom": _WHEN,
    "carTo": _WHEN,
}
OPTIONAL: Mapping[str, Check] = {
    "mode": Check(lambda value: value in tuple(Mode), f"send one of {', '.join(Mode)}"),
    "deadline": _WHEN,
    "travellers": Check(
        lambda value: _is_count(value, MAX_TRAVELLERS), f"send a whole number from 1 to {MAX_TRAVELLERS}"
    ),
}
