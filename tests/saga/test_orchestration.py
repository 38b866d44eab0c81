"""What is particular to trips that a state machine coordinates: each story in memory and on the local engine."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from infra.machine import TIMEOUT_SECONDS
from infra.names import PLATFORM, QUARANTINE
from infra.stages import named
from sandbox.local_world import LocalWorld
from sandbox.memory.world import MemoryWorld
from sandbox.modes import ORCHESTRATION
from sandbox.world import TASK, Inbox, World
from shared.saga.record import State
from shared.saga.timeline import Status
from tests.saga.story import (
    Story,
    cancelled,
    deadline_passed,
    ends,
    log,
    nothing_held,
    rejected,
    requested,
    settled,
    states,
)

BOOKED, FAILED, CANCELLED = State.BOOKED, State.FAILED, State.CANCELLED
HELD = 2
"""Seconds that a task is held up: enough to do something in the meantime on a busy machine. In memory no time at all."""
ASKED, TECHNICAL = "requested_failure", "technical_failure"


@pytest.fixture(params=["memory", "local"])
def orchestrated(request: pytest.FixtureRequest) -> World:
    """Where trips are coordinated by the state machine: interpreted in memory, or run by the engine."""
    if request.param == "memory":
        return MemoryWorld(mode=ORCHESTRATION)
    return LocalWorld(request.getfixturevalue("local").engine, mode=ORCHESTRATION)


@pytest.fixture
def told(orchestrated: World) -> Iterator[Story]:
    """A story of an orchestrated trip."""
    story = Story(orchestrated)
    yield story
    orchestrated.settle()
    story.audit()


def fault(at: str, do: str, *, on: str = "book", times: int = 1, seconds: float = 0) -> dict[str, object]:
    """A fault that the trip asks for."""
    return {"at": at, "on": on, "do": do, "times": times, "seconds": seconds}


def waiting_at(story: Story, world: World, participant: str) -> None:
    """The machine has called this participant, and waits for it: the ones before have booked."""
    trip = story.trip["tripId"]
    world.wait_for(lambda: trip in world.executions("RUNNING"), "the execution to start")
    world.wait_for(lambda: f"Book {participant}" in world.tasks(trip), f"{participant} to be called")


@pytest.mark.parametrize(
    ("flags", "status", "error"),
    [
        ({}, "SUCCEEDED", None),
        ({"failBookHotel": True}, "FAILED", "TripFailed"),
        ({"failBookFlight": True}, "FAILED", "TripFailed"),
        ({"failBookCar": True}, "FAILED", "TripFailed"),
    ],
)
def test_an_executions_end_tells_the_truth(
    told: Story, orchestrated: World, flags: dict[str, bool], status: str, error: str | None
) -> None:
    """Only a confirmed trip is a succeeded execution."""
    told.when(requested(**flags)).then(ends(Status.FAILED, ASKED) if flags else ends(Status.CONFIRMED))
    execution = orchestrated.execution(told.trip["tripId"])
    assert (execution["status"], execution.get("error")) == (status, error)


@pytest.mark.parametrize(
    ("changes", "error", "calls"),
    [
        ({}, None, ["Book hotel", "Book flight", "Book car"]),
        (
            {"failBookCar": True, "faults": [fault("flight", "throttle", times=2)]},
            "TripFailed",
            ["Book hotel", *["Book flight"] * 3, "Book car", "Cancel flight", "Cancel hotel"],
        ),
        (
            {"faults": [fault("flight", "crash_before", times=99)]},
            "TripFailed",
            ["Book hotel", *["Book flight"] * 7, "Ask car", "Cancel flight", "Cancel hotel"],
        ),
        (
            {"faults": [fault("hotel", "throttle", times=99)]},
            "TripFailed",
            [*["Book hotel"] * 7, "Ask hotel", "Ask car", "Cancel flight", "Cancel hotel"],
        ),
    ],
    ids=["confirmed", "refused", "a fault", "a fault at once"],
)
def test_the_machine_calls_the_same_tasks_wherever_it_runs(
    told: Story, orchestrated: World, changes: dict[str, object], error: str | None, calls: list[str]
) -> None:
    """Step by step, retries included: our interpreter and the engine's agree."""
    trip = told.trip["tripId"]
    told.when(requested(**changes), settled())
    assert orchestrated.tasks(trip) == calls
    assert orchestrated.execution(trip).get("error") == error


