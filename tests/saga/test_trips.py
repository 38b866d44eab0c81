"""The trip saga, scenario by scenario: every story is told in memory and on the local engine, in each mode."""

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from msgspec.structs import replace

from infra.catalog import CATALOG, PARTICIPANTS
from sandbox.local_world import LocalWorld
from sandbox.memory.world import MemoryWorld
from sandbox.modes import CHOREOGRAPHY, ORCHESTRATION
from sandbox.world import Inbox
from shared.ports import Busy
from shared.saga.announcing import announcement
from shared.saga.record import Record, State
from shared.saga.timeline import Status, verdict
from tests.saga.story import (
    Story,
    cancelled,
    deadline_passed,
    ends,
    example,
    log,
    lost,
    nothing_held,
    rejected,
    requested,
    settled,
    states,
    stock,
    switched_off,
    switched_on,
    told_through_queues,
)

BOOKED, FAILED, CANCELLED = State.BOOKED, State.FAILED, State.CANCELLED
HOTEL = ("begin saga", "start book hotel", "end book hotel")
FLIGHT = ("start book flight", "end book flight")
CAR = ("start book car rental", "end book car rental")
ASKED = "requested_failure"


def test_a_trip_books_hotel_flight_and_car(story: Story) -> None:
    """T1: three live bookings with the request's values, and the log of a saga that goes well."""
    story.when(requested()).then(
        log(*HOTEL, *FLIGHT, *CAR, "end saga (CONFIRMED)"),
        ends(Status.CONFIRMED),
        states(hotel=BOOKED, flight=BOOKED, car=BOOKED),
    )
    for name, books in story.books().items():
        (record,) = books.records.values()
        assert record.trip == story.trip, name


def test_a_full_flight_gives_the_room_back(story: Story) -> None:
    """T2: the flight refuses, the hotel is cancelled, car never hears of it; a failure for every reader."""
    story.when(requested(failBookFlight=True)).then(
        log(
            *HOTEL,
            "start book flight",
            f"refused book flight ({ASKED}: failBookFlight asked for it)",
            "start cancel hotel",
            "end cancel hotel",
            f"end saga (FAILED: {ASKED})",
        ),
        ends(Status.FAILED, ASKED),
        states(hotel=CANCELLED, flight=FAILED, car=None),
        nothing_held(),
    )


def test_a_refusal_at_the_hotel_leaves_nothing_to_cancel(story: Story) -> None:
    """T3."""
    story.when(requested(failBookHotel=True)).then(
        log(
            "begin saga",
            "start book hotel",
            f"refused book hotel ({ASKED}: failBookHotel asked for it)",
            f"end saga (FAILED: {ASKED})",
        ),
        ends(Status.FAILED, ASKED),
        states(hotel=FAILED, flight=None, car=None),
        nothing_held(),
    )


def test_a_refusal_at_the_car_gives_flight_and_room_back(story: Story) -> None:
    """T4: both are cancelled: strictly backwards, or in any order where compensations run in parallel."""
    story.when(requested(failBookCar=True)).then(
        ends(Status.FAILED, ASKED),
        states(hotel=CANCELLED, flight=CANCELLED, car=FAILED),
        nothing_held(),
    )
    lines = story.log()
    assert lines[:7] == [
        *HOTEL,
        *FLIGHT,
        "start book car rental",
        f"refused book car rental ({ASKED}: failBookCar asked for it)",
    ]
    undone = ["start cancel flight", "end cancel flight", "start cancel hotel", "end cancel hotel"]
    if story.world.mode is CHOREOGRAPHY:
        assert sorted(lines[7:-1]) == sorted(undone)
    else:
        assert lines[7:-1] == undone


def test_a_refused_leg_leaves_no_booking(story: Story) -> None:
    """T5: what stands of a refused or cancelled leg cannot be taken for a booking."""
    story.when(requested(failBookCar=True)).then(nothing_held())
    records = {name: books.records[story.trip["tripId"]] for name, books in story.books().items()}
    assert records["car"].claims == ()
    assert {name: (record.state, record.released) for name, record in records.items()} == {
        "hotel": (CANCELLED, True),
        "flight": (CANCELLED, True),
        "car": (FAILED, False),
    }


def test_of_two_refusals_the_earlier_counts(story: Story) -> None:
    """T6: the later participant is never reached."""
    story.when(requested(failBookFlight=True, failBookCar=True)).then(
        ends(Status.FAILED, ASKED), states(hotel=CANCELLED, flight=FAILED, car=None), nothing_held()
    )


