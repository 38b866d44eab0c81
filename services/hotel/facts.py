"""What hotel announces. Reason codes of a failure: hotel_full, hotel_unknown, no_night, stay_too_long."""

from shared.message import Booked, BookingFailed, Cancelled


class HotelBooked(Booked, frozen=True, kw_only=True):
    """One room is held for every night of the stay."""

    hotel: str
    nights: tuple[str, ...]


class HotelBookingFailed(BookingFailed, frozen=True, kw_only=True):
    """No room is held, and none ever will be for this trip."""


class HotelCancelled(Cancelled, frozen=True, kw_only=True):
    """The room is free again, or was never held."""
