"""Random schedules of the shipped handlers: none does harm, the same seed tells the same story, and a bug is found."""

from collections import Counter

import pytest

from console.simulate.schedules import replay_command
from sandbox.simulate.campaign import Tally, campaign, shrink
from sandbox.simulate.schedule import NO_LIMITS, Limits, run
from sandbox.simulate.weather import Fault
from tests.simulate.tampering import BUGS

SLICE = 2000


@pytest.fixture(scope="module")
def tally() -> Tally:
    """What the slice of `make test` comes to; `make verify` runs a hundred times as many."""
    return campaign(0, SLICE)


def test_two_thousand_schedules_violate_nothing(tally: Tally) -> None:
    """A schedule that fails is named by the command that tells its story."""
    assert [(replay_command(seed), *map(str, violations)) for seed, violations in tally.failures] == []
    assert tally.schedules == SLICE


def test_the_slice_meets_every_fault_and_every_outcome(tally: Tally) -> None:
    """A fault that never strikes proves nothing."""
    assert set(tally.struck) == set(Fault)
    assert {"CONFIRMED", "FAILED", "CANCELLED"} <= set(tally.outcomes)


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_is_found_by_the_slice(bug: str) -> None:
    """Each of our own bugs, put into the shipped cores from outside, breaks an invariant before the slice is over."""
    seed = next((seed for seed in range(SLICE) if run(seed, tamper=BUGS[bug]).violations), None)
    assert seed is not None, f"a system that {bug} went unnoticed"
    assert not run(seed).violations, "without the bug the same schedule is well"


def test_a_failing_schedule_is_made_shorter() -> None:
    """Announcing before writing needs one trip and no fault at all: two workers and a cancel are enough."""
    bug = BUGS["announces before it writes"]
    first = next(seed for seed in range(SLICE) if run(seed, tamper=bug).violations)
    seed, limits = shrink(first, tamper=bug)
    assert run(seed, limits, tamper=bug).violations
    assert (limits.trips, limits.faults) == (1, frozenset())
    assert replay_command(seed, limits).startswith(
        f"wayfare simulate --seed {seed} --replay --most-trips 1 --faults none"
    )


def test_a_seed_tells_the_same_story_every_time() -> None:
    """To the microsecond."""
    assert story_of(17) == story_of(17)
    assert len(story_of(17)) > 20


def story_of(seed: int) -> list[tuple[float, str, str]]:
    story: list[tuple[float, str, str]] = []
    run(seed, tell=lambda *moment: story.append(moment))
    return story


def test_processes_share_the_work_and_change_nothing() -> None:
    assert campaign(40, 600, processes=2) == campaign(40, 600)


def test_without_faults_a_lone_trip_is_decided_at_once() -> None:
    """What makes a schedule long is what goes wrong in it."""
    quiet = Limits(trips=1, faults=frozenset())
    ran = [run(seed, quiet) for seed in range(50)]
    assert all(not it.struck and not it.violations for it in ran)
    assert Counter(status for it in ran for status in it.outcomes)["CONFIRMED"] > 10


def test_leaving_faults_out_leaves_them_out() -> None:
    only = Limits(faults=frozenset({Fault.TWICE}))
    struck = Counter(fault for seed in range(60) for fault in run(seed, only).struck)
    assert set(struck) == {Fault.TWICE}
    assert NO_LIMITS.faults == frozenset(Fault)
