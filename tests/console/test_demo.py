"""The demonstration notices whatever is not as it must be."""

import pytest

from console.demo import STORIES, check_stock, check_story
from console.follow import look
from console.stock import Row
from console.trouble import Trouble
from tests.console.given import BOOKED, GIVEN_BACK, Told, a_request

HELD = [
    Row("car", "VOLVO-1", "2017-07-10", 1, 0, 1),
    Row("car", "VOLVO-1", "2017-07-11", 1, 0, 1),
    Row("flight", "london > dublin 2017-07-10T06:00Z", "saver", 20, 19, 1),
    Row("hotel", "holiday inn", "2017-07-10", 10, 9, 1),
    Row("hotel", "holiday inn", "2017-07-11", 10, 9, 1),
]
WELL, FAILED = STORIES


def test_the_log_must_be_exactly_the_storys() -> None:
    """The success story passes; its log for the failing trip's story does not."""
    ending = look(Told(BOOKED), a_request())
    check_story(WELL, ending)
    with pytest.raises(Trouble, match=r"the status of trip-fail-flight.json is CONFIRMED, and must be FAILED"):
        check_story(FAILED, ending)


def test_another_reason_is_not_the_storys() -> None:
    """A flight that is full is not a flight that was asked to fail."""
    with pytest.raises(Trouble, match=r"the saga log of trip-fail-flight.json is .*flight_full"):
        check_story(FAILED, look(Told(GIVEN_BACK), a_request()))


def test_the_stock_must_be_exact() -> None:
    """Two nights, one seat, two days; and the failed trip changes no figure."""
    check_stock(HELD, HELD)
    with pytest.raises(Trouble, match=r"held after the first trip is .*'hotel': 1"):
        check_stock(HELD[:-1], HELD[:-1])
    with pytest.raises(Trouble, match=r"after the second trip, which must hold nothing"):
        check_stock(HELD, [*HELD[:-1], HELD[-1]._replace(available=8, held=2)])


def test_stock_must_add_up() -> None:
    """Available and held are the capacity, always."""
    odd = [*HELD[:-1], HELD[-1]._replace(available=8)]
    with pytest.raises(Trouble, match=r"available and held are not their capacity"):
        check_stock(odd, odd)