def test_the_same_request_again_changes_nothing(story: Story) -> None:
    """T7: the same payload under the same trip id is a duplicate; the same outcome is reported."""
    story.when(requested(), settled())
    before = story.log()
    story.when(requested()).then(ends(Status.CONFIRMED), log(*before), states(hotel=BOOKED, flight=BOOKED, car=BOOKED))
    assert story.world.rejection(story.requests[-1]) is None


def test_another_request_under_the_same_trip_id_is_a_conflict(story: Story) -> None:
    """T7: it is rejected, and the first trip is untouched: neither cancelled nor announced as failed."""
    story.when(requested(), settled())
    before = story.log()
    story.when(requested(failBookFlight=True)).then(
        rejected("conflict", "tripId"),
        ends(Status.CONFIRMED),
        log(*before),
        states(hotel=BOOKED, flight=BOOKED, car=BOOKED),
    )
    story.when(lambda story: story.trip.pop("failBookFlight"), requested()).then(ends(Status.CONFIRMED), log(*before))


def test_under_fresh_ids_success_failure_success_do_not_disturb_each_other(story: Story) -> None:
    """T7: the third run ends confirmed, with nothing of it cancelled."""
    first, second, third = story.another(), story.another(failBookFlight=True), story.another()
    for trip in (first, second, third):
        story.request(trip)
        story.world.settle()
    assert [story.log(trip)[-1] for trip in (first, second, third)] == [
        "end saga (CONFIRMED)",
        f"end saga (FAILED: {ASKED})",
        "end saga (CONFIRMED)",
    ]
    assert not [line for line in story.log(third) if "cancel" in line]


@pytest.mark.parametrize("times", [2, 10])
@pytest.mark.parametrize("flag", [None, "failBookFlight", "failBookCar"])
def test_every_message_may_come_again(story: Story, times: int, flag: str | None) -> None:
    """T8: every message is delivered twice, or ten times: one booking each, and no line stands twice."""
    story.when(requested(**({flag: True} if flag else {})), settled())
    before, held = story.log(), story.books()
    for detail_type, source, detail in every_event_of(story):
        for _ in range(times - 1):
            story.world.put(detail, detail_type, source)
    story.then(log(*before))
    assert story.books() == held


def every_event_of(story: Story) -> list[tuple[str, str, object]]:
    """What was on the bus for the story's trip, made anew from what is on record."""
    events: list[tuple[str, str, object]] = [("TripRequested", "travel.client", story.trip)]
    for participant in PARTICIPANTS:
        record = story.world.books(participant.name).records.get(story.trip["tripId"])
        for stage in history(record):
            fact = announcement(participant, stage)
            events.append((fact.detail_type, fact.source, json.loads(fact.detail())))
    return events


def history(record: Record | None) -> list[Record]:
    """The states a record went through."""
    if record is None:
        return []
    booked = replace(record, state=State.BOOKED, released=False, reason="")
    return [booked, record] if record.state is State.CANCELLED and record.released else [record]


def test_a_booking_that_arrives_after_its_cancel_loses(story: Story) -> None:
    """T13: the flight's tombstone stands when its late booking message comes; it books nothing."""
    story.given(told_through_queues(), switched_off("flight", "book")).when(
        requested(), settled(), cancelled(), settled()
    ).when(switched_on("flight", "book")).then(
        ends(Status.CANCELLED, "cancelled"), states(hotel=CANCELLED, flight=CANCELLED, car=FAILED), nothing_held()
    )
    record = story.world.books("flight").records[story.trip["tripId"]]
    assert not record.released


@pytest.mark.parametrize("name", ["trip-success", "trip-fail-flight"])
def test_the_examples_are_accepted_as_they_stand(story: Story, name: str) -> None:
    """T15: past dates, an arrival after the check-in, a car before the flight: shape and ranges count, nothing more."""
    trip = story.world.mode.ask({**example(name), "tripId": story.trip["tripId"]})
    plenty = (("hotel", "holiday inn", "2017-07-10"), ("hotel", "holiday inn", "2017-07-11"), ("car", "Volvo", "fleet"))
    for service, item, unit in plenty:  # every test that tries the examples books there
        story.world.set_stock(service, item, unit, 100)
    story.request(trip)
    story.world.settle()
    assert story.world.rejection(story.requests[-1]) is None
    assert story.log(trip)[-1] == ("end saga (CONFIRMED)" if name == "trip-success" else f"end saga (FAILED: {ASKED})")


