"""What a run of chaos does is known before it starts, from the seed alone."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.chaos.plan import Do, Plan, inboxes
from sandbox.compare.workload import CANCELLED, REFUSED
from sandbox.modes import CHOREOGRAPHY, MODES, ORCHESTRATION

PLAN = Plan(trips=60, kills=12, seed=1)


def test_the_same_seed_is_the_same_chaos() -> None:
    """Trips and disturbances; another seed is another one."""
    again, other = Plan(trips=60, kills=12, seed=1), Plan(trips=60, kills=12, seed=2)
    assert PLAN.deeds() == again.deeds()
    assert PLAN.orders(ORCHESTRATION) == again.orders(ORCHESTRATION)
    assert PLAN.deeds() != other.deeds()
    assert PLAN.orders(ORCHESTRATION) != other.orders(ORCHESTRATION)


@given(trips=st.integers(1, 300), kills=st.integers(0, 60), restarts=st.integers(0, 3))
def test_everything_that_is_asked_for_is_in_the_plan(trips: int, kills: int, restarts: int) -> None:
    """Every trip, every kill, every cut, poison for every queue of every stage; and a pause always ends."""
    plan = Plan(trips=trips, kills=kills, seed=7, restarts=restarts)
    done = Counter(deed.do for deed in plan.deeds())
    assert sum(len(plan.orders(mode)) for mode in plan.modes) == trips
    assert done[Do.KILL_NOW] + done[Do.KILL_AT_A_CALL] == kills
    assert done[Do.CUT] == restarts
    assert done[Do.POISON] == sum(len(inboxes(stage)) for stage in plan.stages)
    assert done[Do.PAUSE] == done[Do.RESUME] > 0
    assert [deed.at for deed in plan.deeds()] == sorted(deed.at for deed in plan.deeds())


def test_three_in_ten_are_refused_and_two_are_cancelled() -> None:
    """In every mode."""
    for mode in MODES.values():
        kinds = Counter(order.kind for order in Plan(trips=300, kills=0, seed=3).orders(mode))
        assert {name: kinds[name] for name in (*REFUSED, CANCELLED)} == {**dict.fromkeys(REFUSED, 10), CANCELLED: 20}


@pytest.mark.parametrize(("trips", "kills"), [(1000, 200), (60, 12)])
def test_the_state_machine_is_asked_for_no_more_than_it_bears(trips: int, kills: int) -> None:
    """Some eight executions a second overload two cores; here come three at most."""
    plan = Plan(trips=trips, kills=kills, seed=1)
    assert len(plan.orders(ORCHESTRATION)) / plan.seconds <= 3.1


def test_a_stage_is_needed_once_however_many_modes_use_it() -> None:
    """Choreography and orchestration live on one stage."""
    assert Plan(trips=10, kills=0, seed=1, modes=(CHOREOGRAPHY, ORCHESTRATION)).stages == ("local",)
