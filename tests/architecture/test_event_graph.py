"""No event leads back to itself: the graph "event -> queue -> announced events", from the rules and the shipped handlers.

Lambda's own loop detection does not see EventBridge, so a loop would run until somebody pays the bill. What the observer's
watch puts is driven by the clock: no event leads to it. In mode orchestration a request leads to whatever the machine's
tasks announce, in every state of the records; the machine itself hears no event. `infra/canvas` derives the graph.
"""

from functools import cache
from itertools import pairwise

import pytest

from infra.canvas.design import design_of
from infra.canvas.graph import Name, cycle, following
from infra.catalog import CATALOG, OUTCOMES
from infra.stages import named
from shared.message import Mode

STAGES = ("local", "local-reverse", "dev", "prod", "prod-reverse")
CLIENT = "travel.client"
STARTED = ("travel.orchestrator", "TripStarted")


@cache
def graph(stage: str, mode: Mode) -> dict[Name, set[Name]]:
    """What each event leads to."""
    return following(design_of(CATALOG, named(stage)), mode)


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("mode", Mode)
def test_no_event_leads_back_to_itself(stage: str, mode: Mode) -> None:
    """In every stage, in both orders of compensation, in both modes."""
    assert cycle(design_of(CATALOG, named(stage)), mode) == []


def test_every_event_that_may_be_put_is_in_the_graph() -> None:
    """By whoever may put it, in both modes; but only an orchestrated trip is said to have been started."""
    senders = CATALOG.senders(CLIENT)
    every = {(source, word) for word, sources in senders.items() for source in sources}
    assert {*graph("local", Mode.ORCHESTRATION)} == every
    assert {*graph("local", Mode.CHOREOGRAPHY)} == every - {STARTED}


def test_the_graph_holds_the_way_of_a_trip() -> None:
    """It is not acyclic for being empty."""
    edges = graph("local", Mode.CHOREOGRAPHY)
    way = ["TripRequested", "HotelBooked", "FlightBooked", "CarBooked", "TripConfirmed"]
    sources = [CLIENT, "travel.hotel", "travel.flight", "travel.car", "travel.trip"]
    events = list(zip(sources, way, strict=True))
    for event, onward in pairwise(events):
        assert onward in edges[event]
    assert ("travel.hotel", "HotelCancelled") in edges["travel.flight", "FlightBookingFailed"]
    assert ("travel.hotel", "HotelBooked") in edges["travel.trip", "TripExpired"]
    assert ("travel.car", "CarCancelled") in edges["travel.trip", "TripCancelRequested"]


def test_the_graph_holds_what_a_machines_tasks_announce() -> None:
    """A request leads to every fact of every leg at once; none of them leads to a booking."""
    edges = graph("local", Mode.ORCHESTRATION)
    told = edges[CLIENT, "TripRequested"]
    facts = {(who.source, fact) for who in CATALOG.participants for fact in who.facts[:3]}
    rejected = {(source, "TripRequestRejected") for source in ("travel.hotel", "travel.orchestrator")}
    assert told == facts | rejected | {STARTED}
    assert edges[STARTED] == {("travel.trip", outcome) for outcome in OUTCOMES}
    for event in facts:
        assert not any(detail_type.endswith("Booked") for _, detail_type in edges[event])
    assert ("travel.hotel", "HotelCancelled") in edges["travel.car", "CarCancelled"]
    assert edges["travel.hotel", "HotelBooked"] <= {("travel.trip", outcome) for outcome in OUTCOMES}


def test_nothing_but_the_clock_makes_the_observer_remind() -> None:
    """Its reminders are announced by no queue that events reach, and its outcomes lead to nothing."""
    edges = graph("local", Mode.CHOREOGRAPHY)
    reminders = {("travel.trip", "TripExpired"), ("travel.trip", "TripCancelRequested")}
    assert not any(reminders & onward for onward in edges.values())
    for outcome in OUTCOMES:
        assert edges["travel.trip", outcome] == set()


def test_everything_that_is_announced_is_in_the_catalogue_with_its_sender() -> None:
    """An event that nobody lists would end in the quarantine."""
    senders = CATALOG.senders(CLIENT)
    for mode in Mode:
        for onward in graph("local", mode).values():
            for source, detail_type in onward:
                assert source in senders[detail_type]
