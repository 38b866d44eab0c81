"""What one trip costs, counted in the engine, is exactly what was reckoned by hand, in every mode."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from sandbox.local_world import LocalWorld
from sandbox.metering.by_hand import BILLS, Bill
from sandbox.metering.counts import EXACT, GB_SECONDS, LOG_BYTES, UNMETERED, Counts
from sandbox.metering.meter import Meter
from sandbox.modes import MODES
from sandbox.world import Inbox
from tests.saga.story import example

Trip = dict[str, Any]

# As long as the example's own words, so that every item is as large as in the table.
NOWHERE = {"hotel": "holiday off", "flight": "Durban", "car": "Lotus"}
LISTED_AS_NONE = {
    "hotel": ("holiday off", "2017-07-10", "2017-07-11"),
    "flight": ("london > durban 2017-07-10T06:00Z", "saver", "flex", "full"),
    "car": ("Lotus", "fleet"),
}
FIELDS = {"hotel": "hotel", "flight": "arrive", "car": "car"}


@pytest.mark.parametrize("bill", BILLS, ids=lambda bill: f"{bill.mode}: {bill.outcome}")
def test_a_trip_costs_what_was_reckoned(bill: Bill, metered: LocalWorld, meter: Meter) -> None:
    """Event by event, request by request, unit by unit; and nothing escapes the meter."""
    mode = MODES[bill.mode]
    world = LocalWorld(metered.engine, mode.stage)
    course, place = COURSES[bill.outcome]
    list_nothing(world, place)
    trip = mode.ask({**example("trip-success"), **changed(place), "tripId": str(uuid.uuid4())})
    world.settle()
    before = meter.snapshot()
    course(world, trip)
    counted = (meter.snapshot() - before).of_trips()
    assert exact(counted) == dict(bill.total)
    assert counted[UNMETERED] == 0
    assert counted[GB_SECONDS] > 0
    assert counted[LOG_BYTES] > 0


def exact(counts: Counts) -> dict[tuple[str, str], float]:
    """The counts that no machine's speed can change, by meter and owner."""
    owners = counts.by_owner().items()
    return {(name, owner): own[name] for owner, own in owners for name in EXACT if own[name]}


def list_nothing(world: LocalWorld, place: str | None) -> None:
    """Say that a participant has nothing at all where the trip goes."""
    if place:
        item, *units = LISTED_AS_NONE[place]
        for unit in units:
            world.set_stock(place, item, unit, 0)


def changed(place: str | None) -> Trip:
    return {FIELDS[place]: NOWHERE[place]} if place else {}


def requested(world: LocalWorld, trip: Trip) -> None:
    world.put(trip)
    world.settle()


def cancelled(world: LocalWorld, trip: Trip) -> None:
    world.put({"tripId": trip["tripId"]}, "TripCancelRequested")
    world.settle()


def requested_then_cancelled(world: LocalWorld, trip: Trip) -> None:
    requested(world, trip)
    cancelled(world, trip)


def cancelled_then_requested(world: LocalWorld, trip: Trip) -> None:
    cancelled(world, trip)
    requested(world, trip)


def cancelled_while_the_pivot_waits(world: LocalWorld, trip: Trip) -> None:
    world.pause(Inbox("car", "book"))
    requested_then_cancelled(world, trip)
    world.resume(Inbox("car", "book"))
    world.settle()


Course = Callable[[LocalWorld, Trip], None]
COURSES: Mapping[str, tuple[Course, str | None]] = {
    "confirmed": (requested, None),
    "refused at hotel": (requested, "hotel"),
    "refused at flight": (requested, "flight"),
    "refused at car": (requested, "car"),
    "cancelled after the commit": (requested_then_cancelled, None),
    "cancelled before the commit": (cancelled_while_the_pivot_waits, None),
    "cancelled before it is requested": (cancelled_then_requested, None),
}
"""How each of the reckoned trips comes about, and where there is nothing left for it."""
