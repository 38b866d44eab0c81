"""Each protective measure of the protocol is needed: without it there is a schedule that breaks an invariant."""

from dataclasses import replace

import pytest

from sandbox.explore.cases import CASES
from sandbox.explore.mutants import MUTANTS, Mutant
from sandbox.explore.search import Search
from sandbox.explore.session import refute
from sandbox.explore.system import System

BY_NAME = {mutant.name: mutant for mutant in MUTANTS}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_without_the_measure_an_invariant_breaks(mutant: Mutant) -> None:
    explored = refute(mutant)
    assert explored.found.counterexample is not None
    assert len(explored.story) == len(explored.found.counterexample.schedule)


@pytest.mark.parametrize("name", ["announce-again", "write-first", "record-first"])
def test_with_the_measure_the_same_case_holds(name: str) -> None:
    """It is the measure that makes the difference, not the case (the larger ones are among the explored cases)."""
    assert Search(System(BY_NAME[name].case)).run().counterexample is None


def test_a_bug_put_into_the_handlers_is_caught_by_the_slice() -> None:
    """Announcing before writing: the case that every test run explores finds it, not only the one made for the mutant."""
    case = next(it for it in CASES if it.name == "last-room")
    mutant = BY_NAME["write-first"]
    found = Search(System(case, replace(mutant, case=case).parts())).run().counterexample
    assert found is not None
    assert found.violations[0].invariant in {"S3", "S5"}
