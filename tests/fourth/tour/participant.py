"""Tour as a participant of the trip saga: between the flight and the car."""

from shared.saga.participant import Participant
from shared.trip import TRIP
from tests.fourth.tour.facts import TourBooked, TourBookingFailed, TourCancelled
from tests.fourth.tour.inventory import key_of, plan

TOUR = Participant(
    saga=TRIP,
    name="tour",
    leg=25,
    booked=TourBooked,
    failed=TourBookingFailed,
    cancelled=TourCancelled,
    plan=plan,
    shelve=key_of,
    step="tour",
    since=2,
)
