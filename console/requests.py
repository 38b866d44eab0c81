"""What a client puts on the bus: a request to book a trip, a request to cancel one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console.connection import Target
from console.render import plain
from console.trouble import Exit, Trouble
from infra.catalog import CANCEL_REQUESTED, REQUESTED
from shared.message import Mode, Unreadable, read_json, request_hash, shorten
from shared.request import ID


@dataclass(frozen=True)
class Request:
    """A request that is on the bus. `trip_id` is None when the request names no trip that could exist."""

    event_id: str
    trip_id: str | None
    request_hash: str | None
    put_at: datetime


def read_trip(file: Path) -> dict[str, Any]:
    """The trip in a file. Raises Trouble (usage) when there is none; whether it can be booked is for the first leg to say."""
    try:
        trip = read_json(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Trouble(
            f"{file} cannot be read ({error.strerror}): name a file that holds a trip as JSON", Exit.USAGE
        ) from error
    except (Unreadable, UnicodeDecodeError) as error:
        raise Trouble(f"{file} holds no JSON ({plain(error)}): write one trip as a JSON object", Exit.USAGE) from error
    if not isinstance(trip, dict):
        raise Trouble(f"{file} holds {shorten(trip)}: write one trip as a JSON object", Exit.USAGE)
    return trip


def ask_for_trip(target: Target, trip: Mapping[str, Any]) -> Request:
    """Put TripRequested. Raises Trouble when the stage cannot take it or the bus did not."""
    if trip.get("mode") == Mode.ORCHESTRATION and not target.stage.orchestrator:
        raise Trouble(
            f"stage {target.stage.name} has no orchestrator, so it books no trip in mode orchestration:"
            " choose `--mode choreography`",
            Exit.USAGE,
        )
    put_at = datetime.now(UTC)
    event_id = _put(target, REQUESTED, trip)
    trip_id = trip.get("tripId")
    return Request(event_id, str(trip_id) if ID.accepts(trip_id) else None, _hash(trip), put_at)


def ask_to_cancel(target: Target, trip_id: str) -> str:
    """Put TripCancelRequested; its event id."""
    return _put(target, CANCEL_REQUESTED, {"tripId": checked(trip_id)})


def checked(trip_id: str) -> str:
    """A trip id that could exist. Raises Trouble (usage)."""
    if not ID.accepts(trip_id):
        raise Trouble(f"{shorten(trip_id)} is no trip id: {ID.cure}", Exit.USAGE)
    return trip_id


def _put(target: Target, detail_type: str, detail: Mapping[str, Any]) -> str:
    bus = target.names.bus
    entry = {
        "Source": target.stage.client_source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "EventBusName": bus,
    }
    answer = target.client("events").put_events(Entries=[entry])
    told = answer["Entries"][0]
    if answer["FailedEntryCount"]:
        raise Trouble(f"bus {bus} did not take {detail_type} ({told.get('ErrorCode')}): {told.get('ErrorMessage')}")
    event_id: str = told["EventId"]
    return event_id


def _hash(trip: Mapping[str, Any]) -> str | None:
    """None for text that is no Unicode: the first leg will reject it."""
    try:
        return request_hash(trip)
    except ValueError:
        return None
