"""Flight as a participant of the trip saga."""

from services.flight.facts import FlightBooked, FlightBookingFailed, FlightCancelled
from services.flight.inventory import key_of, plan
from shared.saga.participant import Participant
from shared.trip import TRIP

FLIGHT = Participant(
    saga=TRIP,
    name="flight",
    leg=20,
    booked=FlightBooked,
    failed=FlightBookingFailed,
    cancelled=FlightCancelled,
    plan=plan,
    shelve=key_of,
    step="flight",
)
