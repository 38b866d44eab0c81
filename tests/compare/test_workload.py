"""The workload is data: the same for the same seed, in the shares that were asked for, at places that suffice."""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.compare.workload import CANCELLED, BadMix, Fault, Mix, deal, deal_hot, mix_of, read_faults, read_mix
from sandbox.modes import MODES, Mode
from shared.trip import parse_trip
from tests.compare.given import MIX

ROOT = Path(__file__).parents[2]
FAULT = Fault(share=0.5, at="flight", do="throttle")


def test_the_same_seed_deals_the_same_trips_at_the_same_moments() -> None:
    assert deal(MIX, 100, 10.0, seed=3, faults=[FAULT]) == deal(MIX, 100, 10.0, seed=3, faults=[FAULT])


def test_another_seed_deals_others() -> None:
    assert deal(MIX, 100, 10.0, seed=3) != deal(MIX, 100, 10.0, seed=4)


def test_the_shares_are_exact() -> None:
    kinds = Counter(order.kind for order in deal(MIX, 200, 10.0, seed=1))
    assert kinds == {"confirmed": 100, "refused-hotel": 20, "refused-flight": 20, "refused-car": 30, "cancelled": 30}


def test_arrivals_are_an_open_loop_at_the_rate() -> None:
    """They rise, and take about count / rate seconds; a cancel comes after its request."""
    orders = deal(MIX, 500, 25.0, seed=1)
    moments = [order.at for order in orders]
    assert moments == sorted(moments)
    assert 15 < moments[-1] < 26
    assert all(
        order.cancel_at is not None and order.cancel_at >= order.at for order in orders if order.kind == CANCELLED
    )


def test_no_place_is_wanted_by_more_trips_than_it_can_serve() -> None:
    orders = deal(MIX, 203, 10.0, seed=1)
    for field in ("hotel", "depart", "car"):
        wanted = Counter(str(order.trip[field]) for order in orders)
        assert max(wanted.values()) == MIX.per_place
        assert len(wanted) == 51


def test_on_a_hot_item_all_want_the_same_room_and_flight_but_cars_of_their_own() -> None:
    orders = deal_hot(MIX, 40, 10.0, seed=1)
    assert len({(order.trip["hotel"], order.trip["checkIn"], order.trip["depart"]) for order in orders}) == 1
    assert len({order.trip["car"] for order in orders}) == 10


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda it: it.name)
def test_every_request_is_one_that_the_system_accepts(mode: Mode) -> None:
    """Whatever the mode; the trip differs between modes in id, places and mode alone."""
    for order in (*deal(MIX, 40, 10.0, seed=1, faults=[FAULT]), *deal_hot(MIX, 10, 10.0, seed=1)):
        request = order.request(mode, "mark-1")
        parsed = parse_trip(request, requested_at=datetime.now(UTC), faults_allowed=True)
        assert parsed.trip_id == request["tripId"]
        assert request.get("mode") == mode.request_mode


def test_the_example_files_can_be_read() -> None:
    for path in (ROOT / "examples" / "mixes").glob("*.json"):
        assert sum(read_mix(path).shares.values()) == pytest.approx(1)
    for path in (ROOT / "examples" / "faults").glob("*.json"):
        assert read_faults(path)


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ([], "shares"),
        ({"shares": {"confirmd": 1}}, "confirmd"),
        ({"shares": {"confirmed": -1}}, "share"),
        ({"shares": {"confirmed": True}}, "share"),
        ({"shares": {"confirmed": 1}, "per_place": 9}, "per_place"),
        ({"shares": {"confirmed": 1}, "cancel_within_seconds": "soon"}, "cancel_within_seconds"),
    ],
)
def test_a_bad_mix_is_refused_by_its_field(told: object, field: str) -> None:
    with pytest.raises(BadMix, match=field):
        mix_of(told)


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        ('[{"share": 1, "at": "boat", "do": "throttle"}]', "at"),
        ('[{"share": 2, "at": "car", "do": "throttle"}]', "share"),
        ('[{"at": "car", "do": "throttle"}]', "share"),
        ("{", "JSON"),
    ],
)
def test_a_bad_fault_schedule_is_refused(tmp_path: Path, told: str, problem: str) -> None:
    (tmp_path / "faults.json").write_text(told)
    with pytest.raises(BadMix, match=problem):
        read_faults(tmp_path / "faults.json")


def test_a_mix_of_a_file_is_the_one_that_was_written(tmp_path: Path) -> None:
    (tmp_path / "mix.json").write_text(json.dumps({"shares": {"confirmed": 1}, "per_place": 2}))
    assert read_mix(tmp_path / "mix.json") == Mix(shares={"confirmed": 1}, per_place=2)