def test_the_same_request_again_starts_nothing(told: Story, orchestrated: World) -> None:
    """The execution is named after its trip."""
    told.when(requested(), requested(), requested()).then(ends(Status.CONFIRMED))
    assert told.trip["tripId"] in orchestrated.executions("SUCCEEDED")
    assert [orchestrated.rejection(request) for request in told.requests] == [None] * 3


def test_a_trip_id_that_choreography_has_is_a_conflict_for_the_machine(told: Story, orchestrated: World) -> None:
    """The first leg answers the machine so; the execution ends and touches nothing."""
    theirs = Story(orchestrated)
    del theirs.trip["mode"]
    theirs.when(requested()).then(ends(Status.CONFIRMED))
    told.trip["tripId"] = theirs.trip["tripId"]
    told.when(requested()).then(ends(Status.CONFIRMED), states(hotel=BOOKED, flight=BOOKED, car=BOOKED))
    execution = orchestrated.execution(told.trip["tripId"])
    assert (execution["status"], execution["error"]) == ("FAILED", "TripConflict")


def test_a_mode_in_a_list_is_refused_by_the_starter(told: Story, orchestrated: World) -> None:
    """A pattern takes a list for any of its elements, so it gets there; it is rejected, naming the field."""
    told.when(requested(mode=["orchestration"])).then(
        rejected("invalid", "mode"), states(hotel=None, flight=None, car=None)
    )
    assert told.trip["tripId"] not in orchestrated.executions("SUCCEEDED")


def test_a_stage_without_an_orchestrator_puts_the_request_aside() -> None:
    """It would find no taker, and vanish."""
    world = MemoryWorld(replace(named("local"), orchestrator=False))
    world.put({**Story(world).trip, "mode": "orchestration"})
    world.settle()
    assert len(world.waiting(Inbox(PLATFORM, QUARANTINE))) == 1


def test_facts_of_the_machine_do_not_set_off_the_choreography(told: Story, orchestrated: World) -> None:
    """While the machine is held up before the flight, the hotel's fact is on the bus; nobody books on it."""
    told.when(requested(faults=[fault("flight", "delay", seconds=HELD)]))
    waiting_at(told, orchestrated, "flight")
    orchestrated.wait_for(
        lambda: bool(orchestrated.known(told.trip["tripId"]).noted), "the hotel's fact to be observed"
    )
    assert orchestrated.waiting(Inbox("flight", "book")) == []
    told.then(ends(Status.CONFIRMED))


def test_a_user_cancels_while_the_machine_works(told: Story, orchestrated: World) -> None:
    """The pivot gives the trip up; the machine finds it so, and everything is released."""
    told.when(requested(faults=[fault("flight", "delay", seconds=2 * HELD)]))
    waiting_at(told, orchestrated, "flight")
    told.when(cancelled()).then(ends(Status.CANCELLED, "cancelled"), states(car=FAILED), nothing_held())
    assert orchestrated.execution(told.trip["tripId"])["status"] == "FAILED"


def test_a_stopped_execution_is_ended_by_the_deadline(told: Story, orchestrated: World) -> None:
    """Nobody catches a stop; the pivot decides when the deadline has passed, and the others give back."""
    deadline = (orchestrated.now + timedelta(seconds=4)).isoformat()
    told.when(requested(deadline=deadline, faults=[fault("flight", "delay", seconds=HELD)]))
    stopped_at(told, orchestrated, "flight")
    told.when(deadline_passed(seconds=0.1)).then(ends(Status.FAILED, "deadline"), states(car=FAILED), nothing_held())


