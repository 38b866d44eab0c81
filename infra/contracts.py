"""Every event's contract as data: who puts it, what it means, what its detail looks like.

The shapes are those that the code reads and writes; nothing is said twice.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import cleandoc, getdoc
from typing import Any, Final

import msgspec

from infra.catalog import CANCEL_REQUESTED, CATALOG, OBSERVER, ORCHESTRATOR, PARTICIPANTS, REJECTED, REQUESTED
from services.trip import facts as trips
from shared.message import (
    SAGA_ID,
    CompensationDelayed,
    CompensationParked,
    Data,
    Metadata,
    Mode,
    RejectionMetadata,
    Started,
    TripRequestRejected,
)
from shared.request import MAX_BYTES, Check
from shared.saga.participant import Participant
from shared.trip import MAX_DAYS, MAX_TEXT, MAX_TRAVELLERS, OPTIONAL, REQUIRED, TRIP

Schema = dict[str, Any]

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_TRIP_ID: Final = SAGA_ID.replace(r"\Z", "$")  # JSON Schema knows ECMAScript's patterns, where $ is the very end
_MOMENT: Final = "2027-07-10T06:00:00Z"
_SECOND: Final = {(CANCEL_REQUESTED, OBSERVER): ".repeated", (REJECTED, ORCHESTRATOR): ".orchestrator"}
_OBSERVERS: Final = (trips.TripConfirmed, trips.TripFailed, trips.TripCancelled, trips.TripExpired)


@dataclass(frozen=True)
class Contract:
    """One kind of event from one kind of sender. `service` names the sender (client: not one of ours)."""

    detail_type: str
    service: str
    meaning: str
    schema: Schema

    @property
    def source(self) -> str:
        return TRIP.source_of(self.service)

    @property
    def file(self) -> str:
        """The schema's file name; unique although two events have two senders each."""
        return f"{self.detail_type}{_SECOND.get((self.detail_type, self.service), '')}.json"


def contracts() -> Iterator[Contract]:
    """All of them: the client's requests, each participant's facts in booking order, the observer's, the orchestrator's."""
    yield Contract(REQUESTED, "client", "A client asks for a trip.", _request())
    yield Contract(CANCEL_REQUESTED, "client", "A client asks to cancel a trip, booked or not.", _cancel())
    first = CATALOG.first.name
    yield _fact(REJECTED, first, TripRequestRejected, RejectionMetadata)
    for who in PARTICIPANTS:
        yield from _participants(who)
    for kind in (*_OBSERVERS, trips.TripCancelRequested):
        yield _fact(kind.__name__, OBSERVER, kind)
    yield _fact(TRIP.started, ORCHESTRATOR, Started)
    yield _fact(REJECTED, ORCHESTRATOR, TripRequestRejected, RejectionMetadata)


def reason_codes(who: Participant) -> str:
    """What the service says of the reasons it refuses for."""
    told = sys.modules[who.failed.__module__].__doc__ or ""
    return told.partition("Reason codes of a failure: ")[2].strip().rstrip(".")


def _participants(who: Participant) -> Iterator[Contract]:
    for kind in (who.booked, who.failed, who.cancelled):
        yield _fact(kind.__name__, who.name, kind)
    for shared in (CompensationDelayed, CompensationParked):
        yield _fact(who.title + shared.__name__, who.name, shared)


def _fact(
    detail_type: str, service: str, data: type[Data], metadata: type[Metadata | RejectionMetadata] = Metadata
) -> Contract:
    meaning = (getdoc(data) or "").split("\n")[0]
    detail = msgspec.defstruct(f"{detail_type}Detail", [("metadata", metadata), ("data", data)])
    return Contract(detail_type, service, meaning, _finished(msgspec.json.schema(detail), detail_type, meaning))


def _request() -> Schema:
    schema = {
        "type": "object",
        "properties": {field: _property(field, check) for field, check in {**REQUIRED, **OPTIONAL}.items()},
        "patternProperties": {
            "^failBook[A-Z][A-Za-z]*$": {
                "type": "boolean",
                "description": "Fault injection, where the stage allows it.",
            }
        },
        "additionalProperties": {"type": "object", "description": "The part of a further participant, under its name."},
        "required": list(REQUIRED),
    }
    schema["properties"]["faults"] = {"type": "array", "description": "Fault injection, where the stage allows it."}  # type: ignore[index]
    limits = f"At most {MAX_BYTES} bytes; stay and rental at most {MAX_DAYS} days; each range ends after it starts."
    return _finished(schema, REQUESTED, f"A client asks for a trip. {limits}")


def _property(field: str, check: Check) -> Schema:
    if field == "tripId":
        kind: Schema = {"type": "string", "pattern": _TRIP_ID}
    elif field == "mode":
        kind = {"enum": [str(mode) for mode in Mode]}
    elif check.accepts(1):
        kind = {"type": "integer", "minimum": 1, "maximum": MAX_TRAVELLERS}
    elif check.accepts("any text"):
        kind = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}
    elif check.accepts(_MOMENT):
        kind = {"type": "string", "format": "date-time"}
    else:
        raise ValueError(f"{field}: its kind of value is not known to the schema")
    return {**kind, "description": f"{check.cure[0].upper()}{check.cure[1:]}."}


def _cancel() -> Schema:
    schema = {
        "type": "object",
        "properties": {"tripId": {"type": "string", "pattern": _TRIP_ID}},
        "required": ["tripId"],
    }
    return _finished(schema, CANCEL_REQUESTED, "A client asks to cancel a trip, booked or not.")


def _finished(schema: Schema, title: str, description: str) -> Schema:
    return {"$schema": _DRAFT, "title": title, "description": description, **_portable(schema)}


def _portable(value: Any) -> Any:
    """Python's end of text, `\\Z`, as JSON Schema writes it; docstrings without their indentation."""
    if isinstance(value, dict):
        return {key: _portable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_portable(item) for item in value]
    return cleandoc(value.replace(r"\Z", "$")) if isinstance(value, str) else value
