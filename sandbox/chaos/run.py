"""One run of chaos: an engine of its own, trips and disturbances side by side, calm, and then the reckoning."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from infra.catalog import CANCEL_REQUESTED, CATALOG, REQUESTED
from infra.synth import synth
from sandbox.auditor import Violation, audit
from sandbox.chaos.client import play, ticking
from sandbox.chaos.monkey import POISON, Monkey, Toll
from sandbox.chaos.plan import Do, Plan
from sandbox.chaos.queues import impatient, put_aside, redrive
from sandbox.chaos.results import Chaos, Killed
from sandbox.compare.arena import Call, over
from sandbox.compare.workload import CANCELLED, CONFIRMED, Order
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
ANSWER_SECONDS = 10.0
"""How long a client waits for any sign of its trip before it puts the request again."""
PAUSE = 3.0
"""Seconds between two looks at everything: looking is work for the engine too."""
READERS = 4


class Asked(NamedTuple):
    """One trip as its client asked for it."""

    stage: str
    order: Order
    calls: tuple[Call, ...]

    @property
    def trip_id(self) -> str:
        return self.calls[0].trip_id


class Settled(NamedTuple):
    """What it took to bring every trip to its end."""

    redriven: int
    repeated: int
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
        asked = [it for mode in plan.modes for it in _asked(plan, mode, datetime.now(UTC))]
        with impatient(list(worlds.values())):
            monkey, start = Monkey(list(worlds.values()), report), time.monotonic() + 0.2
            _disturb(plan, worlds, asked, monkey, start)
        calm_since = time.monotonic()
        report("waiting for every trip's end")
        settled = _settle(worlds, asked)
        drained = time.monotonic() - calm_since
        return _reckoned(
            plan, worlds, asked, monkey.toll, settled, (calm_since - start, drained, time.monotonic() - began)
        )


def _warm(plan: Plan, worlds: Mapping[str, LocalWorld]) -> None:
    """One quiet trip in each mode, so that there are processes to kill."""
    trips = [(worlds[mode.stage], mode.ask({**TRIP, "tripId": f"warm-{mode.name}-{plan.seed}"})) for mode in plan.modes]
    for world, trip in trips:
        world.put(trip)
    for world, trip in trips:
        world.wait_for(partial(_ended, world, trip["tripId"]), "a quiet trip's end")


def _ended(world: LocalWorld, trip_id: str) -> bool:
    """Whether a trip has its outcome; or its request was answered by a rejection, as one is that comes after its own deadline."""
    known = world.known(trip_id)
    return over(known) if known.noted else bool(world.log.rejections(trip_id))


def _asked(plan: Plan, mode: Mode, now: datetime) -> Iterator[Asked]:
    """What the clients of a mode put, and until when each trip has time."""
    mark = f"{''.join(word[:2] for word in mode.name.split('-'))}-{plan.seed}"
    for order in plan.orders(mode):
        deadline = now + timedelta(seconds=order.at + plan.deadline_seconds)
        trip = order.request(mode, mark) | {"deadline": deadline.isoformat()}
        calls = [Call(order.at, trip["tripId"], REQUESTED, trip)]
        if order.cancel_at is not None:
            calls.append(Call(order.cancel_at, trip["tripId"], CANCEL_REQUESTED, {"tripId": trip["tripId"]}))
        yield Asked(mode.stage, order, tuple(calls))


def _disturb(
    plan: Plan, worlds: Mapping[str, LocalWorld], asked: Sequence[Asked], monkey: Monkey, start: float
) -> None:
    """Clients put, and everything goes wrong; afterwards all consumers run, and nothing is disturbed any more."""

    def calls_on(stage: str) -> list[Call]:
        return [call for it in asked if it.stage == stage for call in it.calls]

    with ThreadPoolExecutor(len(worlds)) as stages:
        playing = [stages.submit(play, world, calls_on(stage), start) for stage, world in worlds.items()]
        monkey.carry_out(plan.deeds(), start)
        chance = random.Random(f"more {plan.seed}")  # noqa: S311 - a schedule, no secret
        monkey.make_up_for(plan.kills, chance)
        for each in playing:
            each.result()
    monkey.calm()


def _settle(worlds: Mapping[str, LocalWorld], asked: Sequence[Asked]) -> Settled:
    """Redrive what was given up, put again what nobody knows of, and wait, until every trip is at its end or time is up."""
    end, waiting = time.monotonic() + DRAIN_SECONDS, list(asked)
    redriven = repeated = 0
    ask_again = time.monotonic() + ANSWER_SECONDS
    while waiting and time.monotonic() < end:
        redriven += sum(redrive(world) for world in worlds.values())
        waiting = [it for it in waiting if not _ended(worlds[it.stage], it.trip_id)]
        if time.monotonic() > ask_again:
            repeated += sum(_put_again(worlds[it.stage], it) for it in waiting)
            ask_again = time.monotonic() + ANSWER_SECONDS
        time.sleep(PAUSE)
    for world in worlds.values():
        with suppress(WorldError):  # what is then outstanding shows in the books
            world.settle()
    return Settled(redriven, repeated, [it.trip_id for it in waiting])


def _put_again(world: LocalWorld, it: Asked) -> bool:
    """The client puts its request again, if nobody has anything on record of the trip: that is always safe."""
    unknown = not world.known(it.trip_id).noted
    if unknown:
        world.put(dict(it.calls[0].detail), it.calls[0].detail_type)
    return unknown


def _reckoned(  # noqa: PLR0913, PLR0917 - everything that is told
    plan: Plan,
    worlds: Mapping[str, LocalWorld],
    asked: Sequence[Asked],
    toll: Toll,
    settled: Settled,
    times: tuple[float, float, float],
) -> Chaos:
    with ThreadPoolExecutor(READERS) as readers:
        seen = list(readers.map(lambda it: worlds[it.stage].known(it.trip_id), asked))
    known = list(zip(asked, seen, strict=True))
    unheard = [it for it, what in known if not what.noted]
    lost = [it for it in unheard if not worlds[it.stage].log.rejections(it.trip_id)]
    disturbed, drained, seconds = times
    return Chaos(
        seed=plan.seed,
        modes=[mode.name for mode in plan.modes],
        trips=len(asked),
        ends=_ends(seen, {"REJECTED": len(unheard) - len(lost), "UNKNOWN": len(lost)}),
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
        repeated=settled.repeated,
        reminded=sum(it.summary.nudges > 0 for it in seen if it.summary),
        lost=len(lost),
        stuck=len(settled.open),
        violations=[*_audited(worlds, known), *_disobeyed(known), *_poison_lost(worlds, toll)],
        disturbed_seconds=disturbed,
        drain_seconds=drained,
        seconds=seconds,
    )


def _ends(known: Iterable[Known], others: Mapping[str, int]) -> dict[str, int]:
    """Status and reason of every trip, the most frequent first; and those of whom no fact is known."""
    summaries = (it.summary for it in known if it.noted)
    told = Counter(f"{it.status} {it.reason}".strip() if it else "UNASSESSED" for it in summaries)
    return {end: count for end, count in (told + Counter(others)).most_common() if count}


def _audited(worlds: Mapping[str, LocalWorld], known: Sequence[tuple[Asked, Known]]) -> Iterator[Violation]:
    """The auditor's word on every stage."""
    for stage, world in worlds.items():
        books = {name: world.books(name) for name in CATALOG.legs}
        yield from audit(books, {it.trip_id: seen for it, seen in known if it.stage == stage}, CATALOG.legs)


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
