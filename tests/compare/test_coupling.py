"""What is counted from templates and code."""

from infra.catalog import CATALOG
from sandbox.compare.coupling import code_lines, footprints, newcomers, touched, with_newcomer
from sandbox.modes import MODES

PARALLEL, REVERSE = MODES["choreography"], MODES["choreography-reverse"]


def test_without_a_newcomer_nothing_is_touched() -> None:
    for mode in MODES.values():
        assert touched(mode, CATALOG) == []


def test_there_is_room_for_a_newcomer_beside_a_fourth_participant() -> None:
    """Halfway between two, whoever they are: a repository that has added a service can compare, too."""
    assert [*newcomers().values()] == [15, 25, 35]
    four = newcomers(with_newcomer(25))
    assert four == {"between hotel and flight": 15, "between insurance and car": 27, "after car, as the new pivot": 35}


def test_in_parallel_order_a_newcomer_touches_only_the_one_after_it() -> None:
    """Beside those who know all words, and the first leg, which stamps the new definition: legs are compared, not named."""
    assert touched(PARALLEL, with_newcomer(25)) == ["platform", "trip", "hotel", "car"]


def test_in_reverse_order_it_touches_both_neighbours() -> None:
    assert touched(REVERSE, with_newcomer(25)) == ["platform", "trip", "hotel", "flight", "car"]


def test_every_mode_has_a_footprint_of_things_that_exist() -> None:
    for found in footprints(list(MODES.values())):
        assert found.resources > found.rules > 0
        assert (found.states > 0) == (found.synchronous_calls > 0)


def test_lines_are_counted_by_role() -> None:
    lines = code_lines()
    assert lines["domain of the participants"] > 100
    assert lines["observer, both modes"] > 100
