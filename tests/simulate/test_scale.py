"""A large stage on paper: made of what the handlers do, in step with the simulation of single messages, flat in memory."""

import pickle
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import numpy as np
import pytest

from infra.prices import load as prices
from infra.stages import named
from sandbox.compare.workload import read_mix
from sandbox.metering.by_hand import BILLS
from sandbox.metering.counts import EVENTS, INVOCATIONS, READ_UNITS, WRITE_UNITS
from sandbox.modes import MODES, Mode
from sandbox.simulate.assumptions import load
from sandbox.simulate.breaks import breaks, contention
from sandbox.simulate.courses import OUTCOMES, courses
from sandbox.simulate.flow import Demand, Flow
from sandbox.simulate.histogram import Histogram
from sandbox.simulate.limits import Bucket, Delay
from sandbox.simulate.network import network
from sandbox.simulate.pace import PublishedPace
from sandbox.simulate.scale import Asked, operations, shares_of, simulate
from sandbox.simulate.scenario import LAST_PLACES, request_of
from sandbox.simulate.weather import Weather
from sandbox.simulate.world import SimulatedWorld
from tests.simulate.test_world import Told

MIX = read_mix(Path(__file__).parents[2] / "examples" / "mixes" / "everyday.json")
SHARES = shares_of(MIX)


def demand(rate: float, minutes: float, **changes: Any) -> Demand:
    return Demand(rate=rate, seconds=minutes * 60, shares=SHARES, **changes)


def flow(mode: str, rate: float, minutes: float, *, raised: bool = False, **changes: Any) -> Flow:
    found = Flow(network(mode), demand(rate, minutes, **changes), load(), raised=raised)
    found.run()
    return found


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_recorded_course_costs_what_was_reckoned_by_hand(mode: str, outcome: str) -> None:
    """The courses come from the handlers, the bills from the protocol: participants' units, calls and events agree."""
    course = courses(mode)[outcome]
    (bill,) = [it for it in BILLS if (it.mode, it.outcome) == (mode, outcome)]
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for visit in course.visits:
        owner = visit.inbox.service
        found[INVOCATIONS, owner] += 1
        found[EVENTS, owner] += visit.calls.count("put_events")
        if owner in ("hotel", "flight", "car"):
            found[READ_UNITS, owner] += visit.reads
            found[WRITE_UNITS, owner] += visit.writes
    wanted = {key: count for key, count in bill.total.items() if key in found or key[1] in ("hotel", "flight", "car")}
    assert {key: count for key, count in found.items() if count} == {
        key: count for key, count in wanted.items() if key[0] in (INVOCATIONS, EVENTS, READ_UNITS, WRITE_UNITS)
    }


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda mode: mode.name)
def test_at_a_small_rate_it_agrees_with_the_simulation_of_single_messages(mode: Mode) -> None:
    """Under the same latencies, the medians of both are within a tenth: one has handlers and queues, the other arrays."""
    paper = flow(mode.name, 5, 10)
    for outcome in OUTCOMES:
        seconds = [single(mode, outcome, seed) for seed in range(60)]
        told = paper.trips.latencies[outcome].percentile(0.5)
        assert told == pytest.approx(median(seconds), rel=0.1), outcome


def single(mode: Mode, outcome: str, seed: int) -> float:
    """Seconds until the outcome of one trip is announced, message by message."""
    chance = Random(seed)
    calm = Weather(Random(0), frozenset())
    ends: list[float] = []
    world = Announcing(replace(named(mode.stage), batch_size=1), chance, calm, PublishedPace(chance, load()), ends)
    if outcome.startswith("refused at "):
        for item, unit, _ in LAST_PLACES[service := outcome.removeprefix("refused at ")]:
            world.set_stock(service, item, unit, 0)
    world.put(mode.ask(request_of("trip-1")))
    world.settle()
    asked = 0.0
    if outcome.startswith("cancelled"):
        asked = world.agenda.now
        world.put({"tripId": "trip-1"}, "TripCancelRequested")
        world.settle()
    return ends[-1] - asked


class Announcing(SimulatedWorld):
    """Notes when an outcome is announced."""

    def __init__(self, *what: Any) -> None:
        *rest, self.ends = what
        super().__init__(*rest)

    def _route(self, source: str, detail_type: str, detail: Any) -> str:
        if detail_type in ("TripConfirmed", "TripFailed", "TripCancelled"):
            self.ends.append(self.agenda.now)
        return super()._route(source, detail_type, detail)


def test_what_it_keeps_does_not_grow_with_the_hour() -> None:
    """After an hour it holds as much as after ten minutes, give or take a tenth: messages under way, and histograms."""
    sizes = []
    for minutes in (10, 60):
        found = flow("choreography", 20, minutes)
        sizes.append(len(pickle.dumps((found.stations, found.trips, found.account))))
    assert sizes[1] < 1.1 * sizes[0]


def test_trips_below_every_limit_are_all_answered_and_nothing_is_refused() -> None:
    found = flow("choreography", 50, 5, raised=True)
    ended = sum(it.total for it in found.trips.latencies.values())
    assert found.trips.lost == 0
    assert not any(it.refused for it in found.account.buckets.values())
    assert ended + found.trips.under_way * found.demand.weight == pytest.approx(found.trips.asked.sum())


