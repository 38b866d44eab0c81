"""Planning by hand: what a service would take, given what is on the shelf."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from services.car.participant import CAR
from services.flight.participant import FLIGHT
from services.hotel.participant import HOTEL
from shared.saga.participant import Participant
from shared.saga.plan import Plan, Planning, Refused
from shared.saga.record import Stock, StockKey
from tests.samples import a_trip

Shelf = Mapping[StockKey, Stock]

__all__ = ["CAR", "FLIGHT", "HOTEL", "Shelf", "answered", "plan", "planned", "refused", "stock"]


def stock(capacity: int, held: int = 0) -> Stock:
    """A stock item."""
    return Stock(capacity, capacity - held, held)


def plan(who: Participant, shelf: Shelf, unlisted: int | None = None, **changes: Any) -> Plan | Refused:
    """What a participant answers to a trip; only what it asks for is shown to it."""
    return answered(
        who.plan(a_trip(**changes), unlisted), lambda keys: {key: shelf[key] for key in keys if key in shelf}
    )


def answered(planning: Planning, shown: Callable[[Sequence[StockKey]], Shelf]) -> Plan | Refused:
    """What a planning answers when it is shown stock."""
    try:
        wanted = next(planning)
        while True:
            wanted = planning.send(shown(wanted))
    except StopIteration as end:
        answer: Plan | Refused = end.value
        return answer


def planned(who: Participant, shelf: Shelf, unlisted: int | None = None, **changes: Any) -> Plan:
    """The plan, which there must be."""
    answer = plan(who, shelf, unlisted, **changes)
    assert isinstance(answer, Plan), answer
    return answer


def refused(who: Participant, shelf: Shelf, unlisted: int | None = None, **changes: Any) -> str:
    """The reason of the refusal, which there must be."""
    answer = plan(who, shelf, unlisted, **changes)
    assert isinstance(answer, Refused), answer
    assert answer.message
    return answer.reason
