"""What comparisons in tests start from."""

import dataclasses

import msgspec

from infra.prices import load
from infra.stages import named
from sandbox.compare import results
from sandbox.compare.arena import MemoryArena
from sandbox.compare.correctness import balance
from sandbox.compare.counted import Counted
from sandbox.compare.coupling import Footprint
from sandbox.compare.load import Throughput
from sandbox.compare.resilience import KILLED, Outage
from sandbox.compare.results import Results
from sandbox.compare.runner import Plan, Run, run
from sandbox.compare.samples import AFTER
from sandbox.compare.simulation import Simulated
from sandbox.compare.workload import KINDS, Mix
from sandbox.memory.world import MemoryWorld
from sandbox.metering.counts import EVENTS, QUEUE_REQUESTS, WRITE_UNITS, Counts, Key
from sandbox.modes import MODES, Mode

MIX = Mix(
    shares={"confirmed": 0.5, "refused-hotel": 0.1, "refused-flight": 0.1, "refused-car": 0.15, "cancelled": 0.15}
)
IN_MEMORY = [*MODES.values()]
"""The modes that are tried in memory: all of them."""
PRICES = load()


def silent(*_told: object) -> None:
    """Nobody wants to know."""


def a_plan(trips: int = 60, **changes: object) -> Plan:
    """A small plan of the mixed trips."""
    plan = Plan(trips=trips, rounds=2, rate=50.0, seed=7, mix=MIX, hot_trips=20)
    return dataclasses.replace(plan, **changes)  # type: ignore[arg-type]


def an_arena(mode: Mode, seed: int = 1, duplicates: int = 1) -> MemoryArena:
    """A mode in memory."""
    return MemoryArena(mode, MemoryWorld(named(mode.stage), seed, duplicates, mode=mode))


def a_run(plan: Plan | None = None) -> Run:
    """A run of every mode that works in memory, with times put in by hand (memory has none)."""
    found = run(plan or a_plan(), [an_arena(mode) for mode in IN_MEMORY], silent)
    found.samples = [
        msgspec.structs.replace(it, seconds=0.05 + it.number / 1000, release_seconds=0.02 if it.due else None)
        for it in found.samples
    ]
    return found


def some_results(command: str = "wayfare compare", events: float = 5) -> Results:
    """Results such as a comparison gives, the figures beside the samples made up."""
    found, names = a_run(), [mode.name for mode in IN_MEMORY]
    counts = [a_count(mode, kind, events) for kind in KINDS for mode in names]
    costs = results.costs(counts, PRICES)
    months = results.months(costs, {name: {"alarms": 4.2 + place} for place, name in enumerate(names)}, MIX.shares)
    return Results(
        command=command,
        date="2026-11-21 12:00 UTC",
        modes=names,
        plan={"trips": 60, "mix": {"shares": MIX.shares}, "faults": [], "extent": {"burst": 10}},
        surroundings={"python": "3.11"},
        not_modelled=["AWS's latencies"],
        violations=results.broken(found.violations),
        balances={name: balance(found.of(name)) for name in names},
        latencies=results.latencies(found.samples, names, 7),
        overheads=results.overheads(counts),
        hot=results.hot(found.samples, names, 7),
        throughput=[a_throughput(name) for name in names],
        prices=PRICES.label,
        costs=costs,
        months=months,
        break_even=results.break_evens(months),
        outages=[an_outage(name, what) for what in ("the observer", KILLED) for name in names],
        simulated=[Simulated(mode=name, trips=100, confirmed=50, asked_for=50, violations=0) for name in names],
        footprints=[a_footprint(name) for name in names],
        lines={"domain": 231},
        latest=0.002,
        samples=found.samples,
    )


def a_count(mode: str, kind: str, events: float = 5) -> Counted:
    """So many events, twice as many queue requests, ten writes; half of the events are the observer's."""
    quantities = {
        Key(EVENTS, "hotel", "wayfare-local/travel.hotel", "HotelBooked"): events / 2,
        Key(EVENTS, "trip", "wayfare-local/travel.trip", "TripConfirmed"): events / 2,
        Key(QUEUE_REQUESTS, "hotel", "wayfare-local-hotel-book", "SendMessage"): events * 2,
        Key(WRITE_UNITS, "hotel", "wayfare-local-hotel", "TransactWriteItems"): 10,
    }
    group = AFTER if kind == "cancelled" else kind
    return Counted(mode, group, 3, Counts(quantities), [0.05, 0.06, 0.07], 0.04)


def a_throughput(mode: str) -> Throughput:
    return Throughput(mode=mode, burst=10, drained=[1.0, 2.0], per_second=6.7, sustained=5.0, tried=[(5.0, 0.1)])


def an_outage(mode: str, what: str) -> Outage:
    return Outage(
        mode=mode,
        stopped=what,
        present=True,
        trips=10,
        ended_meanwhile=4,
        by_themselves=10,
        by_deadline=0,
        stuck=0,
        lost=0,
        drain_seconds=1.5,
    )


def a_footprint(mode: str) -> Footprint:
    return Footprint(
        mode=mode,
        resources=148,
        rules=21,
        queues=18,
        functions=11,
        states=0,
        stacks=5,
        synchronous_calls=0,
        up_at_once="one participant at a time",
        touched={"between flight and car": ["platform", "car"]},
    )
