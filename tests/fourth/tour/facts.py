"""What tour announces. Reason codes of a failure: tour_full, party_too_large."""

from shared.message import Booked, BookingFailed, Cancelled


class TourBooked(Booked, frozen=True, kw_only=True):
    """Places are held on one tour; none for a trip without a tour."""

    places: int


class TourBookingFailed(BookingFailed, frozen=True, kw_only=True):
    """No place is held, and none ever will be for this trip."""


class TourCancelled(Cancelled, frozen=True, kw_only=True):
    """The places are free again, or were never held."""
