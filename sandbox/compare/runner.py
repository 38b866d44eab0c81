"""The rounds: the same trips at the same moments in each mode, the modes in turns so that noise befalls all alike."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from infra.catalog import CANCEL_REQUESTED, CATALOG, REQUESTED
from sandbox.auditor import Violation
from sandbox.compare.arena import Arena, Call
from sandbox.compare.correctness import audited, checked, compared
from sandbox.compare.samples import Sample, sample
from sandbox.compare.stopwatch import Heard
from sandbox.compare.workload import Fault, Mix, Order, deal, deal_hot

COLD_RATE, WARM_RATE = 2.0, 20.0

Report = Callable[[str], None]
ArenaT = TypeVar("ArenaT", bound=Arena)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run. `trips` are for each mode, over all its rounds."""

    trips: int
    rounds: int
    rate: float
    seed: int
    mix: Mix
    faults: tuple[Fault, ...] = ()
    hot_trips: int = 40
    """That all want the same room; 0: no such run."""
    cold_trips: int = 6
    """That meet functions which never ran before; told apart from all others."""
    warm_trips: int = 40
    """Checked, but measured by nobody: put so that every function has its workers before the first round."""

    def orders(self, number: int) -> tuple[Order, ...]:
        """The trips of one round: as many in each, the first ones have what is left over."""
        each, more = divmod(self.trips, self.rounds)
        count = each + (number < more)
        return deal(self.mix, count, self.rate, seed=self.seed * 1000 + number, faults=self.faults)


@dataclass(slots=True)
class Run:
    """What came of it."""

    samples: list[Sample] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)

    def of(self, mode: str, phase: str = "rounds") -> list[Sample]:
        """The samples of a mode and phase."""
        return [it for it in self.samples if (it.mode, it.phase) == (mode, phase)]

    def add(self, samples: Sequence[Sample], violations: Sequence[Violation]) -> None:
        self.samples += samples
        seen = set(self.violations)
        self.violations += [it for it in violations if it not in seen]


def steps(plan: Plan, modes: int) -> int:
    """How often `report` is told of a finished piece of work."""
    return modes * (plan.rounds + 2 + (plan.hot_trips > 0))


def run(plan: Plan, arenas: Sequence[Arena], report: Report) -> Run:
    """Cold, warm-up, rounds, hot item. Every violation found is in the answer; nothing is raised for it."""
    found = Run()
    for arena in arenas:
        _phase(found, arena, "cold", 0, deal(plan.mix, plan.cold_trips, COLD_RATE, plan.seed))
        report(f"{arena.mode.name}: functions that never ran")
    for arena in arenas:
        _phase(found, arena, "warm-up", 0, deal(plan.mix, plan.warm_trips, WARM_RATE, plan.seed + 1))
        report(f"{arena.mode.name}: warming up")
    rounds = play_rounds(plan, arenas, report)
    found.add(rounds.samples, rounds.violations)
    if plan.hot_trips:
        for arena in arenas:
            _phase(found, arena, "hot", 0, deal_hot(plan.mix, plan.hot_trips, plan.rate, plan.seed))
            report(f"{arena.mode.name}: all on one hot item")
    return found


def play_rounds(plan: Plan, arenas: Sequence[Arena], report: Report) -> Run:
    """The rounds alone, and what the modes disagree about in them."""
    found = Run()
    for number in range(plan.rounds):
        for arena in in_turns(arenas, number):
            _phase(found, arena, "rounds", number, plan.orders(number))
            report(f"{arena.mode.name}: round {number + 1} of {plan.rounds}")
    found.add([], [*compared(found.samples)])
    return found


def in_turns(arenas: Sequence[ArenaT], number: int) -> tuple[ArenaT, ...]:
    """Each round begins with another mode."""
    turn = number % len(arenas)
    return (*arenas[turn:], *arenas[:turn])


def mark_of(arena: Arena, phase: str, number: int) -> str:
    """What tells this round's trips and places from all others on the stage."""
    letters = "".join(word[:2] for word in arena.mode.name.split("-"))
    return f"{letters}-{phase[:4]}-{number}"


def calls_of(order: Order, arena: Arena, mark: str) -> tuple[Call, ...]:
    """What the client puts for an order: the request, and perhaps the cancel after it."""
    trip = order.request(arena.mode, mark)
    trip_id = trip["tripId"]
    request = Call(order.at, trip_id, REQUESTED, trip)
    if order.cancel_at is None:
        return (request,)
    return request, Call(order.cancel_at, trip_id, CANCEL_REQUESTED, {"tripId": trip_id})


def _phase(found: Run, arena: Arena, phase: str, number: int, orders: Sequence[Order]) -> None:
    mark = mark_of(arena, phase, number)
    trips = [order.request(arena.mode, mark)["tripId"] for order in orders]
    puts = arena.play([call for order in orders for call in calls_of(order, arena, mark)])
    arena.rest(trips)
    heard = _by_trip(arena.heard())
    books = {name: arena.world.books(name) for name in CATALOG.legs}
    with ThreadPoolExecutor(4) as readers:
        known = list(readers.map(arena.world.known, trips))
    samples = [
        sample(
            order,
            trip,
            mode=arena.mode.name,
            phase=phase,
            number_of_round=number,
            puts=puts,
            heard=heard[trip],
            known=seen,
            books=books,
        )
        for order, trip, seen in zip(orders, trips, known, strict=True)
    ]
    found.add(samples, [*audited(arena.world, trips), *checked(samples)])


def _by_trip(heard: Sequence[Heard]) -> defaultdict[str, list[Heard]]:
    trips: defaultdict[str, list[Heard]] = defaultdict(list)
    for it in heard:
        trips[it.trip_id].append(it)
    return trips
