"""What may happen in the course of a trip, and what each such step costs by AWS's rules."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.metering.counts import EVENTS, INVOCATIONS, QUEUE_REQUESTS, READ_UNITS, WRITE_UNITS

Tally = Mapping[tuple[str, str], int]
"""How much, by meter and owner."""


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens, what it costs, and why."""

    what: str
    costs: Tally
    why: str


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


def observed(fact: str, note: int, enter: int = 0, index: int = 0) -> Iterator[Step]:
    """The observer hears a fact, keeps it, and writes the summary unless the trip is pending as before."""
    yield heard("trip", "observe")
    yield noted(fact, note)
    if enter:
        yield entered(enter, index)


def compensated(owner: str) -> Iterator[Step]:
    """A leg that gives back what it holds."""
    yield heard(owner, "compensate")
    yield looked(owner, 0)
    yield decided(owner, "CANCELLED")
    yield put(owner, f"{owner.capitalize()}Cancelled")


def said_again(owner: str, says: str, units: int) -> Iterator[Step]:
    """A fact that everybody knows: nothing is written but by the observer, whose write changes nothing."""
    yield put(owner, says)
    yield heard("trip", "observe")
    yield Step(f"trip keeps {says} as it is", {(WRITE_UNITS, "trip"): units}, f"the trip's item is {_size(units)}")
