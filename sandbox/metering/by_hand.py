"""What a trip must cost, reckoned by hand: step by step, from the protocol and AWS's rules. The tests hold the meter to it.

The trip is `examples/trips/trip-success.json`: two nights, one traveller, two days of a car. Nothing is delivered twice,
and every batch has one message.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.metering.counts import CLIENT, EVENTS, INVOCATIONS, QUEUE_REQUESTS, READ_UNITS, WRITE_UNITS

Tally = Mapping[tuple[str, str], int]
"""How much, by meter and owner."""

CHOREOGRAPHY: Final = "choreography"
REVERSE: Final = "choreography-reverse"


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens, what it costs, and why."""

    what: str
    costs: Tally
    why: str


@dataclass(frozen=True, slots=True)
class Bill:
    """A trip's whole course in one mode."""

    mode: str
    outcome: str
    steps: tuple[Step, ...]

    @property
    def total(self) -> Tally:
        """All steps together."""
        total: Counter[tuple[str, str]] = Counter()
        for step in self.steps:
            total.update(step.costs)
        return total


CLAIMS: Final = {"hotel": 2, "flight": 1, "car": 2}
"""Stock items of a booking: two nights, one fare, a vehicle's two days."""
LOOKS: Final = {"hotel": 2, "flight": 3, "car": 11}
"""Stock items looked at before deciding: two nights, three fares, the fleet and its five vehicles' two days."""


def put(owner: str, detail_type: str) -> Step:
    """An event on the bus."""
    return Step(f"{owner} puts `{detail_type}`", {(EVENTS, owner): 1}, "one entry below 64 KB")


def heard(owner: str, role: str) -> Step:
    """A rule's message, on its way through a queue into a function."""
    return Step(
        f"{owner} {role} hears it",
        {(QUEUE_REQUESTS, owner): 3, (INVOCATIONS, owner): 1},
        "EventBridge's send, Lambda's receive, its delete",
    )


def looked(owner: str, stock: int) -> Step:
    """A strongly consistent read of a trip's record and of stock."""
    items = f"the record and {stock} stock items" if stock else "the record"
    return Step(
        f"{owner} reads {items}", {(READ_UNITS, owner): 1 + stock}, "one unit a key, below 4 KB or not there at all"
    )


def decided(owner: str, state: str) -> Step:
    """A record and its stock, in one transaction."""
    claims = CLAIMS[owner]
    units = 2 * (1 + claims)
    return Step(
        f"{owner} writes {state}", {(WRITE_UNITS, owner): units}, f"2 x (record + {claims} stock), each below 1 KB"
    )


def refused(owner: str, state: str = "FAILED") -> Step:
    """A record that claims nothing."""
    return Step(f"{owner} writes {state}", {(WRITE_UNITS, owner): 1}, "one conditional put below 1 KB, no transaction")


def noted(fact: str, units: int) -> Step:
    """The observer keeps a fact."""
    return Step(f"trip keeps {fact}", {(WRITE_UNITS, "trip"): units}, f"the trip's item is then {_size(units)}")


def entered(units: int, index: int) -> Step:
    """The observer writes the summary; `index` tells what became of its copy in the board."""
    copy = {1: "1 to enter or change its copy on the board", 2: "2 to move it there"}[index]
    return Step("trip writes the summary", {(WRITE_UNITS, "trip"): units + index}, f"item {_size(units)}, and {copy}")


def _size(units: int) -> str:
    return "below 1 KB" if units == 1 else f"{units - 1} to {units} KB"


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


def compensated(owner: str) -> Iterator[Step]:
    """A leg that gives back what it holds."""
    yield heard(owner, "compensate")
    yield looked(owner, 0)
    yield decided(owner, "CANCELLED")
    yield put(owner, f"{owner.capitalize()}Cancelled")


def observed(fact: str, note: int, enter: int = 0, index: int = 0) -> Iterator[Step]:
    """The observer hears a fact, keeps it, and writes the summary unless the trip is pending as before."""
    yield heard("trip", "observe")
    yield noted(fact, note)
    if enter:
        yield entered(enter, index)


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
    """The user's cancel comes first: everybody notes it, and the first leg says so when the request comes."""
    yield put(CLIENT, "TripCancelRequested")
    yield from observed("TripCancelRequested", 1, 1, 1)
    yield from decided_first("car", "FAILED", "CarBookingFailed")
    yield from observed("CarBookingFailed", 1, 1, 2)
    yield from decided_first(first, "CANCELLED", f"{first.capitalize()}Cancelled")
    yield from observed(f"{first.capitalize()}Cancelled", 2, 2, 1)
    yield from decided_first(second, "CANCELLED", f"{second.capitalize()}Cancelled")
    yield from observed(f"{second.capitalize()}Cancelled", 2, 2, 2)
    yield put("trip", "TripCancelled")
    yield put(CLIENT, "TripRequested")
    yield from repeated("hotel", "book", LOOKS["hotel"], "HotelCancelled", 2)


def decided_first(owner: str, state: str, says: str) -> Iterator[Step]:
    """A notice of a trip that this participant has nothing on record of: it notes the end, and says so."""
    yield heard(owner, "compensate")
    yield looked(owner, 0)
    yield refused(owner, state)
    yield put(owner, says)


def repeated(owner: str, role: str, stock: int, says: str, units: int) -> Iterator[Step]:
    """A message about what is long decided: nothing is written but by the observer, whose write changes nothing."""
    yield heard(owner, role)
    yield looked(owner, stock)
    yield put(owner, says)
    yield heard("trip", "observe")
    yield Step(f"trip keeps {says} as it is", {(WRITE_UNITS, "trip"): units}, f"the trip's item is {_size(units)}")


AT_ONCE, IN_REVERSE = ("hotel", "flight"), ("flight", "hotel")
"""Who gives back first: at once, in the order of the rules (in any order, on AWS); or each after the next leg."""

BILLS: Final = tuple(
    Bill(mode, outcome, tuple(steps))
    for mode, order in ((CHOREOGRAPHY, AT_ONCE), (REVERSE, IN_REVERSE))
    for outcome, steps in {
        "confirmed": confirmed(),
        "refused at hotel": refused_at_hotel(),
        "refused at flight": refused_at_flight(),
        "refused at car": refused_at_car(*order),
        "cancelled after the commit": cancelled_after_commit(*order),
        "cancelled before the commit": cancelled_before_commit(*order),
        "cancelled before it is requested": cancel_overtakes_request(*order),
    }.items()
)
"""Every trip that is reckoned, mode by mode."""
