"""What redrives and replays do to trips: an undo that failed for long ends cleanly, what is old or known changes nothing."""

import random
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from infra.stages import named
from sandbox.memory.world import MemoryWorld
from sandbox.modes import MODES, ORCHESTRATION, Mode
from sandbox.operating.rehearsal import Fate
from sandbox.world import Inbox, World
from shared.message import Fact, Metadata
from shared.observer.standing import Known
from shared.ports import Busy
from shared.saga.record import Record, State
from shared.saga.timeline import Status, verdict
from tests.operating.given import alarm_of, broken, mended, predicted, redriven, ringing
from tests.saga.story import (
    Story,
    cancelled,
    ends,
    nothing_held,
    requested,
    settled,
    states,
    stock,
    told_through_queues,
)

UNDO = Inbox("hotel", "compensate")
MACHINES_TRIES = 7
"""What a state machine tries itself before it hands a cancel over to the queue."""


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_an_undo_that_fails_fifty_times_is_parked_alarmed_and_redriven_to_a_clean_end(
    mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten deliveries a round: parked each time, seen, and each redrive predicted to apply; the fifty-first works."""
    world = MemoryWorld(named(mode.stage), mode=mode)
    story, tries = Story(world), 0
    right = world.ledgers["hotel"].release

    def away(booked: Record, gone: Record) -> Record:
        nonlocal tries
        tries += 1
        if tries <= 50:
            raise Busy("the table is away")
        return right(booked, gone)

    monkeypatch.setattr(world.ledgers["hotel"], "release", away)
    story.when(requested(failBookCar=True), settled())
    rounds = 0
    while tries < 51:
        rounds += 1
        assert tries == rounds * world.stage.max_receives + (MACHINES_TRIES if mode is ORCHESTRATION else 0)
        seen = verdict(story.facts())
        assert (seen.status, seen.parked) == (Status.COMPENSATING, ("hotel",))
        assert ringing(world) == [alarm_of(world, UNDO)]
        assert [fate for fate, _ in predicted(story, UNDO)] == [Fate.APPLIES]
        story.when(redriven(UNDO))
    assert tries == 51
    assert ringing(world) == []
    story.then(ends(Status.FAILED, "requested_failure"), nothing_held())


def test_an_old_booking_message_books_nothing_after_an_abort(story: Story) -> None:
    """Flight could not read it; the user gave the trip up meanwhile; redriven, it finds flight's tombstone."""
    inbox = Inbox("flight", "book")
    story.given(told_through_queues(), broken(inbox)).when(requested(), settled(), cancelled(), settled())
    story.when(mended(inbox))
    assert [fate for fate, _ in predicted(story, inbox)] == [Fate.TOMBSTONE]
    story.when(redriven(inbox)).then(
        ends(Status.CANCELLED, "cancelled"),
        states(hotel=State.CANCELLED, flight=State.CANCELLED, car=State.FAILED),
        nothing_held(),
    )


def test_an_old_request_starts_nothing_after_an_abort(story: Story) -> None:
    """The same where trips begin: by the first leg's queue, or by the starter's."""
    inbox = Inbox("orchestrator", "start") if "mode" in story.trip else Inbox("hotel", "book")
    story.given(broken(inbox)).when(requested(), settled(), cancelled(), settled(), mended(inbox))
    story.when(redriven(inbox)).then(
        ends(Status.CANCELLED, "cancelled"), states(flight=State.CANCELLED, car=State.FAILED), nothing_held()
    )


@pytest.mark.parametrize("mode", MODES.values(), ids=MODES)
def test_replaying_a_days_archive_twice_changes_nothing(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand trips' requests and cancels, twice, in any order, onto live services: only known facts are told again."""
    world = MemoryWorld(named(mode.stage), seed=7, mode=mode)
    story = Story(world)
    put = _facts_on(world, monkeypatch)
    archive = _a_day(story, trips=1000)
    before, told = _everything(story), {fact.metadata.event_id for fact in put}
    put.clear()
    _replay(world, archive, seed=11)
    assert _everything(story) == before
    assert put
    assert {fact.metadata.event_id for fact in put} <= told
    assert not [fact for fact in put if not isinstance(fact.metadata, Metadata)], "a request was rejected"
    statuses = {status: count for status, count in _statuses(story).items() if count}
    assert statuses.keys() == {Status.CONFIRMED, Status.FAILED, Status.CANCELLED}
    story.audit()


def test_replaying_an_archive_onto_a_stage_changes_nothing(story: Story) -> None:
    """The same with twenty trips, wherever stories are told."""
    archive = _a_day(story, trips=20)
    before = _everything(story)
    _replay(story.world, archive, seed=11)
    assert _everything(story) == before


Event = tuple[str, dict[str, Any]]


def _a_day(story: Story, trips: int) -> list[Event]:
    """Trips of every kind, at rest: refused ones, cancelled ones, and too many for the rooms. Answers what clients put."""
    story.given(stock("hotel", trips * 2 // 3), stock("flight", trips), stock("car", trips))
    kinds: Sequence[dict[str, Any]] = ({}, {}, {}, {"failBookFlight": True}, {"failBookCar": True})
    asked = [story.another(**kinds[place % len(kinds)]) for place in range(trips)]
    for trip in asked:
        story.request(trip)
    story.world.settle()
    given_up = [{"tripId": trip["tripId"]} for trip in asked[::10]]
    for cancel in given_up:  # frees rooms that refused trips would get, if their requests were taken for new ones
        story.world.put(cancel, "TripCancelRequested")
    story.world.settle()
    return [("TripRequested", trip) for trip in asked] + [("TripCancelRequested", cancel) for cancel in given_up]


def _replay(world: World, archive: Sequence[Event], seed: int) -> None:
    """Every event twice, shuffled."""
    events = [*archive, *archive]
    random.Random(seed).shuffle(events)
    for detail_type, detail in events:
        world.put(detail, detail_type)
    world.settle()


def _everything(story: Story) -> dict[str, Any]:
    """Records, stock, facts, summaries and saga logs of the story's trips."""
    known: dict[str, Known] = {trip: story.world.known(trip) for trip in story.trips}
    return {
        "books": story.books(),
        "facts": {trip: sorted(seen.noted, key=lambda fact: fact.event_id) for trip, seen in known.items()},
        "summaries": {trip: seen.summary for trip, seen in known.items()},
        "logs": {trip: story.log(story.trips[trip]) for trip in story.trips},
    }


def _statuses(story: Story) -> dict[Status, int]:
    found = [verdict(story.facts(trip)).status for trip in story.trips.values()]
    return {status: found.count(status) for status in Status}


def _facts_on(world: MemoryWorld, monkeypatch: pytest.MonkeyPatch) -> list[Fact]:
    """Everything that services put on the bus from now on."""
    put: list[Fact] = []
    publish: Callable[[Sequence[Fact]], Sequence[None]] = world._bus.publish

    def noted(facts: Sequence[Fact]) -> Sequence[None]:
        put.extend(facts)
        return publish(facts)

    monkeypatch.setattr(world._bus, "publish", noted)
    return put
