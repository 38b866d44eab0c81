"""What car announces. Reason codes of a failure: car_unavailable, car_unknown; and the pivot's own: cancelled, deadline, technical_failure."""

from shared.message import Booked, BookingFailed, Cancelled


class CarBooked(Booked, frozen=True, kw_only=True):
    """One particular vehicle is held for every day of the rental. This commits the trip."""

    vehicle: str
    days: tuple[str, ...]


class CarBookingFailed(BookingFailed, frozen=True, kw_only=True):
    """No vehicle is held, and none ever will be: the trip is off."""


class CarCancelled(Cancelled, frozen=True, kw_only=True):
    """The user undid a committed trip: the vehicle is free again."""
