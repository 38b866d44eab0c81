"""Poison in each queue: neighbours are unharmed, one alarm rings, and a redrive after a fix completes the trip."""

from collections.abc import Callable

import pytest

from infra.names import PLATFORM, QUARANTINE
from sandbox.memory.world import MemoryWorld
from sandbox.modes import ORCHESTRATION, REVERSE
from sandbox.operating.rehearsal import Fate
from sandbox.world import Inbox
from shared.saga.timeline import Status, verdict
from tests.operating.given import (
    WRONG,
    alarm_of,
    broken,
    envelope,
    letters,
    mended,
    predicted,
    redriven,
    ringing,
)
from tests.saga.story import (
    Story,
    Trip,
    cancelled,
    ends,
    nothing_held,
    requested,
    settled,
    stock,
    switched_off,
    switched_on,
)

QUEUES = [*WRONG, Inbox("trip", "watch")]
JUNK = "poison: no event at all"


def _only_where_it_serves(story: Story, inbox: Inbox) -> None:
    machine = story.world.mode is ORCHESTRATION
    if machine is not (inbox.service == "orchestrator") and inbox.service != "trip":
        pytest.skip(f"in mode {story.world.mode.name} nothing comes to {' '.join(inbox)}")


@pytest.mark.parametrize("inbox", QUEUES, ids=" ".join)
def test_poison_harms_no_neighbour_and_rings_once(story: Story, inbox: Inbox) -> None:
    """Nine trips' messages and one that is no event, side by side: nine trips end, one message is parked with its reason."""
    _only_where_it_serves(story, inbox)
    ask, expected = _asking(inbox)
    story.given(stock("car", 20))
    trips = [story.another(**({"failBookCar": True} if expected is Status.FAILED else {})) for _ in range(9)]
    if ask is not Story.request:
        for trip in trips:
            story.request(trip)
        story.world.settle()
    story.given(switched_off(*inbox))
    for trip in trips[:5]:
        ask(story, trip)
    story.world.settle()
    story.world.send(inbox, JUNK)
    for trip in trips[5:]:
        ask(story, trip)
    story.when(settled(), switched_on(*inbox)).then()
    assert {verdict(story.facts(trip)).status for trip in trips} == {expected}
    if inbox.role == "watch":  # a tick says nothing, so nothing in it can be wrong
        assert (letters(story.world, inbox), ringing(story.world)) == ([], [])
        return
    (letter,) = letters(story.world, inbox)
    assert (letter.body, letter.reason[:20]) == (JUNK, "not readable as JSON")
    assert ringing(story.world) == [alarm_of(story.world, inbox)]
    assert [fate for fate, _ in predicted(story, inbox)] == [Fate.POISON]


def _asking(inbox: Inbox) -> tuple[Callable[[Story, Trip], object], Status]:
    """What brings a trip's message into this queue, and how such a trip ends."""
    if inbox == Inbox("car", "compensate"):
        return lambda story, trip: story.world.put({"tripId": trip["tripId"]}, "TripCancelRequested"), Status.CANCELLED
    if inbox.role == "watch":
        return lambda story, _: story.world.tick(), Status.CONFIRMED
    return Story.request, Status.FAILED if inbox.role == "compensate" else Status.CONFIRMED


@pytest.mark.parametrize("inbox", WRONG, ids=" ".join)
def test_what_a_wrong_deployment_could_not_read_is_redriven_after_the_fix(story: Story, inbox: Inbox) -> None:
    """The message is parked, one alarm rings, the prediction is poison while it is broken; mended, the trip ends as it should."""
    _only_where_it_serves(story, inbox)
    undone, by_user = inbox.role == "compensate", inbox == Inbox("car", "compensate")
    worse = {"WAYFARE_AFTER": "flight:20"} if inbox == ("hotel", "compensate") and story.world.mode is REVERSE else {}
    if inbox.service == "trip" and story.world.mode is not ORCHESTRATION:
        story.given(switched_off("flight", "book"))  # one fact of hotel's is enough
    if by_user:
        story.given(requested(), settled())
    story.given(broken(inbox, **worse))
    try:
        step = cancelled() if by_user else requested(**({"failBookCar": True} if undone else {}))
        story.when(step, settled())
        (letter,) = letters(story.world, inbox)
        assert letter.trip_id == story.trip["tripId"]
        assert ringing(story.world) == [alarm_of(story.world, inbox)]
        if not isinstance(story.world, MemoryWorld):  # its rehearsal reads the deployed settings
            assert [fate for fate, _ in predicted(story, inbox)] == [Fate.POISON]
    finally:
        story.when(mended(inbox))
    assert [fate for fate, _ in predicted(story, inbox)] == [Fate.APPLIES]
    story.when(redriven(inbox), switched_on("flight", "book"))
    if undone:
        status = (Status.CANCELLED, "cancelled") if by_user else (Status.FAILED, "requested_failure")
        story.then(ends(*status), nothing_held())
    else:
        story.then(ends(Status.CONFIRMED))
    assert ringing(story.world) == []


def test_what_a_stage_could_not_book_leaves_the_quarantine_when_it_can(story: Story) -> None:
    """A request that met a stage without an orchestrator goes to where the rules bring it today; a misspelt one stays."""
    quarantine = Inbox(PLATFORM, QUARANTINE)
    story.trips[story.trip["tripId"]] = story.trip
    story.world.send(quarantine, envelope(story.trip))
    story.world.put({}, "TripRequest")
    story.world.settle()
    assert ringing(story.world) == [alarm_of(story.world, quarantine)]
    assert [fate for fate, _ in predicted(story, quarantine)] == [Fate.APPLIES, Fate.POISON]
    story.when(redriven(quarantine)).then(ends(Status.CONFIRMED))
