"""The fourth participant in the explorer: every interleaving of a trip with a tour, in every mode."""

from dataclasses import replace

import pytest

from sandbox.explore.cases import ORCHESTRATED, REVERSE, TRIP, Case, Shelves, stock
from sandbox.explore.parts import shipped
from sandbox.explore.search import Search
from sandbox.explore.story import lines
from sandbox.explore.system import System
from shared.saga.record import Stock
from tests.fourth.test_fourth import FOUR
from tests.fourth.tour.inventory import key_of

OUTING = {"name": "Old Town", "day": "2027-07-11"}


def places(count: int) -> Shelves:
    """One of everything, and so many places on the tour."""
    return {**stock(), "tour": {key_of("Old Town", "2027-07-11"): Stock(count, count)}}


CALM = Case(
    name="tour",
    about="a trip with a tour, which may refuse",
    requests=({**TRIP, "tour": OUTING},),
    stocks=(places(1), places(0)),
    faults=(),
)
CASES = {
    "at once": CALM,
    "in reverse order": replace(CALM, stage=REVERSE),
    "cancelled": replace(CALM, workers=1, duplicates=False, cancels=1),
    "a message is lost": replace(CALM, workers=1, duplicates=False, losses=1),
}


BY_MACHINE = replace(CALM, workers=1, duplicates=False, requests=({**TRIP, "tour": OUTING, **ORCHESTRATED},))
A_MINUTE = pytest.param(BY_MACHINE, id="by the machine", marks=pytest.mark.verify)


@pytest.mark.parametrize("case", [*(pytest.param(case, id=name) for name, case in CASES.items()), A_MINUTE])
def test_no_interleaving_violates_an_invariant(case: Case) -> None:
    """Four legs, the same handlers, the same invariants."""
    system = System(case, shipped(case.stage, FOUR))
    found = Search(system).run()
    assert found.counterexample is None, "\n".join(map(str, lines(system, found.counterexample)))
    assert found.resting > 0
