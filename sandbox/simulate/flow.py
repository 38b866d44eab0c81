"""A great many trips through one mode: every message an entry of an array, in steps of half a second.

An entry stands for `weight` trips. Within a step nothing is rounded: a message that no limit holds back starts at its own
moment. What a limit refuses is retried as the shipped back-off has it, or delayed where AWS delays. What is kept does not
grow with time: the messages under way, and histograms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from infra.catalog import ORCHESTRATOR
from infra.machine import RETRY
from infra.stages import PROD, Stage
from sandbox.simulate.account import ENOUGH, Account
from sandbox.simulate.assumptions import Assumptions, Floats
from sandbox.simulate.network import Flags, Ints, Network
from sandbox.simulate.station import Station
from sandbox.simulate.trips import Trips
from sandbox.world import TASK, Inbox
from shared.aws.queues import LONGEST_WAIT

_RETRY: Final = RETRY[-1]
_RETRIES: Final[int] = _RETRY["MaxAttempts"]
STEP: Final = 0.5
"""Seconds."""
CANCELS_AFTER: Final = 60.0
"""Seconds from a request until the client cancels: after the commit."""
POINTS: Final = 60
"""Moments at which backlogs are noted, however long the run."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of a stage: trips a second, for how long, in which shares by outcome."""

    rate: float
    seconds: float
    shares: Mapping[str, float]
    seed: int = 1
    entries: float = 100.0
    """Entries a second that stand for all trips, at most."""

    @property
    def weight(self) -> float:
        return max(1.0, self.rate / self.entries)