def test_a_malformed_trip_is_refused_with_every_reason(story: Story) -> None:
    """T15: all problems are named at once, and nothing is booked."""
    story.when(requested(checkIn="tomorrow", travellers=0, chekOut="2017-07-12T14:00:00Z")).then(
        rejected("invalid", "checkIn", "travellers", "chekOut"),
        states(hotel=None, flight=None, car=None),
    )


def test_a_user_cancels_before_the_commit(story: Story) -> None:
    """The pivot gives the trip up; those who hold something give it back."""
    story.given(told_through_queues(), switched_off("car", "book")).when(
        requested(), settled(), cancelled(), settled(), switched_on("car", "book")
    ).then(ends(Status.CANCELLED, "cancelled"), states(hotel=CANCELLED, flight=CANCELLED, car=FAILED), nothing_held())


def test_a_user_cancels_after_the_commit(story: Story) -> None:
    """The pivot undoes the commit, and everyone gives back what they hold."""
    story.when(requested(), settled()).then(ends(Status.CONFIRMED))
    story.when(cancelled()).then(
        ends(Status.CANCELLED, "cancelled"), states(hotel=CANCELLED, flight=CANCELLED, car=CANCELLED), nothing_held()
    )


def test_a_cancel_that_overtakes_its_trip_wins(story: Story) -> None:
    """A cancel for a trip that nobody has heard of is accepted; the trip then ends cancelled."""
    story.when(cancelled(), settled(), requested()).then(ends(Status.CANCELLED, "cancelled"), nothing_held())


@pytest.mark.parametrize(("service", "role"), [("flight", "book"), ("car", "book")])
def test_a_lost_message_is_healed_by_the_deadline(story: Story, service: str, role: str) -> None:
    """The booking message of a leg is lost; when the deadline has passed the pivot decides, and nothing stays held."""
    deadline = (story.world.now + timedelta(seconds=2)).isoformat()
    story.given(told_through_queues(), switched_off(service, role)).when(
        requested(deadline=deadline), lost(service, role), switched_on(service, role)
    )
    story.when(deadline_passed(seconds=0.1)).then(ends(Status.FAILED, "deadline"), states(car=FAILED), nothing_held())


def test_a_lost_commit_is_found_by_the_deadline(story: Story) -> None:
    """The observer never heard of the commit; asked by the deadline, the pivot says so: a commit is never undone by time."""
    deadline = (story.world.now + timedelta(seconds=2)).isoformat()
    story.given(told_through_queues(), switched_off("car", "book")).when(requested(deadline=deadline), settled())
    story.when(
        switched_off("trip", "observe"),
        switched_on("car", "book"),
        lost("trip", "observe"),
        switched_on("trip", "observe"),
    )
    story.when(deadline_passed(seconds=0.1)).then(
        ends(Status.CONFIRMED), states(hotel=BOOKED, flight=BOOKED, car=BOOKED)
    )


@pytest.mark.parametrize("service", ["hotel", "flight", "car"])
def test_of_two_trips_for_the_last_place_one_wins_and_the_other_holds_nothing(story: Story, service: str) -> None:
    """The last room, the last seat, the last car."""
    story.given(stock(service, 1))
    trips = [story.another(), story.another()]
    for trip in trips:
        story.request(trip)
    story.world.settle()
    won = [trip for trip in trips if story.log(trip)[-1] == "end saga (CONFIRMED)"]
    assert len(won) == 1
    (loser,) = [trip for trip in trips if trip not in won]
    assert State.BOOKED not in {story.state(name, loser) for name in ("hotel", "flight", "car")}
    reason = {"hotel": "hotel_full", "flight": "flight_full", "car": "car_unavailable"}[service]
    assert verdict(story.facts(loser)).reason == reason


def test_fifty_trips_for_twenty_places(story: Story) -> None:
    """Twenty are confirmed, thirty fail, and the tables are exact to the unit."""
    story.given(stock("hotel", 20), stock("flight", 100), stock("car", 50))
    trips = [story.another() for _ in range(50)]
    with ThreadPoolExecutor(10) as clients:
        list(clients.map(story.request, trips))
    story.world.settle()
    statuses = Counter(verdict(story.facts(trip)).status for trip in trips)
    assert statuses == {Status.CONFIRMED: 20, Status.FAILED: 30}
    books = story.books()
    assert {(item.capacity, item.available, item.held) for item in books["hotel"].stock.values()} == {(20, 0, 20)}
    assert sum(item.held for item in books["flight"].stock.values()) == 20
    assert sum(item.held for key, item in books["car"].stock.items() if key.unit == "2017-07-10") == 20


