"""What a comparison must notice. C1, C2, and a mode that is broken on purpose."""

import msgspec
import pytest

from sandbox.compare.correctness import balance, checked, compared
from sandbox.compare.resilience import ABORTED, SCENARIOS, resilience
from sandbox.compare.runner import play_rounds, run
from sandbox.modes import ORCHESTRATION, Mode
from tests.compare.given import IN_MEMORY, MIX, a_plan, a_run, an_arena, silent


def test_the_same_trips_end_alike_in_all_modes() -> None:
    """C1: same inputs, same faults: same bookings, same outcomes."""
    found = a_run()
    assert found.violations == []
    ends = {
        mode.name: sorted((it.round, it.number, it.status, it.booked) for it in found.of(mode.name))
        for mode in IN_MEMORY
    }
    assert len({str(end) for end in ends.values()}) == 1


@pytest.mark.parametrize("mode", IN_MEMORY, ids=lambda mode: mode.name)
def test_of_a_thousand_mixed_trips_those_without_a_flag_are_booked_and_nothing_is_left(mode: Mode) -> None:
    """C2, in memory: every message comes twice, in any order (the engine would need minutes: `wayfare compare --trips 1002 --rate 7` does it there)."""
    arena = an_arena(mode, seed=5, duplicates=2)
    found = play_rounds(a_plan(1000, rounds=1, mix=MIX), [arena], silent)
    sums = balance(found.samples)
    assert found.violations == []
    assert sums["trips"] == 1000
    assert sums["CONFIRMED"] == sum(it.kind == "confirmed" for it in found.samples) == 500
    assert sums["failures injected"] == sums["FAILED"] + sums["CANCELLED"] == 500
    assert sums["compensations due"] == sums["started"] == sums["finished"] > 0
    held = {name: arena.world.books(name).stock for name in ("hotel", "flight", "car")}
    assert sum(stock.held for stock in held["flight"].values()) == sum(
        quantity for it in found.samples for name, _, quantity in it.booked if name == "flight"
    )


def test_a_compensation_that_does_nothing_is_found_and_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hotel says that the room is free, and keeps it: L1, and the modes do not agree any more."""
    arenas = [an_arena(mode) for mode in IN_MEMORY]
    monkeypatch.setattr(arenas[0].world.ledgers["hotel"], "release", lambda _booked, cancelled: cancelled)
    found = run(a_plan(), arenas, silent)
    assert {"L1", "C1"} <= {it.invariant for it in found.violations}
    assert all("hotel" in it.what for it in found.violations if it.invariant == "L1")


def test_a_trip_without_an_end_is_a_violation() -> None:
    sample = msgspec.structs.replace(a_run().samples[0], status="PENDING")
    assert [it.invariant for it in checked([sample])] == ["L2"]


def test_a_trip_that_ends_otherwise_than_its_kind_is_a_violation() -> None:
    sample = next(it for it in a_run().of(IN_MEMORY[0].name) if it.kind == "confirmed")
    assert [it.invariant for it in checked([msgspec.structs.replace(sample, status="FAILED")])] == ["L2"]


def test_compensations_that_do_not_tally_are_a_violation() -> None:
    sample = next(it for it in a_run().of(IN_MEMORY[0].name) if it.due)
    assert [it.invariant for it in checked([msgspec.structs.replace(sample, finished=0)])] == ["B"]


def test_modes_that_disagree_are_a_violation_except_in_a_race() -> None:
    sample = a_run().of(IN_MEMORY[0].name)[0]
    other = msgspec.structs.replace(sample, mode="other", status="PENDING")
    assert [it.invariant for it in compared([sample, other])] == ["C1"]
    assert [*compared([msgspec.structs.replace(it, phase="hot") for it in (sample, other)])] == []


def test_whatever_is_stopped_no_trip_is_lost() -> None:
    """The matrix, in memory: a service, killed workers, broken-off executions; who was stopped is there again, and all ends.

    Queues wait as long as it takes. In memory no time passes between the machine's retries: the outage outlasts them,
    and its trips fail in the meantime.
    """
    outages, violations = resilience([an_arena(mode) for mode in IN_MEMORY], trips=8, hold=0.0, seed=1, report=silent)
    assert violations == []
    assert {it.stopped for it in outages} == set(SCENARIOS)
    assert all((it.lost, it.stuck) == (0, 0) for it in outages)
    flight = [it for it in outages if it.stopped.startswith("one participant")]
    assert all((it.ended_meanwhile == it.trips) is (it.mode == ORCHESTRATION.name) for it in flight)
    observer = [it for it in outages if it.stopped == "the observer"]
    assert all(it.ended_meanwhile == it.trips for it in observer)
    aborted = [it for it in outages if it.stopped == ABORTED]
    assert [it.mode for it in aborted if it.present] == [ORCHESTRATION.name]
    assert [it.mode for it in aborted if it.by_deadline] == [ORCHESTRATION.name]