def stopped_at(story: Story, world: World, participant: str) -> None:
    """The execution is stopped while it waits for this participant, whose call comes to its end all the same."""
    waiting_at(story, world, participant)
    assert world.stop(story.trip["tripId"])
    world.wait_for(lambda: story.state(participant) is not None, f"{participant} to end what it began")
    world.settle()


def test_a_machine_that_is_stopped_after_a_refusal_leaves_nothing_held(told: Story, orchestrated: World) -> None:
    """The car has refused, and nothing is undone yet. Asked by the deadline, the pivot says again that it refused; that is heard."""
    deadline = (orchestrated.now + timedelta(seconds=4)).isoformat()
    told.when(requested(deadline=deadline, failBookCar=True, faults=[fault("car", "delay", seconds=HELD)]))
    stopped_at(told, orchestrated, "car")
    told.when(states(hotel=BOOKED, flight=BOOKED, car=FAILED))
    told.when(deadline_passed(seconds=0.1)).then(ends(Status.FAILED, ASKED), nothing_held())


def test_a_cancel_releases_what_a_stopped_machine_left(told: Story, orchestrated: World) -> None:
    """The same, but it is the user who asks: no need to wait for the deadline."""
    told.when(requested(failBookCar=True, faults=[fault("car", "delay", seconds=HELD)]))
    stopped_at(told, orchestrated, "car")
    told.when(cancelled()).then(ends(Status.FAILED, ASKED), nothing_held())


def test_an_execution_that_outlasts_its_time_is_ended_by_the_deadline() -> None:
    """Nobody catches the machine's own timeout, either. In memory: it is an hour."""
    world = MemoryWorld(mode=ORCHESTRATION)
    story = Story(world)
    story.when(requested())
    waiting_at(story, world, "flight")
    world.wait_until(world.now + timedelta(seconds=TIMEOUT_SECONDS + 1))
    world.settle()
    assert world.executions("TIMED_OUT") == [story.trip["tripId"]]
    story.when(states(hotel=BOOKED, flight=BOOKED, car=None))
    story.when(deadline_passed(seconds=0.1)).then(ends(Status.FAILED, "deadline"), states(car=FAILED), nothing_held())


def test_a_request_put_again_takes_up_what_a_stopped_execution_left(told: Story, orchestrated: World) -> None:
    """An execution was broken off; the same put starts another one, which goes over the same steps and ends the trip."""
    told.when(requested(faults=[fault("flight", "delay", seconds=HELD)]))
    stopped_at(told, orchestrated, "flight")
    told.when(requested()).then(ends(Status.CONFIRMED), states(hotel=BOOKED, flight=BOOKED, car=BOOKED))
    assert f"{told.trip['tripId']}.2" in orchestrated.executions("SUCCEEDED")


@pytest.mark.parametrize("at", ["hotel", "flight"])
def test_a_fault_before_the_pivot_that_stays_ends_the_trip(told: Story, at: str) -> None:
    """Retries used up: the failed step's own cancel, the earlier ones backwards, and the pivot is closed: an end for every reader."""
    told.when(requested(faults=[fault(at, "throttle", times=99)])).then(
        ends(Status.FAILED, TECHNICAL), states(car=FAILED), nothing_held()
    )


@contextmanager
def dying_for_good(world: World, participant: str) -> Iterator[None]:
    """The participant's task function cannot be called any more: what it is doing, nobody will hear of."""
    world.pause(Inbox(participant, TASK))
    try:
        yield
    finally:
        world.resume(Inbox(participant, TASK))


def test_a_write_whose_answer_nobody_hears_is_undone(told: Story, orchestrated: World) -> None:
    """T11: the flight is written and its function gone; the cancel is handed over to its queue, and finds the booking."""
    told.when(requested(faults=[fault("flight", "delay", seconds=HELD), fault("flight", "crash_after")]))
    waiting_at(told, orchestrated, "flight")
    with dying_for_good(orchestrated, "flight"):
        told.then(ends(Status.FAILED, TECHNICAL), states(hotel=CANCELLED, flight=CANCELLED, car=FAILED), nothing_held())
    assert orchestrated.execution(told.trip["tripId"])["error"] == "CompensationHandedOver"


