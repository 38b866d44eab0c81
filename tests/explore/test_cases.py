"""The slice of the exploration that every test run takes: all interleavings of the shipped handlers, case by case."""

import pytest

from sandbox.explore.cases import CASES, Case
from sandbox.explore.session import explore

BOUNDED = [case for case in CASES if case.bounded]


@pytest.mark.parametrize("case", BOUNDED, ids=lambda case: case.name)
def test_no_interleaving_violates_an_invariant(case: Case) -> None:
    """S1 to S6 in every state, L1 wherever nothing is left to do, L2 and L3 on the graph."""
    explored = explore(case)
    assert explored.found.counterexample is None, "\n".join(map(str, explored.story))
    assert explored.found.resting > 0
    assert explored.found.longest_recovery < 100


def test_the_protocols_list_of_cases_is_covered() -> None:
    """Both orders, the state machine, conflicting requests, plans made anew, parking and redrive, facts lost at the observer, batches."""
    assert {case.stage for case in BOUNDED} == {"local", "local-reverse"}
    for wanted in ("machine", "conflict", "another-plan", "parking", "observer", "batch", "lost-message"):
        assert any(case.name == wanted for case in BOUNDED), wanted
