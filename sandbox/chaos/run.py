"""One run of chaos: an engine of its own, trips and disturbances side by side, calm, and then the reckoning."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from infra.catalog import CANCEL_REQUESTED, CATALOG, REQUESTED
from infra.synth import synth
from sandbox.auditor import Violation, audit
from sandbox.chaos.client import Asked, play, ticking
from sandbox.chaos.monkey import POISON, Monkey, Toll
from sandbox.chaos.plan import Do, Plan
from sandbox.chaos.queues import impatient, put_aside, redrive, short_lived
from sandbox.chaos.results import Chaos, Killed
from sandbox.compare.arena import Call, over
from sandbox.compare.workload import CANCELLED, CONFIRMED
from sandbox.crash.scenarios import TRIP
from sandbox.engine import environment
from sandbox.engine.deploy import Deployer
from sandbox.engine.engine import Engine
from sandbox.local_world import LocalWorld, WorldError
from sandbox.modes import Mode
from shared.observer.standing import Known
from shared.saga.timeline import Status

Progress = Callable[[str, int, int], None]
"""Hears what was done, how many deeds that makes, and of how many."""

DRAIN_SECONDS = 420.0
"""How long the trips may take to come to their ends once nothing is disturbed any more."""
PAUSE = 3.0
"""Seconds between two looks at everything: looking is work for the engine too."""
READERS = 4


class Times(NamedTuple):
    """Seconds: of disturbance, from then to the last end, and of everything."""

    disturbed: float
    drained: float
    all: float


class Settled(NamedTuple):
    """What it took to bring every trip to its end, and those that have none."""

    redriven: int
    open: list[str]


def chaos(plan: Plan, progress: Progress = lambda *_: None) -> Chaos:
    """Run it. What is wrong with the end is in the answer; only what prevents the run is raised."""
    began, deeds = time.monotonic(), plan.deeds()
    done = 0

    def report(what: str) -> None:
        nonlocal done
        done += 1
        progress(what, done, len(deeds) + 1)

    progress("starting the engine and deploying", 0, len(deeds) + 1)
    environment.ensure()
    with Engine.start(durable=True) as engine, ExitStack() as stack:
        for stage in plan.stages:
            Deployer(engine.clients).deploy(synth(stage))
        worlds = {stage: LocalWorld(engine, stage) for stage in plan.stages}
        stack.enter_context(ticking(list(worlds.values())))
        _warm(plan, worlds)
        asked = [it for mode in plan.modes for it in _asked(plan, mode, worlds[mode.stage])]
        stack.enter_context(impatient(list(worlds.values())))
        start = time.monotonic() + 0.2
        with short_lived(list(worlds.values())):
            monkey = Monkey(list(worlds.values()), report)
            _disturb(plan, worlds, asked, monkey, start)
        calm_since = time.monotonic()
        report("waiting for every trip's end")
        settled = _settle(worlds, asked)
        times = Times(calm_since - start, time.monotonic() - calm_since, time.monotonic() - began)
        return _reckoned(plan, worlds, asked, monkey.toll, settled, times)


def _warm(plan: Plan, worlds: Mapping[str, LocalWorld]) -> None:
    """One quiet trip in each mode, so that there are processes to kill."""
    trips = [(worlds[mode.stage], mode.ask({**TRIP, "tripId": f"warm-{mode.name}-{plan.seed}"})) for mode in plan.modes]
    for world, trip in trips:
        world.put(trip)
    for world, trip in trips:
        world.wait_for(partial(_ended, world, trip["tripId"]), "a quiet trip's end")


def _ended(world: LocalWorld, trip_id: str) -> bool:
    return over(world.known(trip_id))


def _asked(plan: Plan, mode: Mode, world: LocalWorld) -> Iterator[Asked]:
    """What the clients of a mode put, and until when each trip has time."""
    mark = f"{''.join(word[:2] for word in mode.name.split('-'))}-{plan.seed}"
    for order in plan.orders(mode):
        deadline = world.now + timedelta(seconds=order.at + plan.deadline_seconds)
        trip = order.request(mode, mark) | {"deadline": deadline.isoformat()}
        calls = [Call(order.at, trip["tripId"], REQUESTED, trip)]
        if order.cancel_at is not None:
            calls.append(Call(order.cancel_at, trip["tripId"], CANCEL_REQUESTED, {"tripId": trip["tripId"]}))
        yield Asked(world, order, tuple(calls))


def _disturb(
    plan: Plan, worlds: Mapping[str, LocalWorld], asked: Sequence[Asked], monkey: Monkey, start: float
) -> None:
    """Clients put, and everything goes wrong; afterwards all consumers run, and nothing is disturbed any more."""

    def calls_on(world: LocalWorld) -> list[Call]:
        return [call for it in asked if it.world is world for call in it.calls]

    with ThreadPoolExecutor(len(worlds)) as stages:
        playing = [stages.submit(play, world, calls_on(world), start) for world in worlds.values()]
        monkey.carry_out(plan.deeds(), start)
        chance = random.Random(f"more {plan.seed}")  # noqa: S311 - a schedule, no secret
        monkey.make_up_for(plan.kills, chance)
        for each in playing:
            each.result()
    monkey.calm()


def _settle(worlds: Mapping[str, LocalWorld], asked: Sequence[Asked]) -> Settled:
    """Redrive what was given up, and wait, until every trip is at its end or time is up."""
    end, waiting, redriven = time.monotonic() + DRAIN_SECONDS, list(asked), 0
    while waiting and time.monotonic() < end:
        redriven += sum(redrive(world) for world in worlds.values())
        waiting = [it for it in waiting if not over(it.known)]
        time.sleep(PAUSE)
    for world in worlds.values():
        with suppress(WorldError):  # what is then outstanding shows in the books
            world.settle()
    return Settled(redriven, [it.trip_id for it in waiting])


def _reckoned(  # noqa: PLR0913, PLR0917 - everything that is told
    plan: Plan,
    worlds: Mapping[str, LocalWorld],
    asked: Sequence[Asked],
    toll: Toll,
    settled: Settled,
    times: Times,
) -> Chaos:
    with ThreadPoolExecutor(READERS) as readers:
        seen = list(readers.map(lambda it: it.known, asked))
    known = list(zip(asked, seen, strict=True))
    return Chaos(
        seed=plan.seed,
        modes=[mode.name for mode in plan.modes],
        trips=len(asked),
        ends=_ends(seen),
        kills=toll.kills.total(),
        killed=[Killed(*what, count) for what, count in sorted(toll.kills.items())],
        kills_asked=plan.kills,
        power_cuts=toll.done[Do.CUT],
        dark_seconds=toll.dark_seconds,
        aborted=sum(len(world.executions("ABORTED")) for world in worlds.values()),
        pauses=toll.done[Do.PAUSE],
        poison=toll.done[Do.POISON],
        put_aside=sum(sum(put_aside(world, POISON).values()) for world in worlds.values()),
        redriven=settled.redriven,
        reminded=sum(it.summary.nudges > 0 for it in seen if it.summary),
        lost=sum(not it.noted for it in seen),
        stuck=len(settled.open),
        violations=[*_audited(worlds, known), *_disobeyed(known), *_poison_lost(worlds, toll)],
        disturbed_seconds=times.disturbed,
        drain_seconds=times.drained,
        seconds=times.all,
    )


def _ends(known: Iterable[Known]) -> dict[str, int]:
    """Status and reason of every trip, the most frequent first."""
    summaries = (it.summary for it in known)
    told = Counter(f"{it.status} {it.reason}".strip() if it else "UNKNOWN" for it in summaries)
    return dict(told.most_common())


def _audited(worlds: Mapping[str, LocalWorld], known: Sequence[tuple[Asked, Known]]) -> Iterator[Violation]:
    """The auditor's word on every stage."""
    for world in worlds.values():
        books = {name: world.books(name) for name in CATALOG.legs}
        yield from audit(books, {it.trip_id: seen for it, seen in known if it.world is world}, CATALOG.legs)


def _disobeyed(known: Sequence[tuple[Asked, Known]]) -> Iterator[Violation]:
    """What a trip asked for counts, whatever happened to it: a cancelled or refused one is never confirmed."""
    for it, seen in known:
        if it.order.kind != CONFIRMED and seen.summary and seen.summary.status is Status.CONFIRMED:
            yield Violation(
                "S6" if it.order.kind == CANCELLED else "L1",
                f"trip {it.trip_id}",
                f"{it.order.kind}, and yet confirmed",
            )


def _poison_lost(worlds: Mapping[str, LocalWorld], toll: Toll) -> Iterator[Violation]:
    """Poison is put aside, each in its own queue's dead letters (more than once, if a worker died over it)."""
    for stage, world in worlds.items():
        for inbox, count in put_aside(world, POISON).items():
            if (stage, inbox) in toll.poisoned and not count:
                yield Violation("L2", f"{stage} {' '.join(inbox)}", "poison is gone without a trace")
