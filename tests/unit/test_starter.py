"""The starter: from a request to an execution named after its trip, or to an answer that says why not."""

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared import trip
from shared.message import Metadata, Mode, Unreadable, read_envelope, request_hash
from shared.ports import Busy
from shared.saga.effects import Announce
from shared.saga.intake import Order, Terms, read_booking
from shared.saga.starter import Standing, Start, request_of, start, start_once
from shared.saga.tasks import Do, read_task
from tests.samples import DEADLINE, NOW, a_trip, body, cancel_requested, fact, requested
from tests.unit.by_hand import Run, by_hand

TRIP = a_trip(mode="orchestration")
REQUEST = requested(TRIP)


@dataclass
class Machine:
    """Executions by name, as Step Functions keeps them: the first request under a name stands."""

    executions: dict[str, Any] = field(default_factory=dict)

    def __call__(self, asked: Start) -> Any:
        return self.executions.setdefault(asked.name, asked.request)


def started(message: str, machine: Any = None) -> Run:
    """Handle one message of the start queue."""
    return by_hand(start(trip.TRIP, Terms(), message, NOW), {Start: machine or Machine()})


def test_a_request_starts_an_execution_named_after_its_trip() -> None:
    """And says so, so that its deadline counts even if the execution is stopped before any participant was asked."""
    machine = Machine()
    run = started(REQUEST, machine)
    assert (run.names, run.failure) == (["Start", "Announce"], None)
    assert list(machine.executions) == ["trip-1"]
    (told,) = run.announced
    assert (told.source, told.detail_type) == ("travel.orchestrator", "TripStarted")
    assert isinstance(told.metadata, Metadata)
    assert (told.metadata.event_id, told.metadata.causation_id) == ("orchestrator:trip-1:STARTED", "event-1")
    assert (told.metadata.mode, told.metadata.request_hash) == (Mode.ORCHESTRATION, request_hash(TRIP))
    assert (told.metadata.requested_at, told.metadata.deadline) == (NOW, DEADLINE)


def test_an_execution_is_started_with_all_that_a_task_needs() -> None:
    """In JSON; the hash is that of the request as received, its mode included."""
    machine = Machine()
    started(REQUEST, machine)
    (asked,) = machine.executions.values()
    assert json.loads(json.dumps(asked)) == asked
    task = read_task({**asked, "do": "book"})
    assert (task.do, task.trip_id, task.trip, task.cause) == (Do.BOOK, "trip-1", TRIP, "event-1")
    assert (task.requested_at, task.deadline) == (NOW, DEADLINE)
    assert task.request_hash == request_hash(TRIP) != request_hash(a_trip())


@pytest.mark.parametrize("again", [REQUEST, requested(TRIP, "event-2")], ids=["delivered twice", "put twice"])
def test_a_duplicate_starts_nothing_and_says_the_same_again(again: str) -> None:
    """The name is taken, by the same request; its first putting counts."""
    machine = Machine()
    (told,) = started(REQUEST, machine).announced
    run = started(again, machine)
    assert (run.announced, run.failure) == ([told], None)
    assert machine.executions["trip-1"]["cause"] == "event-1"


def test_an_execution_that_was_not_told_of_is_told_of_by_redelivery() -> None:
    """The start message is not deleted before the fact is on the bus."""
    machine = Machine()
    run = by_hand(start(trip.TRIP, Terms(), REQUEST, NOW), {Start: machine, Announce: lambda _: Busy("bus")})
    assert str(run.failure) == "bus"
    assert started(REQUEST, machine).said == ["TripStarted"]


