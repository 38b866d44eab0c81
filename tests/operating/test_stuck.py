"""The stuck detector says what waits on what: who decided, what lies where, what comes next and from whom, what to do."""

from datetime import timedelta

import pytest

from infra.stages import named
from sandbox.memory.world import MemoryWorld
from sandbox.modes import ORCHESTRATION
from sandbox.operating.scenes import scene_of
from sandbox.operating.stuck import Awaited, Stuck, stuck
from sandbox.world import Inbox
from shared.ports import Busy
from shared.saga.record import Record, State
from shared.saga.timeline import Status
from tests.operating.given import envelope
from tests.saga.story import (
    Story,
    cancelled,
    deadline_passed,
    lost,
    requested,
    settled,
    switched_off,
    switched_on,
)

OR_NOT = "{0}Booked or {0}BookingFailed"


def seen(story: Story) -> Stuck:
    """The one trip without an end."""
    (found,) = stuck(scene_of(story.world, story.trips))
    assert found.trip_id == story.trip["tripId"]
    return found


@pytest.fixture(params=["local", "local-reverse"])
def story(request: pytest.FixtureRequest) -> Story:
    return Story(MemoryWorld(named(request.param)))


def test_at_rest_nothing_is_stuck(story: Story) -> None:
    """Whatever the end was; a trip that was cancelled before it was asked for, too."""
    for changes in ({}, {"failBookFlight": True}, {"failBookCar": True}, {"failBookHotel": True}):
        story.request(story.another(**changes))
    story.when(cancelled()).when(settled(), requested()).then()
    assert stuck(scene_of(story.world, story.trips)) == []


def test_a_message_in_flight_is_named_and_so_is_who_is_to_answer(story: Story) -> None:
    """Hotel has booked; flight's message waits in its queue."""
    story.given(switched_off("flight", "book")).when(requested(), settled())
    found = seen(story)
    assert found.decided == {"hotel": State.BOOKED, "flight": None, "car": None}
    assert (found.status, found.last_fact) == (Status.PENDING, "Booked of hotel")
    assert found.awaits == (Awaited(OR_NOT.format("Flight"), "flight"),)
    assert [str(lying) for lying in found.messages] == ["HotelBooked from travel.hotel is in flight at flight book"]
    assert found.until == story.world.now.replace(microsecond=0) + timedelta(seconds=300)
    assert found.advice.what.startswith("wait: its message is tried again")


def test_a_lost_message_waits_for_the_deadline_and_then_for_nobody(story: Story) -> None:
    """The same, but nothing lies anywhere: time ends it, unless the watch does not run."""
    story.given(switched_off("flight", "book")).when(requested(), lost("flight", "book"), switched_on("flight", "book"))
    waits = seen(story)
    assert (waits.messages, waits.advice.what[:21]) == ((), "wait: at its deadline")
    story.given(switched_off("trip", "watch")).when(deadline_passed(0.1), settled())
    assert seen(story).advice.what.startswith("its deadline has passed")
    story.when(switched_on("trip", "watch"), settled())
    assert stuck(scene_of(story.world, story.trips)) == []


def test_a_parked_compensation_is_named_with_its_reason_and_the_command(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hotel's undo used up its deliveries: the next useful command redrives that message alone."""
    world = story.world
    assert isinstance(world, MemoryWorld)

    def away(_booked: Record, _gone: Record) -> Record:
        raise Busy("the table is away")

    monkeypatch.setattr(world.ledgers["hotel"], "release", away)
    story.when(requested(failBookCar=True), settled())
    found = seen(story)
    assert (found.status, found.parked) == (Status.COMPENSATING, ("hotel",))
    assert found.decided == {"hotel": State.BOOKED, "flight": State.CANCELLED, "car": State.FAILED}
    assert found.awaits == (Awaited("HotelCancelled", "hotel"),)
    (message,) = found.messages
    assert message.parked
    assert str(message).endswith("is parked at hotel compensate: delivered 10 times: the table is away")
    assert found.advice.command == f"wayfare dlq redrive hotel compensate --trip {found.trip_id}"


def test_undoing_is_awaited_from_all_at_once_or_from_the_last_one_first(story: Story) -> None:
    """Parallel: both are asked; in reverse order: flight first."""
    for service in ("hotel", "flight"):
        story.given(switched_off(service, "compensate"))
    story.when(requested(failBookCar=True), settled())
    names = [awaited.of for awaited in seen(story).awaits]
    assert names == (["flight"] if story.world.mode.name.endswith("reverse") else ["hotel", "flight"])


def test_what_is_decided_and_not_heard_is_awaited_by_the_observer(story: Story) -> None:
    """The commit is on record; the observer lost it."""
    story.given(switched_off("car", "book")).when(requested(), settled(), switched_off("trip", "observe"))
    story.when(switched_on("car", "book"), lost("trip", "observe"), switched_on("trip", "observe"))
    found = seen(story)
    assert set(found.decided.values()) == {State.BOOKED}
    assert found.awaits == (Awaited("CarBooked", "car"),)


def test_a_cancel_without_an_answer_is_not_an_end(story: Story) -> None:
    """A confirmed trip whose user's cancel lies in car's queue."""
    story.when(requested(), settled(), switched_off("car", "compensate"), cancelled(), settled())
    found = seen(story)
    assert found.status is Status.CONFIRMED
    assert [awaited.of for awaited in found.awaits] == ["car"]
    assert [message.inbox for message in found.messages] == [("car", "compensate")]


def test_a_request_that_nobody_could_read_is_somebodys(story: Story) -> None:
    """No record, no fact: the message alone names the trip."""
    world = story.world
    assert isinstance(world, MemoryWorld)
    world._parked[Inbox("hotel", "book")].append((envelope(story.trip), "delivered 10 times"))  # type: ignore[arg-type]
    found = seen(story)
    assert set(found.decided.values()) == {None}
    assert found.awaits == (Awaited(OR_NOT.format("Hotel"), "hotel"),)
    assert found.advice.command.startswith("wayfare dlq redrive hotel book --trip")


def test_a_running_execution_is_waited_for() -> None:
    """The machine has hotel's answer, and flight is not called: nothing lies in a queue."""
    story = Story(MemoryWorld(mode=ORCHESTRATION))
    story.when(requested())
    story.world.wait_for(lambda: story.state("hotel") is State.BOOKED, "hotel to book")
    found = seen(story)
    assert found.running
    assert found.awaits[-1] in (
        Awaited(OR_NOT.format("Flight"), "flight"),
        Awaited("HotelBooked", "hotel"),
    )
    story.world.stop(found.trip_id)
    story.world.settle()
    assert [awaited.of for awaited in seen(story).awaits] == ["flight"]
    assert seen(story).advice.what.startswith("wait: at its deadline")


def test_the_first_to_ask_stands_first(story: Story) -> None:
    """The longest wait is at the top."""
    story.given(switched_off("hotel", "book"), switched_off("flight", "book"), switched_on("hotel", "book"))
    for seconds in (0, 5, 10):
        story.world.wait_until(story.world.now + timedelta(seconds=seconds))
        story.request(story.another())
        story.world.settle()
    found = stuck(scene_of(story.world, story.trips))
    assert [trip.trip_id for trip in found] == list(story.trips)
