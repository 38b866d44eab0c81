"""The course of a trip that the state machine coordinates, step by step."""

from collections.abc import Iterator, Mapping

from sandbox.metering.choreographed import told_everybody
from sandbox.metering.counts import CLIENT, INVOCATIONS, ORCHESTRATOR, TRANSITIONS
from sandbox.metering.steps import LOOKS, Step, compensated, decided, heard, looked, observed, put, refused, said_again


def started(units: int = 1) -> Iterator[Step]:
    """A request that names the orchestrator, on its way into an execution. `units`: how large the trip's item is then."""
    yield put(CLIENT, "TripRequested")
    yield heard(ORCHESTRATOR, "start")
    yield put(ORCHESTRATOR, "TripStarted")
    yield from observed("TripStarted", units, units, 1)


def state(name: str) -> Step:
    """A state of the machine that calls nobody."""
    return Step(f"orchestrator enters {name!r}", {(TRANSITIONS, ORCHESTRATOR): 1}, "one transition a state")


def called(name: str, owner: str) -> Step:
    """A state of the machine that calls a participant's function, past any queue."""
    costs = {(TRANSITIONS, ORCHESTRATOR): 1, (INVOCATIONS, owner): 1}
    return Step(f"orchestrator enters {name!r}, and calls {owner}", costs, "one transition, one call")


def asked_to_book(owner: str, *, says_no: bool = False) -> Iterator[Step]:
    """A leg that the machine asks, and the choice that its answer leads to."""
    yield called(f"Book {owner}", owner)
    yield looked(owner, LOOKS[owner])
    yield refused(owner) if says_no else decided(owner, "BOOKED")
    yield put(owner, f"{owner.capitalize()}{'BookingFailed' if says_no else 'Booked'}")
    yield state(f"{owner.capitalize()} booked?")


def asked_to_cancel(owner: str) -> Iterator[Step]:
    """A leg that gives back what it holds, because the machine says so."""
    yield called(f"Cancel {owner}", owner)
    yield looked(owner, 0)
    yield decided(owner, "CANCELLED")
    yield put(owner, f"{owner.capitalize()}Cancelled")


def asked_in_vain(owner: str, says: str, units: int) -> Iterator[Step]:
    """The leg that refused is cancelled too: it has nothing to give back, and repeats itself."""
    yield called(f"Cancel {owner}", owner)
    yield looked(owner, 0)
    yield from said_again(owner, says, units)


def failed() -> Iterator[Step]:
    """The machine's way to its end."""
    yield from map(state, ("Handed over?", "Failed"))
    yield put("trip", "TripFailed")


def confirmed() -> Iterator[Step]:
    """Everybody says yes."""
    yield from started()
    yield from asked_to_book("hotel")
    yield from observed("HotelBooked", 2)
    yield from asked_to_book("flight")
    yield from observed("FlightBooked", 2)
    yield from asked_to_book("car")
    yield state("Confirmed")
    yield from observed("CarBooked", 3, 3, 2)
    yield put("trip", "TripConfirmed")


def refused_at_hotel() -> Iterator[Step]:
    """The first leg says no, twice."""
    yield from started()
    yield from asked_to_book("hotel", says_no=True)
    yield from observed("HotelBookingFailed", 2, 2, 2)
    yield from asked_in_vain("hotel", "HotelBookingFailed", 2)
    yield from failed()


def refused_at_flight() -> Iterator[Step]:
    """The second leg says no, twice; then the room is given back."""
    yield from started()
    yield from asked_to_book("hotel")
    yield from observed("HotelBooked", 2)
    yield from asked_to_book("flight", says_no=True)
    yield from observed("FlightBookingFailed", 2, 2, 1)
    yield from asked_in_vain("flight", "FlightBookingFailed", 2)
    yield from asked_to_cancel("hotel")
    yield from observed("HotelCancelled", 3, 3, 2)
    yield from failed()


def refused_at_car() -> Iterator[Step]:
    """The pivot says no, and its word counts; seat and room are given back."""
    yield from started()
    yield from asked_to_book("hotel")
    yield from observed("HotelBooked", 2)
    yield from asked_to_book("flight")
    yield from observed("FlightBooked", 2)
    yield from asked_to_book("car", says_no=True)
    yield from observed("CarBookingFailed", 3, 3, 1)
    yield from asked_to_cancel("flight")
    yield from observed("FlightCancelled", 3, 3, 1)
    yield from asked_to_cancel("hotel")
    yield from observed("HotelCancelled", 4, 4, 2)
    yield from failed()


def cancelled_after_commit() -> Iterator[Step]:
    """The machine has ended; the user's cancel goes through the pivot and the queues, as it does without a machine."""
    yield from confirmed()
    yield put(CLIENT, "TripCancelRequested")
    yield from observed("TripCancelRequested", 3, 3, 2)
    yield from compensated("car")
    yield from observed("CarCancelled", 3, 3, 2)
    yield from compensated("hotel")
    yield from observed("HotelCancelled", 4, 4, 1)
    yield from compensated("flight")
    yield from observed("FlightCancelled", 5, 5, 2)
    yield put("trip", "TripCancelled")


def cancel_overtakes_request() -> Iterator[Step]:
    """The user's cancel comes first; the machine hears of it from the first leg."""
    yield from told_everybody("hotel", "flight")
    yield from started(3)
    yield called("Book hotel", "hotel")
    yield looked("hotel", LOOKS["hotel"])
    yield from said_again("hotel", "HotelCancelled", 3)
    yield state("Hotel booked?")
    yield from asked_in_vain("hotel", "HotelCancelled", 3)
    yield from map(state, ("Handed over?", "Failed"))


def courses() -> Mapping[str, Iterator[Step]]:
    """The course to each outcome. A cancel just before the commit cannot be placed: no queue holds the pivot's booking back."""
    return {
        "confirmed": confirmed(),
        "refused at hotel": refused_at_hotel(),
        "refused at flight": refused_at_flight(),
        "refused at car": refused_at_car(),
        "cancelled after the commit": cancelled_after_commit(),
        "cancelled before it is requested": cancel_overtakes_request(),
    }