@pytest.mark.parametrize("at", ["hotel", "flight", "car"])
def test_a_worker_that_dies_after_its_write_is_called_again(told: Story, at: str) -> None:
    """T14: the second call finds the record, and answers it."""
    told.when(requested(faults=[fault(at, "crash_after")])).then(ends(Status.CONFIRMED))


def test_a_fault_at_the_pivot_is_no_answer(told: Story) -> None:
    """T11: it was never written; asked to decide, the pivot gives up, and the machine compensates backwards."""
    told.when(requested(faults=[fault("car", "throttle", times=99)])).then(
        ends(Status.FAILED, TECHNICAL), nothing_held()
    )
    lines = [line for line in told.log() if "cancel" in line]
    assert lines == ["start cancel flight", "end cancel flight", "start cancel hotel", "end cancel hotel"]


def test_a_commit_whose_answer_nobody_hears_stays_committed(told: Story, orchestrated: World) -> None:
    """T11: the car is written and its function gone; nothing is undone, and the deadline brings the commit to light."""
    deadline = (orchestrated.now + timedelta(seconds=5)).isoformat()
    told.when(requested(deadline=deadline, faults=[fault("car", "delay", seconds=HELD), fault("car", "crash_after")]))
    waiting_at(told, orchestrated, "car")
    with dying_for_good(orchestrated, "car"):
        orchestrated.settle()
    assert orchestrated.execution(told.trip["tripId"])["error"] == "OutcomeOpen"
    told.when(deadline_passed(seconds=0.1)).then(
        ends(Status.CONFIRMED), states(hotel=BOOKED, flight=BOOKED, car=BOOKED)
    )


def test_a_cancel_that_fails_a_few_times_is_retried(told: Story) -> None:
    """T9: the log shows the attempts; the end is reached."""
    told.when(requested(failBookCar=True, faults=[fault("hotel", "throttle", on="compensate", times=2)])).then(
        ends(Status.FAILED, ASKED), nothing_held()
    )


def test_a_cancel_that_keeps_failing_goes_to_the_participants_own_queue(told: Story, orchestrated: World) -> None:
    """T10, T12: it is never counted as done; the execution says so; one way of retry, parking and redrive serves every mode."""
    compensate = Inbox("hotel", "compensate")
    orchestrated.pause(compensate)
    told.when(requested(failBookCar=True, faults=[fault("hotel", "throttle", on="compensate", times=7)]))
    orchestrated.settle()
    execution = orchestrated.execution(told.trip["tripId"])
    assert (execution["status"], execution["error"]) == ("FAILED", "CompensationHandedOver")
    assert orchestrated.tasks(told.trip["tripId"])[3:] == [
        "Cancel flight",
        *["Cancel hotel"] * 7,
        "Hand over hotel",
    ]
    assert told.state("hotel") is BOOKED
    assert told.state("flight") is CANCELLED
    (body,) = orchestrated.waiting(compensate)
    orchestrated.drop(compensate)
    orchestrated.resume(compensate)
    redelivered(orchestrated, compensate, body, times=8)
    told.then(ends(Status.FAILED, ASKED), nothing_held())


def redelivered(world: World, inbox: Inbox, body: str, times: int) -> None:
    """A message is delivered so often; the engine's queue would wait longer each time, so there the last one comes at once."""
    if not isinstance(world, LocalWorld):
        world.send(inbox, body)
        return
    record = {
        "messageId": "1",
        "receiptHandle": "none",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(times)},
        "eventSource": "aws:sqs",
    }
    assert world.invoke(*inbox, {"Records": [record]}) == {"batchItemFailures": []}


def test_the_log_of_an_orchestrated_trip(told: Story) -> None:
    """The same facts, the same log."""
    told.when(requested()).then(
        log(
            "begin saga",
            *("start book hotel", "end book hotel"),
            *("start book flight", "end book flight"),
            *("start book car rental", "end book car rental"),
            "end saga (CONFIRMED)",
        )
    )
