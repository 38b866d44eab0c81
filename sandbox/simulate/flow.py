"""A great many trips through one mode: every message an entry of an array, in steps of half a second.

An entry stands for `weight` trips. Within a step nothing is rounded: a message that no limit holds back starts at its own
moment. What a limit refuses is retried as the shipped back-off has it, or delayed where AWS delays. What is kept does not
grow with time: the messages under way, and histograms.
"""

from collections import deque
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
from sandbox.simulate.station import Messages, Station
from sandbox.simulate.trips import Trips
from sandbox.world import TASK, Inbox
from shared.aws.queues import LONGEST_WAIT

STEP: Final = 0.5
"""Seconds."""
CANCELS_AFTER: Final = 60.0
"""Seconds from a request until the client cancels: after the commit."""
POINTS: Final = 60
"""Moments at which backlogs are noted, however long the run."""

_FIRST, _RATE, _MOST, _TRIES = (
    float(str(RETRY[-1][name])) for name in ("IntervalSeconds", "BackoffRate", "MaxDelaySeconds", "MaxAttempts")
)


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
    """One mode under one demand, on a stage that is otherwise idle."""

    def __init__(
        self, network: Network, demand: Demand, assumed: Assumptions, *, raised: bool = False, stage: Stage = PROD
    ) -> None:
        self.network = network
        self.demand = demand
        self.account = Account.of(assumed, raised=raised)
        usual = np.array([sum(assumed.latencies[call].mean for call in it.calls) for it in network.visits])
        self.stations = [Station(usual) for _ in network.stations]
        self.trips = Trips(network)
        self.events = 0.0
        """Put on the bus."""
        self._latencies = assumed.latencies
        self._quotas = assumed.quotas
        self._maximum_concurrency = ENOUGH if raised else stage.maximum_concurrency
        self._stage = stage
        self._chance = np.random.default_rng(demand.seed)
        self._queued = np.array([it.queued for it in network.visits])
        self._starts = np.array([it.inbox.service == ORCHESTRATOR for it in network.visits])
        self._cancels: deque[tuple[float, Floats, Ints, Ints]] = deque()
        self._running = 0.0
        """Functions at work in this step."""

    def run(self) -> None:
        """From the first arrival to the last one's moment."""
        steps = int(self.demand.seconds / STEP)
        for step in range(steps):
            now = step * STEP
            self.account.flow(now, STEP)
            self._arrive(now)
            self._cancel(now)
            self._running = 0.0
            for station, inbox in zip(self.stations, self.network.stations, strict=True):
                self._serve(station, inbox, now)
            if step % max(1, steps // POINTS) == 0 or step == steps - 1:
                for station in self.stations:
                    station.note(now, self.demand.weight)

    def _arrive(self, now: float) -> None:
        """The requests of this step, at even chances of each moment."""
        count = int(self._chance.poisson(self.demand.rate * STEP / self.demand.weight))
        at = np.sort(now + self._chance.random(count) * STEP)
        shares = np.array([self.demand.shares.get(name, 0.0) for name in self.network.outcomes])
        course = self._chance.choice(len(shares), count, p=shares / shares.sum())
        slot = self.trips.begin(at, course)
        self._put(np.ones(count))
        self._follow(at, slot, [self.network.first[kind] for kind in course])
        cancels = np.array([len(self.network.cancel[kind]) > 0 for kind in course], dtype=bool)
        self._cancels.append((now + CANCELS_AFTER, at[cancels] + CANCELS_AFTER, slot[cancels], course[cancels]))

    def _cancel(self, now: float) -> None:
        """The clients of a minute ago who change their minds."""
        while self._cancels and self._cancels[0][0] <= now:
            _, at, slot, course = self._cancels.popleft()
            self.trips.count_from(slot, at)
            self._put(np.ones(len(at)))
            self._follow(at, slot, [self.network.cancel[kind] for kind in course])

    def _put(self, entries: Floats) -> None:
        """Clients put events; they are not refused here, but take their part of the quota."""
        weight = self.demand.weight
        self.account.put_events.take(entries * weight, STEP)
        self.events += float(entries.sum()) * weight

    def _follow(self, at: Floats, slot: Ints, visits: Sequence[Ints], first: Flags | None = None) -> None:
        """Send each trip's next messages on their way; `first` tells which of them an execution begins with."""
        counts = np.array([len(it) for it in visits], dtype=np.int64)
        if not counts.sum():
            return
        visit = np.concatenate(visits)
        begins = np.zeros(len(visit), dtype=bool) if first is None else np.repeat(first, counts)
        ready = np.repeat(at, counts) + self._travel(visit, begins)
        sent = Messages(ready, np.repeat(slot, counts), visit, np.zeros(len(visit), dtype=np.int64))
        where = self.network.station[visit]
        for place in np.unique(where):
            mine = sent.only(where == place)
            self.stations[place].add(mine)
            self.stations[place].sent += len(mine) * self.demand.weight

    def _travel(self, visit: Ints, begins: Flags) -> Floats:
        """From an event, or an answer to the machine, until the next function may start."""
        queued, weight, count = self._queued[visit], self.demand.weight, len(visit)
        by_bus = self._draw("bus", count) + self._draw("start", count)
        by_bus += self.account.invocations.add(float(queued.sum()) * weight, STEP)
        by_machine = np.where(begins, self._draw("first_task", count), self._draw("next_task", count))
        by_machine += self.account.transitions.add(float(self.network.transitions[visit].sum()) * weight, STEP)
        return np.where(queued, by_bus, by_machine)

    def _draw(self, name: str, count: int) -> Floats:
        return self._latencies[name].draw(self._chance, count)

    def _serve(self, station: Station, inbox: Inbox, now: float) -> None:
        """What a station does in this step; what it cannot take up waits for the next one."""
        count = station.queue(now, now + STEP)
        if not count:
            return
        each = station.work / count
        most, batch = self._capacity(station, inbox, now, count, each)
        messages = station.take(most, now)
        if not len(messages):
            return
        until_put, rest = self._durations(messages.visit)
        until_put = until_put + self._cold(station, len(messages), each, batch)
        self._count(station, until_put + rest, batch, queued=inbox.role != TASK)
        granted = self._admit(inbox, messages.visit, batch)
        self._end(messages.only(granted), until_put[granted], rest[granted])
        self._again(station, inbox, messages.only(~granted), until_put[~granted])

    def _durations(self, visit: Ints) -> tuple[Floats, Floats]:
        """Each visit's calls, drawn: until its event is on the bus, and what it does afterwards."""
        before, after = np.zeros(len(visit)), np.zeros(len(visit))
        profile = self.network.profile[visit]
        for kind in np.unique(profile):
            here = np.flatnonzero(profile == kind)
            calls = self.network.profiles[kind]
            for place, call in enumerate(calls):
                (before if place <= last_put(calls) else after)[here] += self._draw(call, len(here))
        return before, after

    def _capacity(self, station: Station, inbox: Inbox, now: float, count: int, each: float) -> tuple[int, float]:
        """How many entries can be taken up in this step, and how many messages share a batch.

        A batch holds more than one only where a queue's pollers force it to: the dearest way to run.
        """
        weight, free = self.demand.weight, max(0.0, self.account.concurrency - self._running)
        if inbox.role == TASK:
            return int(free * STEP / each / weight), 1.0
        if station.busy_since is None:
            station.busy_since = now
        pollers = self._quotas["pollers_first"].value + self._quotas["pollers_more"].value * (now - station.busy_since)
        at_once = min(free, pollers, self._maximum_concurrency)
        batch = float(np.clip(count * weight * each / max(at_once * STEP, 1e-9), 1.0, self._stage.batch_size))
        room = max(0.0, self._quotas["in_flight"].value - station.put_off(now, weight))
        return int(min(at_once * batch * STEP / each, room) / weight), batch

    def _cold(self, station: Station, count: int, each: float, batch: float) -> Floats:
        """What starting environments adds: for as many messages as there are more at once than ever before."""
        batches = count * self.demand.weight / batch
        at_once = batches * each / STEP
        self._running += at_once
        station.concurrency = max(station.concurrency, at_once)
        share = max(0.0, at_once - station.warm) / batches
        station.warm = max(station.warm, at_once)
        return np.where(self._chance.random(count) < share, self._draw("cold_start", count), 0.0)

    def _count(self, station: Station, seconds: Floats, batch: float, *, queued: bool) -> None:
        messages = len(seconds) * self.demand.weight
        station.handled += messages
        station.invocations += messages / batch
        station.seconds += float(seconds.sum()) * self.demand.weight / batch
        station.requests += 2 * messages / batch if queued else 0.0

    def _admit(self, inbox: Inbox, visit: Ints, batch: float) -> Flags:
        """Who gets all that it asks of tables, machine and bus."""
        network, weight = self.network, self.demand.weight
        wanted = {
            "reads": network.reads[visit] * weight,
            "writes": network.writes[visit] * weight,
            "ends": network.ends[visit] * weight,
            "starts": np.where(self._starts[visit], weight, 0.0),
            "puts": network.puts[visit] * weight / batch,
        }
        granted = self.account.admit(inbox.service, wanted, STEP)
        self.events += float(network.puts[visit][granted].sum()) * weight
        return granted

    def _end(self, done: Messages, until_put: Floats, rest: Floats) -> None:
        """The trips' next messages leave, and the observer may have learnt an outcome."""
        needed = self.network.needed[done.visit]
        self.trips.known(done.slot[needed], (done.ready + until_put)[needed], self.demand.weight)
        answered = done.ready + np.where(self._queued[done.visit], until_put, until_put + rest)
        self._follow(answered, done.slot, [self.network.children[it] for it in done.visit], self._starts[done.visit])

    def _again(self, station: Station, inbox: Inbox, refused: Messages, took: Floats) -> None:
        """Later once more, as the queue's back-off or the machine's Retry has it; or given up."""
        if not len(refused):
            return
        weight, tries, task = self.demand.weight, refused.tries + 1, inbox.role == TASK
        station.refused += len(refused) * weight
        over = tries > _TRIES if task else tries >= self._stage.max_receives
        station.parked += float(over.sum()) * weight
        self.trips.lose(refused.slot[over], self.network.lost[refused.visit[over]], weight)
        waits = self._task_waits(tries) if task else self._queue_waits(tries)
        station.add(Messages(refused.ready + took + waits, refused.slot, refused.visit, tries).only(~over))

    def _queue_waits(self, tries: Ints) -> Floats:
        """As `shared.aws.queues.wait_before`: whole seconds, doubling, with full jitter."""
        waits: Floats = np.floor(1 + self._chance.random(len(tries)) * np.minimum(LONGEST_WAIT, 2.0**tries))
        return waits

    def _task_waits(self, tries: Ints) -> Floats:
        """As the machine's Retry: doubling, with full jitter."""
        waits: Floats = self._chance.random(len(tries)) * np.minimum(_MOST, _FIRST * _RATE ** (tries - 1.0))
        return waits


def last_put(calls: Sequence[str]) -> int:
    """The place of a visit's last announcement; of its last call if it announces nothing."""
    return max((place for place, call in enumerate(calls) if call == "put_events"), default=len(calls) - 1)
