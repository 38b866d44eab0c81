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
    message (to functions of the roles in `loses`) is lost, an execution is stopped, the observer's clock ticks; `asks_again`: how often the client puts its request once more; `expiries`: whether the deadline may come at
    any moment. `receives`: after how many a message is parked (None: never, it waits for ever). `observed`: the
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
        return bool(self.losses or self.stops)


REVERSE: Final = "local-reverse"
COMPENSATE: Final = ("compensate",)
BY_MACHINE: Final = {**TRIP, **ORCHESTRATED}

CASES: Final = (
    # -- choreography, both orders
    Case(name="refusals", about="one trip, each leg may refuse", stocks=ANY_REFUSAL, bounded=True),
    Case(name="three-workers", about="the same with three workers at once", stocks=ANY_REFUSAL, workers=3, faults=()),
    Case(
        name="reverse",
        about="the same, compensated in reverse order",
        stage=REVERSE,
        stocks=ANY_REFUSAL,
        faults=(),
        bounded=True,
    ),
    Case(name="reverse-faults", about="in reverse order, and every call may fail", stage=REVERSE, stocks=ANY_REFUSAL),
    # -- the user and the deadline
    Case(name="cancel", about="the user cancels at any moment", faults=(), cancels=1, bounded=True),
    Case(
        name="cancel-refusals",
        about="the user cancels, and each leg may refuse",
        stocks=ANY_REFUSAL,
        faults=(),
        cancels=1,
    ),
    Case(
        name="cancel-faults",
        about="the user cancels, and compensations fail",
        faults=COMPENSATE,
        workers=1,
        duplicates=False,
        cancels=1,
    ),
    Case(
        name="cancel-reverse",
        about="the user cancels, in reverse order",
        stage=REVERSE,
        stocks=ANY_REFUSAL,
        faults=(),
        cancels=1,
    ),
    Case(name="deadline", about="the deadline passes at any moment", faults=(), expiries=1, bounded=True),
    Case(
        name="deadline-refusals",
        about="the deadline passes, and each leg may refuse",
        stocks=ANY_REFUSAL,
        faults=(),
        expiries=1,
    ),
    Case(
        name="deadline-faults",
        about="the deadline passes, and compensations fail",
        faults=COMPENSATE,
        workers=1,
        duplicates=False,
        expiries=1,
    ),
    Case(name="deadline-reverse", about="the deadline passes, in reverse order", stage=REVERSE, faults=(), expiries=1),
    Case(
        name="cancel-and-deadline",
        about="the user cancels and the deadline passes, in any order",
        faults=(),
        duplicates=False,
        cancels=1,
        expiries=1,
    ),
    # -- lost messages
    Case(
        name="lost-message",
        about="any message is lost; the deadline ends what is left",
        faults=(),
        losses=1,
        bounded=True,
    ),
    Case(
        name="lost-message-reverse",
        about="any message is lost, in reverse order",
        stage=REVERSE,
        stocks=ANY_REFUSAL,
        faults=(),
        losses=1,
    ),
    # -- two trips, two requests
    Case(name="last-room", about="two trips for the last room", requests=(TRIP, OTHER), bounded=True),
    Case(
        name="last-seat",
        about="two trips for the last seat",
        requests=(TRIP, OTHER),
        stocks=(stock(2),),
        faults=(),
        bounded=True,
    ),
    Case(
        name="last-car",
        about="two trips for the last car",
        requests=(TRIP, OTHER),
        stocks=(stock(2, (2,)),),
        faults=(),
        bounded=True,
    ),
    Case(
        name="last-car-cancel",
        about="two trips for the last car, and both may be cancelled",
        requests=(TRIP, OTHER),
        stocks=(stock(2, (2,)),),
        faults=(),
        duplicates=False,
        cancels=1,
    ),
    Case(
        name="another-plan",
        about="one seat in each fare, two cars: plans of two trips go stale",
        requests=(TRIP, OTHER),
        stocks=(stock(2, (1, 1), 2),),
        faults=(),
        bounded=True,
    ),
    Case(
        name="batch",
        about="two trips in one batch; entries of PutEvents fail one by one",
        requests=(TRIP, OTHER),
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
    # -- queues and the observer
    Case(
        name="parking",
        about="a compensation fails until it is parked, and is redriven",
        stocks=(stock(cars=0),),
        workers=1,
        receives=2,
        duplicates=False,
        faults=COMPENSATE,
        bounded=True,
    ),
    Case(
        name="observer",
        about="the observer's own handlers; facts are lost on the way to it",
        workers=1,
        observed=True,
        ticks=2,
        losses=1,
        loses=("observe",),
        faults=(),
        duplicates=False,
        bounded=True,
    ),
    Case(
        name="observer-refusal",
        about="the same, and a leg refuses",
        stocks=(stock(seats=(0,)),),
        workers=1,
        observed=True,
        ticks=2,
        losses=1,
        loses=("observe",),
        faults=(),
        duplicates=False,
        bounded=True,
    ),
    # -- the state machine
    Case(
        name="machine",
        about="each leg may refuse; workers die, answers come too late",
        requests=(BY_MACHINE,),
        stocks=ANY_REFUSAL,
        workers=1,
        faults=(),
        duplicates=False,
        bounded=True,
    ),
    Case(
        name="machine-faults",
        about="calls of tasks fail",
        requests=(BY_MACHINE,),
        workers=1,
        faults=("task",),
        duplicates=False,
    ),
    Case(
        name="machine-again",
        about="the execution is stopped at any moment, and the client asks again: another one goes over the same trip",
        requests=(BY_MACHINE,),
        workers=1,
        faults=(),
        duplicates=False,
        stops=1,
        asks_again=1,
    ),
    Case(
        name="machine-zombies",
        about="functions are at work that nobody waits for any more",
        requests=(BY_MACHINE,),
        faults=(),
        duplicates=False,
    ),
    Case(
        name="machine-cancel",
        about="the user cancels at any moment",
        requests=(BY_MACHINE,),
        workers=1,
        faults=(),
        duplicates=False,
        cancels=1,
    ),
    Case(
        name="machine-deadline",
        about="the deadline passes at any moment",
        requests=(BY_MACHINE,),
        workers=1,
        faults=(),
        duplicates=False,
        expiries=1,
    ),
    Case(
        name="machine-conflict",
        about="an orchestrated and a choreographed request under one trip id",
        requests=(TRIP, BY_MACHINE),
        workers=1,
        faults=(),
        duplicates=False,
    ),
)
