"""What any saga's request has in common: its size, its mode, its deadline, its faults; and how a field is checked.

Every problem is reported at once, with field, value and cure.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.message import SAGA_ID, YEARS, Mode, Problem, canonical, shorten
from shared.saga.declaration import InvalidRequest

MAX_BYTES = 16 * 1024
"""The request travels in every forward fact and is stored on each leg."""
MAX_DEADLINE = timedelta(days=30)
MAX_PROBLEMS = 30
"""So many are told of one request: the answer must fit into an event, and into the observer's log."""

FAULT_KINDS = ("refuse", "throttle", "crash_before", "crash_after", "delay")
FAULT_STEPS = ("book", "compensate")

_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(frozen=True)
class Check:
    """What a field accepts, and how to cure what it does not."""

    accepts: Callable[[object], bool]
    cure: str


def refuse(problems: list[Problem]) -> None:
    """Raises `InvalidRequest` if there are problems; the first `MAX_PROBLEMS` of them are told."""
    more = len(problems) - MAX_PROBLEMS
    if more > 0:
        problems = [*problems[:MAX_PROBLEMS], Problem("detail", f"{more} more problems", "cure these first")]
    if problems:
        raise InvalidRequest(problems)


def size(detail: Mapping[str, Any]) -> Iterator[Problem]:
    """A request that is too large to travel, or that could not be put on the bus again."""
    try:
        found = len(canonical(detail))
    except (ValueError, RecursionError):
        yield Problem("detail", "text that is not valid Unicode", "send text without unpaired surrogates")
        return
    if found > MAX_BYTES:
        yield Problem("detail", f"{found} bytes", f"send at most {MAX_BYTES} bytes")


def shown(field: str) -> str:
    """A field's name as it may be shown: what a client sent may be huge, empty, or full of control characters."""
    return shorten(field).strip('"') or '""'


def injected(field: str, value: object, *, allowed: bool, steps: tuple[str, ...] = FAULT_STEPS) -> Iterator[Problem]:
    """A request to fail (`faults`, or a flag), where the stage may not allow it."""
    if not allowed:
        yield Problem(field, shorten(value), "this stage allows no fault injection; remove the field")
    elif field == "faults":
        if not (isinstance(value, list) and all(_is_fault(item, steps) for item in value)):
            yield Problem(
                field,
                shorten(value),
                f"send a list of objects: at (a participant), on {steps}, do {FAULT_KINDS}, times, seconds",
            )
    elif not isinstance(value, bool):
        yield Problem(field, shorten(value), "send true or false")


def _is_fault(item: object, steps: tuple[str, ...]) -> bool:
    return (
        isinstance(item, dict)
        and item.keys() <= {"at", "on", "do", "times", "seconds"}
        and isinstance(item.get("at"), str)
        and item.get("on", "book") in steps
        and item.get("do") in FAULT_KINDS
        and is_count(item.get("times", 1), 1000)
        and isinstance(item.get("seconds", 0), int | float)
        and 0 <= item.get("seconds", 0) <= 60
    )


def deadline(detail: Mapping[str, Any], requested_at: datetime) -> Iterator[Problem]:
    """A deadline that has passed, or is too far away."""
    if "deadline" in detail:
        wanted = instant(detail["deadline"])
        if not requested_at < wanted <= requested_at + MAX_DEADLINE:
            yield Problem(
                "deadline",
                shorten(detail["deadline"]),
                f"between the request ({requested_at.isoformat()}) and {MAX_DEADLINE.days} days later",
            )


def instant(text: str) -> datetime:
    """A date-time of the request as an aware datetime, in the offset it was written in."""
    return datetime.fromisoformat(text)


def _is_instant(value: object) -> bool:
    if not (isinstance(value, str) and _INSTANT.fullmatch(value)):
        return False
    try:
        return instant(value).year in YEARS
    except ValueError:
        return False


def is_count(value: object, most: int) -> bool:
    """Whether it is a whole number from 1 to `most`; true is none."""
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most


WHEN = Check(_is_instant, "send a date and time with its offset, such as 2027-07-10T06:00:00Z")
ID = Check(
    lambda value: isinstance(value, str) and re.match(SAGA_ID, value) is not None,
    "send 1 to 64 letters, digits, - or _",
)
MODE = Check(lambda value: value in tuple(Mode), f"send one of {', '.join(Mode)}")
