"""Hotel as a participant of the trip saga."""

from services.hotel.facts import HotelBooked, HotelBookingFailed, HotelCancelled
from services.hotel.inventory import key_of, plan
from shared.saga.participant import Participant
from shared.trip import TRIP

HOTEL = Participant(
    saga=TRIP,
    name="hotel",
    leg=10,
    booked=HotelBooked,
    failed=HotelBookingFailed,
    cancelled=HotelCancelled,
    plan=plan,
    shelve=key_of,
    step="hotel",
)
