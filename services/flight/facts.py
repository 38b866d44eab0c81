"""What flight announces. Reason codes of a failure: flight_full, flight_unknown."""

from shared.message import Booked, BookingFailed, Cancelled


class FlightBooked(Booked, frozen=True, kw_only=True):
    """Seats are held in one fare bucket."""

    flight: str
    fare: str
    seats: int


class FlightBookingFailed(BookingFailed, frozen=True, kw_only=True):
    """No seat is held, and none ever will be for this trip."""


class FlightCancelled(Cancelled, frozen=True, kw_only=True):
    """The seats are free again, or were never held."""
