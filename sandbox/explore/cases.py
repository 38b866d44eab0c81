"""The cases: small systems, in each of which everything may go wrong that can."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.saga.record import Stock, StockKey

Shelves = Mapping[str, Mapping[StockKey, Stock]]
"""The stock that each participant begins with."""

TRIP: Final[Mapping[str, Any]] = {
    "tripId": "trip-1",
    "depart": "London",
    "departAt": "2027-07-10T06:00:00Z",
    "arrive": "Dublin",
    "arriveAt": "2027-07-10T08:00:00Z",
    "hotel": "Inn",
    "checkIn": "2027-07-10T12:00:00Z",
    "checkOut": "2027-07-11T10:00:00Z",
    "car": "Van",
    "carFrom": "2027-07-10T09:00:00Z",
    "carTo": "2027-07-10T20:00:00Z",
}
"""One night, one seat, one day: as few claims as a trip can have."""
OTHER: Final = {**TRIP, "tripId": "trip-2"}
ORCHESTRATED: Final = {"mode": "orchestration"}


def stock(rooms: int = 1, seats: Sequence[int] = (1,), cars: int = 1) -> Shelves:
    """So many rooms, seats (by fare, the cheapest first) and cars where the trips go."""
    fares = dict(zip(("saver", "flex", "full"), (*seats, 0, 0), strict=False))
    return {
        "hotel": {StockKey("inn", "2027-07-10"): Stock(rooms, rooms)},
        "flight": {StockKey("london > dublin 2027-07-10T06:00Z", it): Stock(n, n) for it, n in fares.items()},
        "car": {StockKey("VAN", "fleet"): Stock(cars, cars)},
    }


ANY_REFUSAL: Final = tuple(stock(rooms, (seats,), cars) for rooms in (1, 0) for seats in (1, 0) for cars in (1, 0))
"""One of everything, or none: each leg may refuse."""


EVERYWHERE: Final = ("book", "compensate", "task", "start", "observe", "watch")


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is put on the bus, on which stock (one start for each), and what may go wrong meanwhile.

    Always: any order, redelivery before a message is deleted, `workers` at once, death between any two calls; then
    messages that come again long after they were handled (`duplicates`), and calls that are refused or whose answer is
    lost (`faults`: in functions of these roles). `cancels`, `losses`, `stops`, `ticks`: how often the user cancels, a
    message (to functions of the roles in `loses`) is lost, an execution is stopped, the observer's clock ticks;
    `asks_again`: how often the client puts its request once more; `expiries`: whether the deadline may come at any moment. `receives`: after how many a message is parked (None: never, it waits for ever). `observed`: the
    observer's own handlers take part. `batch`: the most messages that a worker takes at once.
    """

    name: str
    about: str
    stage: str = "local"
    requests: Sequence[Mapping[str, Any]] = (TRIP,)
    stocks: Sequence[Shelves] = field(default_factory=lambda: (stock(),))
    workers: int = 2
    duplicates: bool = True
    repeats: bool = False
    faults: Collection[str] = EVERYWHERE
    cancels: int = 0
    expiries: int = 0
    losses: int = 0
    loses: Collection[str] = EVERYWHERE
    stops: int = 0
    ticks: int = 0
    asks_again: int = 0
    receives: int | None = None
    observed: bool = False
    batch: int = 1
    bounded: bool = False
    """Whether it belongs to the slice that every test run explores."""

    @property
    def forgets(self) -> bool:
        """Whether a request can come to nothing without a word: then it is the client's to repeat."""
        return bool(self.losses)


REVERSE: Final = "local-reverse"
COMPENSATE: Final = ("compensate",)
BY_MACHINE: Final = {**TRIP, **ORCHESTRATED}
TWO: Final = (TRIP, OTHER)


def _calm(name: str, about: str, **changes: Any) -> Case:
    """Every call succeeds; workers still die."""
    return Case(name=name, about=about, **{"faults": (), **changes})


def _single(name: str, about: str, **changes: Any) -> Case:
    """One worker at a time, and no message comes again once it was handled."""
    return _calm(name, about, **{"workers": 1, "duplicates": False, **changes})


def _machine(name: str, about: str, **changes: Any) -> Case:
    """A trip that the state machine coordinates."""
    return _single(name, about, **{"requests": (BY_MACHINE,), **changes})


def _observed(name: str, about: str, **changes: Any) -> Case:
    """The observer's own handlers, and facts that are lost on the way to it."""
    return _single(name, about, observed=True, ticks=2, losses=1, loses=("observe",), bounded=True, **changes)