def test_a_trip_costs_the_same_whether_counted_in_the_run_or_reckoned_by_hand() -> None:
    """A run of confirmed trips alone, against the bill of one of them."""
    found = Flow(network("orchestration"), Demand(rate=20, seconds=300, shares={"confirmed": 1.0}), load(), raised=True)
    found.run()
    (bill,) = [it for it in BILLS if (it.mode, it.outcome) == ("orchestration", "confirmed")]
    asked = float(found.trips.asked.sum())
    for meter, count in operations(found).items():
        wanted = sum(units for (name, _), units in bill.total.items() if name == meter)
        if wanted:  # the last trips of the run are under way
            assert count / asked == pytest.approx(wanted, rel=0.01), meter


def test_an_execution_cannot_be_started_faster_than_the_quota_allows() -> None:
    """The machine's mode breaks at 300 starts a second; what is refused comes again, and is given up in the end."""
    found = flow("orchestration", 1000, 12, entries=25.0)
    starter = found.stations[0]
    assert found.account.start_execution.taken <= 1300 + 300 * 12 * 60
    assert starter.refused > 0
    assert starter.parked > 0
    assert starter.put_off(found.demand.seconds, found.demand.weight) <= 120_000


def test_the_tightest_limit_is_the_first_to_refuse() -> None:
    """Just below the rate that it bears nothing is refused, well above it something is."""
    tightest = breaks(
        network("choreography"), SHARES, load(), Flow(network("choreography"), demand(1, 1), load())._stage
    )[0]
    assert tightest.limit == "write units of trip's new table"
    assert not any(it.refused for it in flow("choreography", 0.8 * tightest.rate, 5).account.buckets.values())
    assert flow("choreography", 1.3 * tightest.rate, 5).account.writes["trip"].refused > 0


def test_collisions_on_one_item_are_as_many_as_single_messages_have() -> None:
    """The formula of the paper against transactions in virtual time: the share of tries that meet another one."""
    (wanted,) = contention([20.0], load())
    tries = collisions = 0
    for seed in range(30):
        told = Told(seed=seed)
        told.world.pace = PublishedPace(told.chance, load())
        for item, unit, _ in LAST_PLACES["hotel"]:
            told.world.set_stock("hotel", item, unit, 1000)
        chance = Random(seed)
        for number in range(40):  # for two seconds
            told.world.enter(2 * chance.random(), asks(told, f"trip-{number}"))
        told.world.settle()
        collisions += sum(
            what == "meets another transaction" for _, who, what in told.story if who.startswith("hotel book")
        )
        tries += sum(what.startswith("writes") for _, who, what in told.story if who.startswith("hotel book"))
    assert collisions / (tries + collisions) == pytest.approx(wanted.collide, abs=0.08)


def asks(told: Told, trip: str) -> Any:
    return lambda: told.world.put({**request_of(trip), "travellers": 1})


def test_the_results_say_what_was_asked_and_that_it_is_simulated() -> None:
    asked = Asked(modes=("choreography",), rate=100, minutes=1, mix=MIX, prices=prices())
    steps: list[str] = []
    found = simulate(asked, lambda what, _done, _total: steps.append(what))
    assert "not measured" in found.label
    assert [it.case for it in found.runs] == ["quiet", "default quotas", "raised quotas"]
    assert len(steps) == 3
    assert all(it.p50 is not None for it in found.runs[0].times)
    assert found.breaks["choreography"] == sorted(found.breaks["choreography"], key=lambda it: it.rate)


def test_a_bucket_refuses_what_is_more_and_fills_again() -> None:
    bucket = Bucket(rate=10, burst=20)
    bucket.flow(1)
    assert bucket.take(np.full(30, 1.0), 1).sum() == 20
    bucket.flow(1)
    assert bucket.take(np.full(30, 1.0), 1).sum() == 10
    assert bucket.refused == 30


def test_two_who_ask_for_too_much_get_their_shares() -> None:
    """Whoever asks first does not get all."""
    bucket = Bucket(rate=10, burst=10)
    for _ in range(50):
        bucket.flow(1)
        first, second = bucket.take(np.full(30, 1.0), 1), bucket.take(np.full(10, 1.0), 1)
    assert (first.sum(), second.sum()) == (7, 2)


def test_what_is_delayed_waits_as_long_as_the_debt_takes() -> None:
    delay = Delay(rate=10)
    assert delay.add(10, 1) == 0
    assert delay.add(20, 1) == pytest.approx(2)
    delay.flow(2)
    assert delay.add(0, 1) == 0


def test_percentiles_of_a_histogram_are_those_of_its_times() -> None:
    """Within the width of a bin, three in a hundred."""
    times = np.random.default_rng(1).lognormal(0, 1, 20_000)
    histogram = Histogram()
    histogram.add(times, 3.0)
    assert histogram.total == 60_000
    for share in (0.5, 0.95, 0.99):
        assert histogram.percentile(share) == pytest.approx(float(np.quantile(times, share)), rel=0.03)
    assert Histogram().percentile(0.5) is None
