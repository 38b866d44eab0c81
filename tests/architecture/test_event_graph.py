"""No event leads back to itself: the graph "event -> queue -> announced events", from the rules and the shipped handlers.

Lambda's own loop detection does not see EventBridge, so a loop would run until somebody pays the bill. What the observer's
watch puts is driven by the clock: no event leads to it. In mode orchestration a request leads to whatever the machine's
tasks announce, in every state of the records; the machine itself hears no event.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

import pytest

from infra.catalog import CATALOG, ORCHESTRATOR, OUTCOMES
from infra.matching import heard_by
from infra.rules import all_rules
from infra.stages import named
from services.trip.observer import observe
from shared.message import read_envelope
from shared.observer.effects import Note
from shared.observer.standing import Known
from shared.ports import Busy
from shared.saga.effects import Core, Decide, Release
from shared.saga.intake import Order, Terms, read_booking
from shared.saga.participant import Participant
from shared.saga.record import Record
from shared.saga.runtime import handle_booking, handle_notice
from shared.saga.starter import Start, request_of, start
from shared.saga.tasks import Do, Task, perform, read_task
from shared.trip import TRIP
from tests.contracts.frozen import frozen
from tests.samples import HASH, LEGS, NOW, PARTICIPANTS, TERMS, body, booked, cancelled, delivery, failed, tombstone
from tests.unit.by_hand import Answer, by_hand, ledger
from tests.unit.histories import HISTORIES, History
from tests.unit.test_booking import DETAILS

STAGES = ("local", "local-reverse", "dev", "prod", "prod-reverse")
MODES = ("choreography", "orchestration")
CLIENT = "travel.client"

Event = tuple[str, str]
"""Source and detail-type."""

SECOND: Mapping[Event, str] = {
    ("travel.trip", "TripCancelRequested"): ".repeated",
    ("travel.orchestrator", "TripRequestRejected"): ".orchestrator",
}
"""Events of a second sender, whose example has a name of its own."""


def detail(event: Event, mode: str) -> dict[str, Any]:
    """What such an event says, for a trip in that mode."""
    source, detail_type = event
    said: dict[str, Any] = frozen()[f"{detail_type}{SECOND.get((source, detail_type), '')}"]["example"]
    if detail_type == "TripRequested":
        return {**said, "mode": mode}
    return {**said, "metadata": {**said["metadata"], "mode": mode}} if "metadata" in said else said


def heard(stage: str, event: Event, mode: str) -> set[tuple[str, str]]:
    """The queues that an event reaches."""
    sample = {"source": event[0], "detail-type": event[1], "detail": detail(event, mode)}
    rules = heard_by(all_rules(CATALOG, named(stage)), sample)
    return {(rule.service, rule.role) for rule in rules if rule.service != "platform"}


@cache
def announced(service: str, role: str, event: Event, mode: str) -> frozenset[Event]:
    """All that the function behind a queue may put when it handles such an event, whatever it has on record."""
    message = body(event[1], event[0], detail(event, mode))
    put: set[Event] = set()
    for core, answers in _situations(service, role, message):
        put |= {(fact.source, fact.detail_type) for fact in by_hand(core(), answers).announced}
    return frozenset(put)


Situation = tuple[Callable[[], Core[None]], Mapping[type, Answer]]


def _busy(_: object) -> Busy:
    return Busy("throttled")


def _situations(service: str, role: str, message: str) -> Iterator[Situation]:
    """Every state of the record, every failure of a write, the last delivery or not."""
    if service == "trip":
        for history in HISTORIES.values():
            yield partial(observe, LEGS, CLIENT, message), {Note: partial(_known, history)}
        return
    if service == ORCHESTRATOR:
        yield from _executions(message)
        return
    handle = partial({"book": handle_booking, "compensate": handle_notice}[role], PARTICIPANTS[service], TERMS[service])
    for record in _records(service, json.loads(message)["detail"].get("metadata", {}).get("requestHash")):
        for last in (False, True):
            for failing in ((), (Decide, Release)):
                answers: dict[type, Answer] = {**ledger(record), **dict.fromkeys(failing, _busy)}
                yield partial(handle, delivery(message, 10, last=last)), answers


def _executions(message: str) -> Iterator[Situation]:
    """The starter, before whatever stands under the name; and every call that an execution can make."""
    for standing in ("this", "another"):
        yield partial(start, TRIP, TERMS["hotel"], message, NOW), {Start: partial(_standing, standing)}
    asked = request_of(_order(message))
    for name, who in PARTICIPANTS.items():
        for do in Do:
            task = read_task({**asked, "do": str(do)})
            for record in _records(name, task.request_hash):
                yield partial(_called, who, TERMS[name], task), ledger(record)


def _standing(which: str, asked: Start) -> Mapping[str, Any]:
    return asked.request if which == "this" else {**asked.request, "requestHash": "another"}


def _order(message: str) -> Order:
    order = read_booking(TRIP, TERMS["hotel"], read_envelope(message), NOW)
    assert isinstance(order, Order)
    return order


def _called(who: Participant, terms: Terms, task: Task) -> Core[None]:
    yield from perform(who, terms, task, NOW)


def _known(history: History, _note: Note) -> Known:
    return Known(history.noted, None)


def _records(service: str, request_hash: str | None) -> Iterator[Record | None]:
    yield None
    for make in (booked, failed, cancelled, tombstone):
        for known in (request_hash or HASH, "another"):
            yield make(details=DETAILS[service] if make is booked else {}, request_hash=known)


def graph(stage: str, mode: str) -> dict[Event, set[Event]]:
    """What each event leads to."""
    found: dict[Event, set[Event]] = {}
    for detail_type, sources in CATALOG.senders(CLIENT).items():
        for source in sources:
            event = (source, detail_type)
            found[event] = {
                put for service, role in heard(stage, event, mode) for put in announced(service, role, event, mode)
            }
    return found


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("mode", MODES)
def test_no_event_leads_back_to_itself(stage: str, mode: str) -> None:
    """In every stage, in both orders of compensation, in both modes."""
    try:
        TopologicalSorter(graph(stage, mode)).prepare()
    except CycleError as cycle:
        pytest.fail(f"a loop through EventBridge: {cycle.args[1]}")


def test_the_graph_holds_the_way_of_a_trip() -> None:
    """It is not acyclic for being empty."""
    edges = graph("local", "choreography")
    way = ["TripRequested", "HotelBooked", "FlightBooked", "CarBooked", "TripConfirmed"]
    sources = [CLIENT, "travel.hotel", "travel.flight", "travel.car", "travel.trip"]
    events = list(zip(sources, way, strict=True))
    for event, following in pairwise(events):
        assert following in edges[event]
    assert ("travel.hotel", "HotelCancelled") in edges["travel.flight", "FlightBookingFailed"]
    assert ("travel.hotel", "HotelBooked") in edges["travel.trip", "TripExpired"]
    assert ("travel.car", "CarCancelled") in edges["travel.trip", "TripCancelRequested"]


def test_the_graph_holds_what_a_machines_tasks_announce() -> None:
    """A request leads to every fact of every leg at once; none of them leads to a booking."""
    edges = graph("local", "orchestration")
    told = edges[CLIENT, "TripRequested"]
    facts = {(who.source, fact) for who in CATALOG.participants for fact in who.facts[:3]}
    rejected = {(source, "TripRequestRejected") for source in ("travel.hotel", "travel.orchestrator")}
    assert told == facts | rejected
    for event in facts:
        assert not any(detail_type.endswith("Booked") for _, detail_type in edges[event])
    assert ("travel.hotel", "HotelCancelled") in edges["travel.car", "CarCancelled"]
    assert edges["travel.hotel", "HotelBooked"] <= {("travel.trip", outcome) for outcome in OUTCOMES}


def test_nothing_but_the_clock_makes_the_observer_remind() -> None:
    """Its reminders are announced by no queue that events reach, and its outcomes lead to nothing."""
    edges = graph("local", "choreography")
    reminders = {("travel.trip", "TripExpired"), ("travel.trip", "TripCancelRequested")}
    assert not any(reminders & following for following in edges.values())
    for outcome in OUTCOMES:
        assert edges["travel.trip", outcome] == set()


def test_everything_that_is_announced_is_in_the_catalogue_with_its_sender() -> None:
    """An event that nobody lists would end in the quarantine."""
    senders = CATALOG.senders(CLIENT)
    for mode in MODES:
        for following in graph("local", mode).values():
            for source, detail_type in following:
                assert source in senders[detail_type]