class Flow:
    """One mode under one demand."""

    def __init__(
        self, network: Network, demand: Demand, assumed: Assumptions, *, raised: bool = False, stage: Stage = PROD
    ) -> None:
        self.network = network
        self.demand = demand
        self.account = Account.of(assumed, raised=raised)
        self.stations = [Station() for _ in network.stations]
        self.trips = Trips(network)
        self._assumed = assumed
        self._stage = stage
        self._raised = raised
        self._chance = np.random.default_rng(demand.seed)
        self._queued = np.array([it.queued for it in network.visits])
        self._cancels: list[tuple[float, Floats, Ints, Ints]] = []
        self._running = 0.0

    def run(self) -> None:
        """From the first arrival to the last one's moment."""
        steps = int(self.demand.seconds / STEP)
        every = max(1, steps // POINTS)
        for step in range(steps):
            now = step * STEP
            self.account.flow(now, STEP)
            self._arrive(now)
            self._running = 0.0
            for place in range(len(self.stations)):
                self._serve(place, now)
            if step % every == 0:
                self._note(now)
        self._note(self.demand.seconds)

    def _arrive(self, now: float) -> None:
        """The requests of this step, and the cancels of those of a minute ago."""
        weight, chance = self.demand.weight, self._chance
        count = int(chance.poisson(self.demand.rate * STEP / weight))
        at = np.sort(now + chance.random(count) * STEP)
        shares = np.array([self.demand.shares[name] for name in self.network.outcomes])
        course = chance.choice(len(shares), count, p=shares / shares.sum())
        slot = self.trips.begin(at, course)
        self.account.put_events.take(np.full(count, weight), STEP)
        self._follow(at, slot, [self.network.first[kind] for kind in course])
        cancelling = np.array([len(self.network.cancel[kind]) > 0 for kind in course], dtype=bool)
        if cancelling.any():
            self._cancels.append((now + CANCELS_AFTER, at[cancelling], slot[cancelling], course[cancelling]))
        while self._cancels and self._cancels[0][0] <= now:
            _, asked, slots, kinds = self._cancels.pop(0)
            self.trips.count_from(slots, asked + CANCELS_AFTER)
            self._follow(asked + CANCELS_AFTER, slots, [self.network.cancel[kind] for kind in kinds])

    def _follow(self, at: Floats, slot: Ints, visits: Sequence[Ints], parents: Ints | None = None) -> None:
        """Send each trip's next messages on their way."""
        counts = np.array([len(it) for it in visits], dtype=np.int64)
        if not counts.sum():
            return
        visit = np.concatenate([it for it in visits if len(it)])
        ready, slots = np.repeat(at, counts), np.repeat(slot, counts)
        queued = self._queued[visit]
        after_start = np.zeros(len(visit), dtype=bool)
        if parents is not None:
            after_start = np.repeat([self.network.visits[it].inbox.service == ORCHESTRATOR for it in parents], counts)
        ready = ready + self._travel(queued, after_start, self.network.transitions[visit])
        where = self.network.station[visit]
        for place in np.unique(where):
            here = where == place
            self.stations[place].add(ready[here], slots[here], visit[here], np.zeros(int(here.sum()), dtype=np.int64))
            self.stations[place].messages += float(here.sum()) * self.demand.weight

    def _travel(self, queued: Flags, first: Flags, transitions: Floats) -> Floats:
        """From an event, or an answer, until the next function may start."""
        chance, weight, assumed = self._chance, self.demand.weight, self._assumed.latencies
        count = len(queued)
        by_bus = assumed["bus"].draw(chance, count) + assumed["start"].draw(chance, count)
        by_bus += self.account.invocations.add(float(queued.sum()) * weight, STEP)
        by_machine = np.where(
            first, assumed["first_task"].draw(chance, count), assumed["next_task"].draw(chance, count)
        )
        by_machine += self.account.transitions.add(float(transitions.sum()) * weight, STEP)
        return np.where(queued, by_bus, by_machine)

    def _serve(self, place: int, now: float) -> None:
        """What this station does in this step."""
        station, inbox = self.stations[place], self.network.stations[place]
        ready, slot, visit, tries = station.take(now + STEP)
        if not len(ready):
            return
        until_put, rest = self._durations(visit)
        each = float(np.mean(until_put + rest))
        most, batch = self._capacity(station, inbox, now, len(ready), each)
        if most < len(ready):  # the others wait for the next step
            station.add(np.maximum(ready[most:], now + STEP), slot[most:], visit[most:], tries[most:])
            ready, slot, visit, tries = ready[:most], slot[:most], visit[:most], tries[:most]
            until_put, rest = until_put[:most], rest[:most]
        if not len(ready):
            return
        until_put = until_put + self._cold(station, len(ready), each, batch)
        self._count(station, len(ready), float(np.sum(until_put + rest)), batch, queued=inbox.role != TASK)
        granted = self._admit(inbox, visit, batch)
        self._end(ready[granted], slot[granted], visit[granted], until_put[granted], rest[granted])
        if not granted.all():
            late = ~granted
            self._again(station, inbox, ready[late] + until_put[late], slot[late], visit[late], tries[late] + 1)

    def _durations(self, visit: Ints) -> tuple[Floats, Floats]:
        """Each visit's calls, drawn: until its event is on the bus, and what it does afterwards."""
        before, after = np.zeros(len(visit)), np.zeros(len(visit))
        profile = self.network.profile[visit]
        for kind in np.unique(profile):
            here = np.flatnonzero(profile == kind)
            calls = self.network.profiles[kind]
            for place, call in enumerate(calls):
                drawn = self._assumed.latencies[call].draw(self._chance, len(here))
                (before if place <= _last_put(calls) else after)[here] += drawn
        return before, after

    def _capacity(self, station: Station, inbox: Inbox, now: float, count: int, each: float) -> tuple[int, float]:
        """How many entries can be worked on in this step, and how many messages share a batch.

        A batch holds more than one message only where the queue's pollers force it to: the dearest way to run.
        """
        weight = self.demand.weight
        free = max(0.0, self.account.concurrency - self._running)
        if inbox.role == TASK:
            return int(free * STEP / each / weight), 1.0
        quotas = self._assumed.quotas
        if station.busy_since < 0:
            station.busy_since = now
        pollers = quotas["pollers_first"].value + quotas["pollers_more"].value * (now - station.busy_since)
        at_once = min(free, pollers, ENOUGH if self._raised else self._stage.maximum_concurrency)
        batch = float(np.clip(count * weight * each / max(at_once * STEP, 1e-9), 1.0, self._stage.batch_size))
        room = max(0.0, quotas["in_flight"].value - station.put_off(weight)) if station.tries.size else ENOUGH
        return int(min(at_once * batch * STEP / each, room) / weight), batch

    def _cold(self, station: Station, count: int, each: float, batch: float) -> Floats:
        """What starting environments adds: for as many messages as there are more at once than ever before."""
        at_once = count * self.demand.weight * each / STEP / batch
        self._running += at_once
        station.concurrency = max(station.concurrency, at_once)
        share = max(0.0, at_once - station.warm) * batch / (count * self.demand.weight)
        station.warm = max(station.warm, at_once)
        starting = self._chance.random(count) < share
        return np.where(starting, self._assumed.latencies["cold_start"].draw(self._chance, count), 0.0)

    def _count(self, station: Station, count: int, seconds: float, batch: float, *, queued: bool) -> None:
        weight = self.demand.weight
        station.handled += count * weight
        station.invocations += count * weight / batch
        station.function_seconds += seconds * weight / batch
        station.requests += (2 * count * weight / batch) if queued else 0.0

    def _admit(self, inbox: Inbox, visit: Ints, batch: float) -> Flags:
        network, weight = self.network, self.demand.weight
        wanted = {
            "reads": network.reads[visit] * weight,
            "writes": network.writes[visit] * weight,
            "ends": network.ends[visit] * weight,
            "starts": np.full(len(visit), weight if inbox.service == ORCHESTRATOR else 0.0),
            "puts": network.puts[visit] * weight / batch,
        }
        return self.account.admit(inbox.service, wanted, STEP)

    def _end(self, ready: Floats, slot: Ints, visit: Ints, until_put: Floats, rest: Floats) -> None:
        """These are done: the trip's next messages leave, and the observer may know an outcome."""
        needed = self.network.needed[visit]
        self.trips.known(slot[needed], (ready + until_put)[needed], self.demand.weight)
        answered = np.where(self._queued[visit], until_put, until_put + rest)
        self._follow(ready + answered, slot, [self.network.children[it] for it in visit], visit)

    def _again(self, station: Station, inbox: Inbox, ended: Floats, slot: Ints, visit: Ints, tries: Ints) -> None:
        """Refused: later once more, as the queue's back-off or the machine's Retry has it; or given up."""
        station.refused += len(slot) * self.demand.weight
        task = inbox.role == TASK
        most = _RETRIES + 1 if task else self._stage.max_receives
        over = tries >= most
        if over.any():
            station.parked += float(over.sum()) * self.demand.weight
            self.trips.lose(slot[over], self.network.lost[visit[over]], self.demand.weight)
        waits = self._task_waits(tries) if task else self._queue_waits(tries)
        station.add((ended + waits)[~over], slot[~over], visit[~over], tries[~over])

    def _queue_waits(self, tries: Ints) -> Floats:
        """As `shared.aws.queues.wait_before`: whole seconds, doubling, with full jitter."""
        most = np.minimum(LONGEST_WAIT, 2.0**tries)
        return np.floor(1 + self._chance.random(len(tries)) * most)

    def _task_waits(self, tries: Ints) -> Floats:
        """As the machine's Retry: doubling, with full jitter."""
        most = np.minimum(_RETRY["MaxDelaySeconds"], _RETRY["IntervalSeconds"] * _RETRY["BackoffRate"] ** (tries - 1.0))
        return self._chance.random(len(tries)) * most

    def _note(self, now: float) -> None:
        for station in self.stations:
            station.note(now, self.demand.weight)


def _last_put(calls: tuple[str, ...]) -> int:
    """The place of a visit's last announcement; of the last call if it announces nothing."""
    return max((place for place, call in enumerate(calls) if call == "put_events"), default=len(calls) - 1)