def test_a_cancel_that_fails_twice_is_retried(story: Story) -> None:
    """T9, T12: with growing delay, and never counted as done; the log shows the attempts; the end is reached."""
    faults = [{"at": "hotel", "on": "compensate", "do": "throttle", "times": 2}]
    story.when(requested(failBookCar=True, faults=faults)).then(ends(Status.FAILED, ASKED), nothing_held())
    delayed = [line.split(" (")[1][:9] for line in story.log() if line.startswith("delayed cancel hotel")]
    assert delayed == (
        [] if story.world.mode is ORCHESTRATION else ["attempt 1", "attempt 2"]
    )  # the machine tells no one


def test_a_store_error_inside_book_is_retried(story: Story) -> None:
    """T11: at every leg, twice; it is neither a success nor a refusal."""
    faults = [{"at": at, "on": "book", "do": "throttle", "times": 2} for at in CATALOG.legs]
    story.when(requested(faults=faults)).then(ends(Status.CONFIRMED), states(hotel=BOOKED, flight=BOOKED, car=BOOKED))


@pytest.mark.parametrize("fault", ["throttle", "crash_before", "crash_after"])
@pytest.mark.parametrize(("at", "on"), [("hotel", "book"), ("car", "book"), ("hotel", "compensate")])
def test_a_fault_at_any_write_is_never_counted_as_done(fault: str, at: str, on: str) -> None:
    """T11, T12, T14: retried until it is done; in memory only (a killed worker's messages return after the visibility timeout)."""
    story = Story(MemoryWorld())
    flags = {"failBookCar": True} if on == "compensate" else {}
    story.when(requested(faults=[{"at": at, "on": on, "do": fault, "times": 2}], **flags)).then(
        ends(Status.FAILED, ASKED) if flags else ends(Status.CONFIRMED)
    )


@pytest.fixture
def impatient(local: LocalWorld) -> Iterator[LocalWorld]:
    """The local engine with queues that give a dead worker's messages to another after two seconds, not ninety."""
    queues = [local.queue_url(Inbox(service, role)) for service in CATALOG.legs for role in ("book", "compensate")]
    sqs = local.engine.clients.client("sqs")
    before = sqs.get_queue_attributes(QueueUrl=queues[0], AttributeNames=["VisibilityTimeout"])["Attributes"]
    for queue in queues:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "2"})
    yield local
    for queue in queues:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes=before)


@pytest.mark.parametrize("fault", ["crash_before", "crash_after"])
@pytest.mark.parametrize(("at", "on"), [("flight", "book"), ("car", "book"), ("hotel", "compensate")])
def test_a_worker_process_that_dies_at_a_write_loses_nothing(
    impatient: LocalWorld, fault: str, at: str, on: str
) -> None:
    """T14: the real process ends in mid-message; its message comes again to another worker, and the trip ends as it should."""
    story = Story(impatient)
    flags = {"failBookCar": True} if on == "compensate" else {}
    story.when(requested(faults=[{"at": at, "on": on, "do": fault}], **flags)).then(
        ends(Status.FAILED, ASKED) if flags else ends(Status.CONFIRMED)
    )


def test_a_cancel_that_never_works_is_parked_and_redriven(monkeypatch: pytest.MonkeyPatch) -> None:
    """T10: bounded tries, then the dead-letter queue; after a redrive a clean end. In memory (ten deliveries take minutes)."""
    world = MemoryWorld()
    story = Story(world)

    def broken(booked: Record, cancelled: Record) -> Record:
        raise Busy(f"the table is away: {booked.trip_id} stays {booked.state}, not {cancelled.state}")

    with monkeypatch.context() as patch:
        patch.setattr(world.ledgers["hotel"], "release", broken)
        story.when(requested(failBookCar=True), settled())
    seen = verdict(story.facts())
    assert (seen.status, seen.parked) == (Status.COMPENSATING, ("hotel",))
    assert [line.split(" (")[0] for line in story.log()].count("delayed cancel hotel") == 9
    (parked,) = world.parked(Inbox("hotel", "compensate"))
    world.send(Inbox("hotel", "compensate"), parked.body)
    story.then(ends(Status.FAILED, ASKED), nothing_held())