CHOREOGRAPHY: Final = (
    Case(name="refusals", about="one trip, each leg may refuse", stocks=ANY_REFUSAL, bounded=True),
    _calm("three-workers", "the same with three workers at once", stocks=ANY_REFUSAL, workers=3),
    _calm("reverse", "the same, compensated in reverse order", stage=REVERSE, stocks=ANY_REFUSAL, bounded=True),
    Case(name="reverse-faults", about="in reverse order, and every call may fail", stage=REVERSE, stocks=ANY_REFUSAL),
)
"""Both orders of compensation."""

ENDED_EARLY: Final = (
    _calm("cancel", "the user cancels at any moment", cancels=1, bounded=True),
    _calm("cancel-refusals", "the user cancels, and each leg may refuse", stocks=ANY_REFUSAL, cancels=1),
    _single("cancel-faults", "the user cancels, and compensations fail", faults=COMPENSATE, cancels=1),
    _calm("cancel-reverse", "the user cancels, in reverse order", stage=REVERSE, stocks=ANY_REFUSAL, cancels=1),
    _calm("deadline", "the deadline passes at any moment", expiries=1, bounded=True),
    _calm("deadline-refusals", "the deadline passes, and each leg may refuse", stocks=ANY_REFUSAL, expiries=1),
    _single("deadline-faults", "the deadline passes, and compensations fail", faults=COMPENSATE, expiries=1),
    _calm("deadline-reverse", "the deadline passes, in reverse order", stage=REVERSE, expiries=1),
    _single(
        "cancel-and-deadline",
        "the user cancels and the deadline passes, in any order",
        cancels=1,
        expiries=1,
    ),
)
"""The user, the deadline, and both."""

LOST: Final = (
    _calm("lost-message", "any message is lost; the deadline ends what is left", losses=1, bounded=True),
    _calm(
        "lost-message-reverse",
        "any message is lost, in reverse order",
        stage=REVERSE,
        stocks=ANY_REFUSAL,
        losses=1,
    ),
)

SHARED: Final = (
    Case(name="last-room", about="two trips for the last room", requests=TWO, bounded=True),
    _calm("last-seat", "two trips for the last seat", requests=TWO, stocks=(stock(2),), bounded=True),
    _calm("last-car", "two trips for the last car", requests=TWO, stocks=(stock(2, (2,)),), bounded=True),
    _calm(
        "last-car-cancel",
        "two trips for the last car, and both may be cancelled",
        requests=TWO,
        stocks=(stock(2, (2,)),),
        duplicates=False,
        cancels=1,
    ),
    _calm(
        "another-plan",
        "one seat in each fare, two cars: plans of two trips go stale",
        requests=TWO,
        stocks=(stock(2, (1, 1), 2),),
        bounded=True,
    ),
    Case(
        name="batch",
        about="two trips in one batch; entries of PutEvents fail one by one",
        requests=TWO,
        stocks=(stock(1, (2,), 2),),
        batch=2,
        workers=1,
        bounded=True,
    ),
    Case(
        name="conflict",
        about="two requests under one trip id",
        requests=(TRIP, {**TRIP, "hotel": "Other Inn"}),
        bounded=True,
    ),
)
"""Two trips, or two requests for one."""

OPERATED: Final = (
    _single(
        "parking",
        "a compensation fails until it is parked, and is redriven",
        stocks=(stock(cars=0),),
        receives=2,
        faults=COMPENSATE,
        bounded=True,
    ),
    _observed("observer", "the observer's own handlers; facts are lost on the way to it"),
    _observed("observer-refusal", "the same, and a leg refuses", stocks=(stock(seats=(0,)),)),
)
"""Dead-letter queues, and the observer."""

MACHINE: Final = (
    _machine("machine", "each leg may refuse; workers die, answers come too late", stocks=ANY_REFUSAL, bounded=True),
    _machine("machine-faults", "calls of tasks fail", faults=("task",)),
    _machine(
        "machine-stopped",
        "the execution is stopped at any moment, and nobody asks again",
        stocks=ANY_REFUSAL,
        stops=1,
    ),
    _machine(
        "machine-again",
        "the execution is stopped at any moment, and the client asks again: another one goes over the same trip",
        stops=1,
        asks_again=1,
    ),
    _machine("machine-zombies", "functions are at work that nobody waits for any more", workers=2),
    _machine("machine-cancel", "the user cancels at any moment", cancels=1),
    _machine("machine-deadline", "the deadline passes at any moment", expiries=1),
    _machine(
        "machine-conflict",
        "an orchestrated and a choreographed request under one trip id",
        requests=(TRIP, BY_MACHINE),
    ),
)

CASES: Final = (*CHOREOGRAPHY, *ENDED_EARLY, *LOST, *SHARED, *OPERATED, *MACHINE)
"""All of them. The bounded ones are the slice that every test run explores."""