def test_executions_that_were_broken_off_are_followed_by_others_but_not_for_ever() -> None:
    """`.2` behind the name, and so on; all of them stand for the first one's request, however they stand."""
    names, mine = list[str](), {"requestHash": "mine"}

    def begin(name: str, _request: object) -> Standing | None:
        names.append(name)
        return Standing("ABORTED", json.dumps({**mine, "of": name}))

    assert start_once(begin, "trip-1", mine) == {**mine, "of": "trip-1"}
    assert names == ["trip-1", "trip-1.2", "trip-1.3", "trip-1.4", "trip-1.5"]
    follows = start_once(lambda name, _: begin(name, _) if name == "trip-1" else None, "trip-1", mine)
    assert follows == {**mine, "of": "trip-1"}
    assert start_once(lambda *_: None, "trip-1", mine) == mine
    ended = {"requestHash": "mine", "of": "first"}
    assert start_once(lambda *_: Standing("FAILED", json.dumps(ended)), "trip-1", mine) == ended


def test_a_broken_off_execution_is_followed_by_its_own_request_alone() -> None:
    """It may have booked: were another request's execution to take the next name, its own client could never go on."""
    names = list[str]()

    def begin(name: str, _request: object) -> Standing | None:
        names.append(name)
        return Standing("ABORTED", json.dumps({"requestHash": "the first"}))

    assert start_once(begin, "trip-1", {"requestHash": "another"}) == {"requestHash": "the first"}
    assert names == ["trip-1"]


def test_another_request_under_the_same_trip_id_is_answered_as_a_conflict() -> None:
    """The execution that stands is untouched; the answer is about the request alone."""
    machine = Machine()
    started(REQUEST, machine)
    run = started(requested({**TRIP, "hotel": "another"}, "event-2"), machine)
    assert run.said == ["TripRequestRejected conflict"]
    (told,) = run.announced
    assert (told.source, told.metadata.event_id) == ("travel.orchestrator", "orchestrator:event-2:REJECTED")
    assert (told.metadata.participant, told.metadata.leg) == ("orchestrator", 0)
    assert machine.executions["trip-1"]["trip"] == TRIP


def test_a_malformed_request_is_answered_with_every_reason() -> None:
    """And starts nothing."""
    run = started(requested({**TRIP, "hotel": "", "car": 7}))
    assert run.names == ["Announce"]
    assert run.said == ["TripRequestRejected invalid"]
    problems = getattr(run.announced[0].data, "problems", ())
    assert {problem.field for problem in problems} == {"hotel", "car"}


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("not json", "not readable as JSON"),
        (requested(), "mode = choreography: the orchestrator starts trips whose mode is orchestration"),
        (requested(a_trip(mode="choreography")), "mode = choreography"),
        (cancel_requested(), "the first leg starts on TripRequested"),
        (fact("hotel", "Booked"), "the first leg starts on TripRequested"),
        (body("TripRequested", "travel.trip", TRIP), "from 'travel.client'"),
    ],
)
def test_what_is_not_meant_for_it_is_quarantined(message: str, why: str) -> None:
    """At once, with the reason, and not retried."""
    run = started(message)
    assert run.names == ["Quarantine"]
    assert why in run.quarantined[0]
    assert run.failure is None


def test_a_machine_that_can_never_take_the_request_is_not_asked_again() -> None:
    """The message is put aside with the reason."""
    run = started(REQUEST, lambda _: Unreadable("InvalidExecutionInput"))
    assert run.names == ["Start", "Quarantine"]
    assert run.failure is None


def test_a_machine_that_does_not_answer_is_asked_again() -> None:
    """By redelivery: the name makes it harmless."""
    run = started(REQUEST, lambda _: Busy("ThrottlingException"))
    assert isinstance(run.failure, Busy)
    assert run.names == ["Start"]


def test_an_answer_that_is_not_on_the_bus_is_given_again() -> None:
    """The message is not deleted before."""
    run = by_hand(start(trip.TRIP, Terms(), requested({**TRIP, "hotel": ""}), NOW), {Announce: lambda _: Busy("bus")})
    assert str(run.failure) == "bus"


def test_two_starts_of_one_trip_are_not_made_side_by_side() -> None:
    """A batch need not race with itself."""
    order = read_booking(trip.TRIP, Terms(), read_envelope(REQUEST), NOW)
    assert isinstance(order, Order)
    assert Start("trip-1", request_of(order)).touches() == {"trip-1"}
