"""Car as a participant of the trip saga: the pivot, whose record commits the trip."""

from services.car.facts import CarBooked, CarBookingFailed, CarCancelled
from services.car.inventory import key_of, plan
from shared.saga.participant import Participant
from shared.trip import TRIP

CAR = Participant(
    saga=TRIP,
    name="car",
    leg=30,
    booked=CarBooked,
    failed=CarBookingFailed,
    cancelled=CarCancelled,
    plan=plan,
    shelve=key_of,
    step="car rental",
    pivot=True,
)
