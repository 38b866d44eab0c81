"""The stock desk's function: what operators ask of it, and what it answers to nonsense."""

from typing import Any

import pytest

from sandbox.local_world import LocalWorld
from shared.aws.stock import StockError, _answer
from shared.saga.participant import Participant
from tests.ports.conftest import Bookkeeping
from tests.samples import PARTICIPANTS

SET = {"do": "set", "item": "Ritz", "unit": "2027-07-10", "capacity": 2}


def asked(books: Bookkeeping, event: Any, who: Participant = PARTICIPANTS["hotel"]) -> list[dict[str, Any]]:
    desk: Any = books.desk
    return _answer(who, desk, event)


def test_what_is_set_is_listed(bookkeeping: Bookkeeping) -> None:
    """Under the name that the service itself uses."""
    row = {"item": "ritz", "unit": "2027-07-10", "capacity": 2, "available": 2, "held": 0}
    assert asked(bookkeeping, SET) == [row]
    assert asked(bookkeeping, {"do": "list"}) == [row]


@pytest.mark.parametrize(
    "event",
    [
        {},
        [],
        "list",
        {"do": "sell"},
        {"do": "set"},
        {**SET, "capacity": -1},
        {**SET, "capacity": "2"},
        {**SET, "capacity": 1.5},
        {**SET, "capacity": True},
        {**SET, "item": "  "},
        {**SET, "item": 7},
        {**SET, "unit": None},
    ],
)
def test_nonsense_is_answered_with_what_to_send(bookkeeping: Bookkeeping, event: Any) -> None:
    """And changes nothing."""
    with pytest.raises(StockError, match=r'send \{"do": "list"\}'):
        asked(bookkeeping, event)
    assert asked(bookkeeping, {"do": "list"}) == []


@pytest.mark.parametrize(
    ("service", "event", "why"),
    [
        ("hotel", {**SET, "unit": "soon"}, "unit = 'soon': name a night by its date"),
        ("flight", SET, "name a fare, one of saver, flex, full"),
        ("car", SET, "only the size of a fleet can be set"),
    ],
)
def test_each_service_knows_its_own_units(bookkeeping: Bookkeeping, service: str, event: Any, why: str) -> None:
    """And says what they are."""
    with pytest.raises(StockError, match=why):
        asked(bookkeeping, event, PARTICIPANTS[service])


def test_the_function_answers_an_error_as_a_value(local: LocalWorld) -> None:
    """So that the console can show it; a failed function would hide it in a stack trace."""
    answer = local.invoke("hotel", "stock", {**SET, "capacity": -1})
    assert answer["error"].startswith('send {"do": "list"}')
