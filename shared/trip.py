"""The trip saga's declaration, and its request: the contract with whoever puts `TripRequested` on the bus.

Shape and the order of each range are checked, nothing more: dates may be in the past and an arrival may come after a
check-in.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from shared.message import Mode, Problem, shorten
from shared.request import ID, MODE, WHEN, Check, deadline, injected, instant, is_count, refuse, shown, size
from shared.saga.declaration import InvalidRequest, Request, Saga, title_of

MAX_TEXT = 100
MAX_DAYS = 60
"""A stay or a rental claims one item a day, and a DynamoDB transaction holds at most 100 items."""
MAX_TRAVELLERS = 9

_FLAG = re.compile(r"failBook[A-Z][A-Za-z]*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def parse_trip(detail: object, *, requested_at: datetime, faults_allowed: bool) -> Request:
    """Check a request's detail. `requested_at` is the event's own time, so that a redelivery gets the same answer.

    Raises `InvalidRequest` with every problem found.
    """
    if not isinstance(detail, dict):
        raise InvalidRequest([Problem("detail", shorten(detail), "send the trip as a JSON object")])
    refuse(
        [*size(detail)]
        or [*_fields(detail, faults_allowed=faults_allowed)]
        or [*_ranges(detail), *deadline(detail, requested_at)]
    )
    return Request(
        trip_id=detail["tripId"],
        mode=Mode(detail.get("mode", Mode.CHOREOGRAPHY)),
        deadline=instant(detail["deadline"]) if "deadline" in detail else None,
        detail=detail,
    )


def _fields(detail: Mapping[str, Any], *, faults_allowed: bool) -> Iterator[Problem]:
    for field, check in REQUIRED.items():
        if field not in detail:
            yield Problem(field, "missing", check.cure)
    for field, value in detail.items():
        if field == "faults" or _FLAG.match(field):
            yield from injected(shown(field), value, allowed=faults_allowed)
        elif known := REQUIRED.get(field) or OPTIONAL.get(field):
            if not known.accepts(value):
                yield Problem(field, shorten(value), known.cure)
        elif not isinstance(value, dict):
            yield Problem(shown(field), shorten(value), f"no such field; {_suggest(field)}")


def _suggest(field: str) -> str:
    near = get_close_matches(field, [*REQUIRED, *OPTIONAL], n=1)
    return f"did you mean {near[0]}?" if near else "remove it (a participant of its own takes an object under its name)"


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


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= MAX_TEXT and not _CONTROL.search(value)


_TEXT = Check(_is_text, f"send text of 1 to {MAX_TEXT} characters without control characters")

REQUIRED: Mapping[str, Check] = {
    "tripId": ID,
    "depart": _TEXT,
    "departAt": WHEN,
    "arrive": _TEXT,
    "arriveAt": WHEN,
    "hotel": _TEXT,
    "checkIn": WHEN,
    "checkOut": WHEN,
    "car": _TEXT,
    "carFrom": WHEN,
    "carTo": WHEN,
}
OPTIONAL: Mapping[str, Check] = {
    "mode": MODE,
    "deadline": WHEN,
    "travellers": Check(
        lambda value: is_count(value, MAX_TRAVELLERS), f"send a whole number from 1 to {MAX_TRAVELLERS}"
    ),
}


def _named_trip(detail: object) -> str | None:
    trip_id = detail.get("tripId") if isinstance(detail, dict) else None
    return trip_id if ID.accepts(trip_id) else None


def _asked_to_fail(participant: str, trip: Mapping[str, Any]) -> str | None:
    flag = f"failBook{title_of(participant)}"
    return f"{flag} asked for it" if trip.get(flag) is True else None


TRIP = Saga(
    name="travel",
    noun="Trip",
    observer="trip",
    id_field="tripId",
    read=parse_trip,
    named=_named_trip,
    asked_to_fail=_asked_to_fail,
)
