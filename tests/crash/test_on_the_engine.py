"""Every function, every call of AWS that it makes: its process is killed before or after it, and comes to no harm."""

from itertools import product

import pytest

from sandbox.crash.on_engine import COURSES, DELIVERIES, WHEN, Cell, cells, run
from sandbox.local_world import LocalWorld


@pytest.mark.verify
def test_a_process_killed_at_any_call_harms_no_trip(local: LocalWorld) -> None:
    """SIGKILL to the real process of each function, before and after each call that a quiet run of it made; once, and twice."""
    found = cells(local)
    assert {cell.function for cell in found} == {name for course in COURSES.values() for name in course.functions}
    assert {(cell.when, cell.times) for cell in found} == set(product(WHEN, DELIVERIES))
    assert len(found) >= 4 * 3 * 9  # three calls at least of each participant's book, compensate and task
    assert run(local, found) == []


def test_a_trap_that_nobody_meets_is_told(local: LocalWorld) -> None:
    """The matrix cannot pass because nothing happened."""
    cell = Cell("confirmed", "hotel-book", "DeleteTable", 1, "before")
    assert run(local, [cell]) == [f"{cell}: nobody died"]
