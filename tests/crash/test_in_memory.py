"""Every handler, every call it makes of the world, everything that can happen to a call: in memory, the list derived."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from infra.catalog import CATALOG, OBSERVER, ORCHESTRATOR
from sandbox.crash.matrix import Case, cases, cases_again, run
from sandbox.crash.scenarios import SCENARIOS, Tale, scenarios_of
from sandbox.crash.world import DEATHS, Kind, Place, TappedWorld
from sandbox.modes import MODES, ORCHESTRATION, Mode
from sandbox.world import TASK, Inbox
from shared.saga.timeline import Status

EVERYWHERE = [
    pytest.param(mode, name, id=f"{mode.name}-{name}") for mode in MODES.values() for name in scenarios_of(mode)
]
DECISIVE = ("confirmed", "refused by car", "cancelled after the commit")


def wrong(told: Iterator[Case]) -> dict[str, list[str]]:
    """The cases that did not end as they should, and why."""
    runs = {str(case): [*run(case).wrong] for case in told}
    assert runs, "the matrix is empty"
    return {case: reasons for case, reasons in runs.items() if reasons}


@pytest.mark.parametrize(("mode", "name"), EVERYWHERE)
def test_whatever_happens_once_at_any_call_the_trip_ends_as_it_should(mode: Mode, name: str) -> None:
    """A death before or after, a lost answer, a throttle, a lost event, a worker that wakes when all is over."""
    assert wrong(cases(mode, name, tuple(Kind))) == {}


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda mode: mode.name)
@pytest.mark.parametrize("name", DECISIVE)
def test_a_worker_may_die_again_over_the_same_message(mode: Mode, name: str) -> None:
    """The message of a dead worker comes again, and the next worker dies at any of its calls too."""
    second = (again for case in cases(mode, name, DEATHS) for again in cases_again(case, DEATHS))
    assert wrong(second) == {}


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda mode: mode.name)
def test_the_scenarios_lead_every_function_through_every_call(mode: Mode) -> None:
    """Nothing that a handler can ask of the world is missing from the matrix."""
    made = {(call.inbox, call.operation) for name in scenarios_of(mode) for call in run(Case(mode, name, {})).calls}
    earlier = [leg for leg in CATALOG.legs if leg != CATALOG.pivot.name]
    booking = "task" if mode is ORCHESTRATION else "book"
    wanted = {
        *((Inbox(leg, booking), what) for leg in CATALOG.legs for what in ("look", "decide", "publish")),
        *((Inbox(leg, "book"), "park") for leg in CATALOG.legs),
        *((Inbox(leg, "compensate"), what) for leg in CATALOG.legs for what in ("look", "release", "publish", "park")),
        *((Inbox(leg, "compensate"), "decide") for leg in CATALOG.legs),
        *((Inbox(OBSERVER, "observe"), what) for what in ("note", "enter", "note_rejection", "publish", "park")),
        *((Inbox(OBSERVER, "watch"), what) for what in ("due", "recall", "enter", "publish")),
    }
    if mode is ORCHESTRATION:
        wanted |= {(Inbox(ORCHESTRATOR, "start"), what) for what in ("start", "publish", "park")}
        wanted |= {(Inbox(leg, TASK), "release") for leg in earlier}
    else:
        wanted.add((Inbox(ORCHESTRATOR, "start"), "park"))
    assert made >= wanted
    assert {what for _, what in made} == {what for _, what in wanted}


@pytest.mark.parametrize(("mode", "name"), EVERYWHERE)
@pytest.mark.parametrize("times", [2, 10])
def test_every_message_may_come_many_times(mode: Mode, times: int, name: str) -> None:
    """Twice, ten times: the end is the same, and the books are exact."""
    scenario = SCENARIOS[name]
    world = TappedWorld({}, mode, seed=times, times=times)
    tale = Tale(world)
    scenario.tell(tale)
    tale.come_to_rest()
    assert tale.open == []
    assert tale.endings() in (sorted(scenario.ends), scenario.or_else)
    assert tale.violations() == []


def test_a_booking_that_its_participant_never_told_of_is_ended_by_the_deadline() -> None:
    """The hotel's worker dies after its write, and the execution is stopped before it tries again: nobody hears of that room.

    But the orchestrator has said that it began, so the observer waits for its end. The client need do nothing.
    """
    world = TappedWorld({Place(Inbox("hotel", TASK), 2): Kind.DIES_AFTER}, ORCHESTRATION)
    tale = Tale(world)
    tale.request(settle=False, deadline=(world.now + timedelta(seconds=60)).isoformat())
    world.wait_for(lambda: "trip" in world.books("hotel").records, "the hotel's write")
    world.stop("trip")
    world.settle()
    assert [fact.part for fact in world.known("trip").noted] == ["Started"]
    world.wait_until(world.now + timedelta(seconds=61))
    world.tick()
    world.settle()
    assert (tale.status("trip"), tale.violations()) == (Status.FAILED, [])
