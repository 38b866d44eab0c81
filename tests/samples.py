"""What the tests are made of: a trip, its facts, and messages as EventBridge puts them into a queue."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.car.participant import CAR
from services.flight.participant import FLIGHT
from services.hotel.participant import HOTEL
from shared.message import Mode, request_hash
from shared.saga.intake import Terms
from shared.saga.participant import Participant
from shared.saga.record import Claim, Record, State
from shared.saga.runtime import Delivery

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
DEADLINE = NOW + timedelta(minutes=5)
PARTICIPANTS: Mapping[str, Participant] = {who.name: who for who in (HOTEL, FLIGHT, CAR)}
LEGS = {name: who.leg for name, who in PARTICIPANTS.items()}
TERMS = {"hotel": Terms(), "flight": Terms(after={"hotel": 10}), "car": Terms(after={"flight": 20})}

Trip = dict[str, Any]


def a_trip(**changes: Any) -> Trip:
    """A trip request like the example's; a change to None leaves the field out."""
    trip = {
        "tripId": "trip-1",
        "depart": "London",
        "departAt": "2017-07-10T06:00:00.000Z",
        "arrive": "Dublin",
        "arriveAt": "2017-07-12T08:00:00.000Z",
        "hotel": "holiday inn",
        "checkIn": "2017-07-10T12:00:00.000Z",
        "checkOut": "2017-07-12T14:00:00.000Z",
        "car": "Volvo",
        "carFrom": "2017-07-10T00:00:00.000Z",
        "carTo": "2017-07-12T00:00:00.000Z",
        **changes,
    }
    return {name: value for name, value in trip.items() if value is not None}


HASH = request_hash(a_trip())


def body(detail_type: str, source: str, detail: Any, event_id: str = "event-1", time: datetime = NOW) -> str:
    """A queue's message."""
    event = {
        "version": "0",
        "id": event_id,
        "detail-type": detail_type,
        "source": source,
        "account": "000000000000",
        "time": time.isoformat(),
        "region": "us-east-1",
        "resources": [],
        "detail": detail,
    }
    return json.dumps(event)


def requested(trip: Any = None, event_id: str = "event-1") -> str:
    """A client's request."""
    return body("TripRequested", "travel.client", a_trip() if trip is None else trip, event_id)


def cancel_requested(trip_id: str = "trip-1", event_id: str = "cancel-1") -> str:
    """A client's cancel."""
    return body("TripCancelRequested", "travel.client", {"tripId": trip_id}, event_id)


def metadata(participant: str, state: str, /, **changes: Any) -> dict[str, Any]:
    """A fact's metadata, in JSON; a change to None leaves the part out."""
    told = {
        "eventId": f"{participant}:trip-1:{state}",
        "tripId": "trip-1",
        "causationId": "event-0",
        "participant": participant,
        "leg": LEGS.get(participant, 0),
        "mode": "choreography",
        "version": 1,
        "occurredAt": NOW.isoformat(),
        "pivot": participant == "car",
        "requestHash": HASH,
        "requestedAt": NOW.isoformat(),
        "deadline": DEADLINE.isoformat(),
        **changes,
    }
    return {name: value for name, value in told.items() if value is not None}


DATA: Mapping[str, dict[str, Any]] = {
    "Booked": {"trip": a_trip()},
    "BookingFailed": {"reason": "hotel_full", "message": "no room left"},
    "Cancelled": {"released": True, "reason": "flight_full"},
    "CompensationDelayed": {"attempt": 2, "reason": "Busy"},
    "CompensationParked": {"attempt": 10, "reason": "Busy"},
    "Expired": {"nudge": 1},
    "CancelRequested": {"nudge": 1},
}


def fact(participant: str, part: str, data: Mapping[str, Any] | None = None, /, **changes: Any) -> str:
    """A fact of a participant (or of `trip`), as a queue's message; the changes are those of its metadata."""
    detail = {"metadata": metadata(participant, part, **changes), "data": {**DATA[part], **(data or {})}}
    return body(f"{participant.capitalize()}{part}", f"travel.{participant}", detail)


def delivery(message: str, attempt: int = 1, *, last: bool = False) -> Delivery:
    """A message, as it is delivered."""
    return Delivery(message, NOW, attempt, last)


CLAIMS = (Claim("holiday inn", "2017-07-10", 1, 10), Claim("holiday inn", "2017-07-11", 1, 10))


def booked(trip_id: str = "trip-1", claims: tuple[Claim, ...] = CLAIMS, **changes: Any) -> Record:
    """A record that holds something."""
    trip = a_trip(tripId=trip_id)
    record: dict[str, Any] = {
        "trip_id": trip_id,
        "state": State.BOOKED,
        "cause": "event-1",
        "decided_at": NOW,
        "mode": Mode.CHOREOGRAPHY,
        "request_hash": request_hash(trip),
        "trip": trip,
        "claims": claims,
        "details": {"hotel": "holiday inn", "nights": [claim.unit for claim in claims]},
        "requested_at": NOW,
        "deadline": DEADLINE,
    }
    return Record(**{**record, **changes})


def failed(trip_id: str = "trip-1", **changes: Any) -> Record:
    """A record of a refusal."""
    told: dict[str, Any] = {
        "state": State.FAILED,
        "claims": (),
        "details": {},
        "reason": "hotel_full",
        "message": "no room left",
    }
    return booked(trip_id, **{**told, **changes})


def cancelled(trip_id: str = "trip-1", **changes: Any) -> Record:
    """A record of a reservation that was given back."""
    return booked(trip_id, **{"state": State.CANCELLED, "released": True, "reason": "flight_full", **changes})


def tombstone(trip_id: str = "trip-1", **changes: Any) -> Record:
    """A record of a cancel that came before any booking."""
    told: dict[str, Any] = {
        "state": State.CANCELLED,
        "claims": (),
        "details": {},
        "trip": None,
        "reason": "flight_full",
    }
    return booked(trip_id, **{**told, **changes})


def with_faults_allowed(terms: Terms) -> Terms:
    """The same terms on a stage that allows fault injection."""
    return replace(terms, faults_allowed=True)
