"""Counts add up, come apart again, and know whose they are."""

import pytest

from sandbox.metering.counts import EVENTS, PLATFORM, READ_UNITS, WRITE_UNITS, Counts, Key, Place, place_of

HOTEL = Key(WRITE_UNITS, "hotel", "wayfare-local-hotel", "PutItem")
TRIP = Key(READ_UNITS, "trip", "wayfare-local-trip", "Query of index board")
CLIENT = Key(EVENTS, "client", "wayfare-local-reverse/travel.client", "TripRequested")
TEST = Key(READ_UNITS, "operator", "wayfare-local-hotel", "Scan")
TICK = Key("queue_requests", "trip", "wayfare-local-trip-watch", "SendMessage")
SOME = Counts({HOTEL: 2, TRIP: 0.5, CLIENT: 1, TEST: 3, TICK: 1})


@pytest.mark.parametrize(
    ("resource", "place"),
    [
        ("wayfare-local-hotel-book", Place("local", "hotel", "book")),
        ("wayfare-local-hotel-book-dlq", Place("local", "hotel", "book-dlq")),
        ("wayfare-local-reverse-trip", Place("local-reverse", "trip", "")),
        ("wayfare-local-orchestrator", Place("local", "orchestrator", "")),
        ("wayfare-local-orchestrator-start", Place("local", "orchestrator", "start")),
        ("wayfare-dev-ada-quarantine", Place("dev-ada", PLATFORM, "")),
        ("wayfare-local-reverse/travel.client", Place("local-reverse", "client", "")),
        ("/wayfare/local-reverse/car-book", Place("local-reverse", "car", "book")),
        ("somebody-elses", Place("", PLATFORM, "")),
    ],
)
def test_a_name_tells_whose_it_is(resource: str, place: Place) -> None:
    assert place_of(resource) == place


def test_a_run_is_what_came_after_without_what_was_before() -> None:
    """Whatever did not change is gone."""
    run = Counts({HOTEL: 3})
    assert (SOME + run) - SOME == run
    assert not SOME - SOME
    assert (SOME + run)[WRITE_UNITS] == 5


def test_counts_are_told_by_meter_and_by_owner() -> None:
    assert SOME.by_meter() == {WRITE_UNITS: 2, READ_UNITS: 3.5, EVENTS: 1, "queue_requests": 1}
    assert SOME.by_owner()["hotel"] == Counts({HOTEL: 2})
    assert SOME.of("hotel", "client") == Counts({HOTEL: 2, CLIENT: 1})
    assert SOME.without("trip", "operator") == Counts({HOTEL: 2, CLIENT: 1})
    assert SOME.of_stage("local-reverse") == Counts({CLIENT: 1})


def test_what_operators_ask_and_the_clocks_ticks_are_no_trips_cost() -> None:
    assert SOME.of_trips() == Counts({HOTEL: 2, CLIENT: 1})


def test_counts_per_trip() -> None:
    assert Counts({HOTEL: 6}).scaled(1 / 4) == Counts({HOTEL: 1.5})
