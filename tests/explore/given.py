"""What the explorer's tests begin with."""

import json
from datetime import datetime
from typing import NamedTuple

from sandbox.explore.cases import TRIP
from sandbox.explore.parts import NOW
from shared.ports import Seen


class Nothing(NamedTuple):
    """An empty ledger, looked at."""

    seen: Seen
    at: datetime


NOTHING = Nothing(Seen(None, {}), NOW)


def a_request(trip_id: str) -> str:
    """A client's request as it lies in the first leg's queue."""
    detail = {**TRIP, "tripId": trip_id}
    event = {"id": f"of {trip_id}", "source": "travel.client", "detail-type": "TripRequested", "time": NOW.isoformat()}
    return json.dumps({**event, "detail": detail})
