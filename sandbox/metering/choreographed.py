"""The course of a trip that the participants coordinate among themselves, step by step."""

from collections.abc import Iterator, Mapping

from sandbox.metering.counts import CLIENT
from sandbox.metering.steps import LOOKS, Step, compensated, decided, heard, looked, observed, put, refused, said_again


def booked(owner: str) -> Iterator[Step]:
    """A leg that says yes."""
    yield heard(owner, "book")
    yield looked(owner, LOOKS[owner])
    yield decided(owner, "BOOKED")
    yield put(owner, f"{owner.capitalize()}Booked")


def said_no(owner: str) -> Iterator[Step]:
    """A leg that looks, and has nothing left."""
    yield heard(owner, "book")
    yield looked(owner, LOOKS[owner])
    yield refused(owner)
    yield put(owner, f"{owner.capitalize()}BookingFailed")


def confirmed() -> Iterator[Step]:
    """Everybody says yes."""
    yield put(CLIENT, "TripRequested")
    yield from booked("hotel")
    yield from observed("HotelBooked", 1, 1, 1)
    yield from booked("flight")
    yield from observed("FlightBooked", 2)
    yield from booked("car")
    yield from observed("CarBooked", 2, 2, 2)
    yield put("trip", "TripConfirmed")


def refused_at_hotel() -> Iterator[Step]:
    """The first leg says no: nothing to give back."""
    yield put(CLIENT, "TripRequested")
    yield from said_no("hotel")
    yield from observed("HotelBookingFailed", 1, 1, 1)
    yield put("trip", "TripFailed")


def refused_at_flight() -> Iterator[Step]:
    """The second leg says no: the room is given back."""
    yield put(CLIENT, "TripRequested")
    yield from booked("hotel")
    yield from observed("HotelBooked", 1, 1, 1)
    yield from said_no("flight")
    yield from observed("FlightBookingFailed", 2, 2, 1)
    yield from compensated("hotel")
    yield from observed("HotelCancelled", 2, 2, 2)
    yield put("trip", "TripFailed")


def refused_at_car(first: str, second: str) -> Iterator[Step]:
    """The pivot says no: room and seat are given back, in this order."""
    yield put(CLIENT, "TripRequested")
    yield from booked("hotel")
    yield from observed("HotelBooked", 1, 1, 1)
    yield from booked("flight")
    yield from observed("FlightBooked", 2)
    yield from said_no("car")
    yield from observed("CarBookingFailed", 2, 2, 1)
    yield from compensated(first)
    yield from observed(f"{first.capitalize()}Cancelled", 3, 3, 1)
    yield from compensated(second)
    yield from observed(f"{second.capitalize()}Cancelled", 3, 3, 2)
    yield put("trip", "TripFailed")


def cancelled_after_commit(first: str, second: str) -> Iterator[Step]:
    """The user cancels a confirmed trip."""
    yield from confirmed()
    yield put(CLIENT, "TripCancelRequested")
    yield from observed("TripCancelRequested", 2, 2, 2)
    yield from compensated("car")
    yield from observed("CarCancelled", 3, 3, 2)
    yield from compensated(first)
    yield from observed(f"{first.capitalize()}Cancelled", 3, 3, 1)
    yield from compensated(second)
    yield from observed(f"{second.capitalize()}Cancelled", 4, 4, 2)
    yield put("trip", "TripCancelled")


def cancelled_before_commit(first: str, second: str) -> Iterator[Step]:
    """The user cancels while the pivot's booking waits in its queue; when it comes, everybody repeats what they said."""
    yield put(CLIENT, "TripRequested")
    yield from booked("hotel")
    yield from observed("HotelBooked", 1, 1, 1)
    yield from booked("flight")
    yield from observed("FlightBooked", 2)
    yield put(CLIENT, "TripCancelRequested")
    yield from observed("TripCancelRequested", 2, 2, 2)
    yield from decided_first("car", "FAILED", "CarBookingFailed")
    yield from observed("CarBookingFailed", 2, 2, 2)
    yield from compensated(first)
    yield from observed(f"{first.capitalize()}Cancelled", 3, 3, 1)
    yield from compensated(second)
    yield from observed(f"{second.capitalize()}Cancelled", 3, 3, 2)
    yield put("trip", "TripCancelled")
    yield from repeated("car", "book", LOOKS["car"], "CarBookingFailed", 3)
    yield from repeated(first, "compensate", 0, f"{first.capitalize()}Cancelled", 3)
    yield from repeated(second, "compensate", 0, f"{second.capitalize()}Cancelled", 3)


def cancel_overtakes_request(first: str, second: str) -> Iterator[Step]:
    """The user's cancel comes first, and the first leg says so when the request comes."""
    yield from told_everybody(first, second)
    yield put(CLIENT, "TripRequested")
    yield from repeated("hotel", "book", LOOKS["hotel"], "HotelCancelled", 2)


def told_everybody(first: str, second: str) -> Iterator[Step]:
    """A cancel of a trip that nobody knows: everybody notes it."""
    yield put(CLIENT, "TripCancelRequested")
    yield from observed("TripCancelRequested", 1, 1, 1)
    yield from decided_first("car", "FAILED", "CarBookingFailed")
    yield from observed("CarBookingFailed", 1, 1, 2)
    yield from decided_first(first, "CANCELLED", f"{first.capitalize()}Cancelled")
    yield from observed(f"{first.capitalize()}Cancelled", 2, 2, 1)
    yield from decided_first(second, "CANCELLED", f"{second.capitalize()}Cancelled")
    yield from observed(f"{second.capitalize()}Cancelled", 2, 2, 2)
    yield put("trip", "TripCancelled")


def decided_first(owner: str, state: str, says: str) -> Iterator[Step]:
    """A notice of a trip that this participant has nothing on record of: it notes the end, and says so."""
    yield heard(owner, "compensate")
    yield looked(owner, 0)
    yield refused(owner, state)
    yield put(owner, says)


def repeated(owner: str, role: str, stock: int, says: str, units: int) -> Iterator[Step]:
    """A message about what is long decided."""
    yield heard(owner, role)
    yield looked(owner, stock)
    yield from said_again(owner, says, units)


def courses(first: str, second: str) -> Mapping[str, Iterator[Step]]:
    """The course to each outcome; `first` and `second` say in which order two participants give back."""
    return {
        "confirmed": confirmed(),
        "refused at hotel": refused_at_hotel(),
        "refused at flight": refused_at_flight(),
        "refused at car": refused_at_car(first, second),
        "cancelled after the commit": cancelled_after_commit(first, second),
        "cancelled before the commit": cancelled_before_commit(first, second),
        "cancelled before it is requested": cancel_overtakes_request(first, second),
    }
