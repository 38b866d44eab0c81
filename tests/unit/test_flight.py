"""Flight: seats in fare buckets, the cheapest one that holds the whole party."""

import itertools
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.flight.domain import FARES, Flight, cheapest
from services.flight.inventory import SEATS, key_of
from shared.saga.plan import Plan
from shared.saga.record import StockKey
from tests.unit.planning import FLIGHT, Shelf, plan, planned, refused, stock

DESIGNATOR = "london > dublin 2017-07-10T06:00Z"


def seats(*free: int) -> Shelf:
    """So many free seats in each fare, cheapest first."""
    return {StockKey(DESIGNATOR, fare): stock(n) for fare, n in zip(FARES, free, strict=True)}


def test_a_departure_is_named_by_route_and_minute_in_utc() -> None:
    """However it is written: case, space, seconds, zone."""
    written = Flight(" LONDON ", "Dublin", datetime.fromisoformat("2017-07-10T07:00:59+01:00"))
    assert written.designator == DESIGNATOR


@pytest.mark.parametrize(
    ("free", "party", "fare"),
    [
        ((5, 5, 5), 1, "saver"),
        ((0, 5, 5), 1, "flex"),
        ((1, 0, 5), 2, "full"),
        ((1, 1, 1), 2, None),
        ((0, 0, 0), 1, None),
        ((9, 9, 9), 9, "saver"),
    ],
)
def test_the_cheapest_fare_that_holds_the_whole_party_is_sold(
    free: tuple[int, ...], party: int, fare: str | None
) -> None:
    """A party is never split over two fares."""
    assert cheapest(dict(zip(FARES, free, strict=True)), party) == fare


def test_a_departure_that_nobody_listed_has_seats() -> None:
    """The service's default in each bucket, or the stage's."""
    (claim,) = planned(FLIGHT, {}).claims
    assert (claim.key, claim.quantity, claim.unlisted) == (StockKey(DESIGNATOR, "saver"), 1, SEATS)
    assert planned(FLIGHT, {}, unlisted=4, travellers=4).claims[0].unlisted == 4
    assert refused(FLIGHT, {}, unlisted=4, travellers=5) == "flight_full"


def test_on_a_listed_only_stage_an_unknown_departure_is_refused() -> None:
    """A business refusal, not an error."""
    assert refused(FLIGHT, {}, unlisted=0) == "flight_unknown"
    assert refused(FLIGHT, {StockKey(DESIGNATOR, "full"): stock(1, held=1)}, unlisted=0) == "flight_full"


@given(st.tuples(*[st.integers(0, 10)] * 3), st.integers(1, 9))
def test_a_plan_takes_the_whole_party_from_one_fare_or_nothing(free: tuple[int, ...], party: int) -> None:
    """And never from a dearer fare while a cheaper one has room."""
    answer = plan(FLIGHT, seats(*free), travellers=party)
    wide = list(itertools.compress(FARES, [n >= party for n in free]))
    assert isinstance(answer, Plan) is bool(wide)
    if isinstance(answer, Plan):
        (claim,) = answer.claims
        assert (claim.unit, claim.quantity) == (wide[0], party)
        assert answer.details == {"flight": DESIGNATOR, "fare": wide[0], "seats": party}


def test_only_fares_that_are_sold_can_be_listed() -> None:
    """Anything else is answered with the names of the fares."""
    assert key_of(f" {DESIGNATOR} ", "flex") == StockKey(DESIGNATOR, "flex")
    with pytest.raises(ValueError, match="unit = 'first': name a fare, one of saver, flex, full"):
        key_of(DESIGNATOR, "first")
