"""A whole comparison: one engine, every stage deployed once, every phase, one answer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from infra.prices import Prices
from sandbox.compare import results
from sandbox.compare.arena import EngineArena
from sandbox.compare.correctness import balance
from sandbox.compare.counted import counted
from sandbox.compare.coupling import code_lines, footprints, month_of
from sandbox.compare.load import SHARES, throughput
from sandbox.compare.resilience import SCENARIOS, resilience
from sandbox.compare.results import Results
from sandbox.compare.runner import Plan, run
from sandbox.compare.runner import steps as steps_of_rounds
from sandbox.compare.simulation import simulate
from sandbox.compare.stopwatch import Stopwatch
from sandbox.compare.validity import NOT_MODELLED, surroundings
from sandbox.compare.workload import KINDS
from sandbox.local_world import LocalWorld
from sandbox.modes import Mode

Progress = Callable[[str, int, int], None]
"""Hears what was done, how many pieces of work that makes, and of how many (an upper bound)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much beside the rounds; the zero of everything leaves it out."""

    burst: int = 60
    rate_seconds: float = 3.0
    counted: int = 5
    outage: int = 10
    hold_seconds: float = 2.0
    simulated: int = 1000


SMALL = Extent(burst=10, rate_seconds=0.5, counted=1, outage=4, hold_seconds=0.5, simulated=50)
"""Enough to see that everything works; too little to believe a figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be compared, and how it was asked for."""

    plan: Plan
    modes: Sequence[Mode]
    prices: Prices
    command: str
    extent: Extent = Extent()


def steps(asked: Asked) -> int:
    """How many pieces of work there are, at most."""
    each = asked.plan.rounds + len(SHARES) + len(KINDS) + len(SCENARIOS) + 1
    return 2 + steps_of_rounds(asked.plan, len(asked.modes)) + len(asked.modes) * each


def compare(asked: Asked, progress: Progress = lambda *_: None) -> Results:
    """Run everything. A violated invariant is in the answer; only what prevents the run is raised."""
    done, total = 0, steps(asked)

    def report(what: str) -> None:
        nonlocal done
        done += 1
        progress(what, done, total)

    progress("starting the engine and deploying", 0, total)
    with arenas(asked.modes) as where:
        report("deployed")
        return _compare(asked, where, report)


@contextmanager
def arenas(modes: Sequence[Mode]) -> Iterator[list[EngineArena]]:
    """An arena for each mode, all on one engine."""
    stages = list(dict.fromkeys(mode.stage for mode in modes))
    with LocalWorld.running(*stages) as world, ExitStack() as stack:
        watches = {stage: stack.enter_context(Stopwatch(world.engine, stage).ticking()) for stage in stages}
        yield [EngineArena(mode, LocalWorld(world.engine, mode.stage, mode), watches[mode.stage]) for mode in modes]


def _compare(asked: Asked, where: Sequence[EngineArena], report: Callable[[str], None]) -> Results:
    plan, extent = asked.plan, asked.extent
    found = run(plan, where, report)
    counts = counted(where, trips=extent.counted, seed=plan.seed, report=report)
    outages, broken = resilience(where, trips=extent.outage, hold=extent.hold_seconds, seed=plan.seed, report=report)
    loads = throughput(
        where,
        burst=extent.burst,
        rounds=plan.rounds,
        seconds=extent.rate_seconds,
        seed=plan.seed,
        report=report,
    )
    simulated, amiss = simulate(asked.modes, plan.mix, plan.seed, report, extent.simulated)
    names = [mode.name for mode in asked.modes]
    costs = results.costs(counts, asked.prices)
    months = results.months(costs, _fixed(asked), plan.mix.shares)
    report("counting lines and resources")
    return Results(
        command=asked.command,
        date=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        modes=names,
        plan=asdict(plan) | {"extent": asdict(extent)},
        surroundings=surroundings(),
        not_modelled=list(NOT_MODELLED),
        violations=results.broken([*found.violations, *broken, *amiss]),
        balances={name: balance(found.of(name)) for name in names},
        latencies=results.latencies(found.samples, names, plan.seed),
        overheads=results.overheads(counts),
        hot=results.hot(found.samples, names, plan.seed),
        throughput=loads,
        prices=asked.prices.label,
        costs=costs,
        months=months,
        break_even=results.break_evens(months),
        outages=outages,
        simulated=simulated,
        footprints=footprints(asked.modes),
        lines=code_lines(),
        latest=max((it.late for it in found.samples), default=0.0),
        samples=found.samples,
    )


def _fixed(asked: Asked) -> Mapping[str, Mapping[str, float]]:
    """What each mode's part of a stage costs in an idle month, line by line."""
    return {mode.name: {line.what: line.dollars for line in month_of(mode, asked.prices)} for mode in asked.modes}
