"""Counts become dollars, by one price list that anybody can replace."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra import idle_cost
from infra.prices import LIST, PriceError, load
from sandbox.metering import cost
from sandbox.metering.cost import Tariff, break_even
from sandbox.metering.counts import EVENTS, GB_SECONDS, LOG_BYTES, METERS, TRANSITIONS, WRITE_UNITS, Counts, Key

TRIP = Counts(
    {
        Key(EVENTS, "client", "bus", "TripRequested"): 2,
        Key(WRITE_UNITS, "hotel", "table", "PutItem"): 4,
        Key(TRANSITIONS, "orchestrator", "machine", "Book"): 3,
        Key(GB_SECONDS, "hotel", "function", "Invoke"): 0.5,
        Key(LOG_BYTES, "hotel", "group", "lines"): 2_000,
    }
)


def own_file(folder: Path, **changes: Any) -> Path:
    """A price file like ours but for these changes: `event__usd=5` is `prices.event.usd`, `region=...` stands at the top."""
    document = json.loads(LIST.read_text())
    for name, value in changes.items():
        price, _, field = name.partition("__")
        if field:
            document["prices"][price][field] = value
        elif price in document:
            document[price] = value
        elif value is None:
            del document["prices"][price]
        else:
            document["prices"][price] = value
    path = folder / "prices.json"
    path.write_text(json.dumps(document))
    return path


def test_every_meter_has_a_price_with_its_date_and_source() -> None:
    prices = load()
    assert set(cost.PRICED) == set(METERS)
    for name, _ in cost.PRICED.values():
        assert prices[name] > 0
    for price in prices.prices.values():
        assert price.dated
        assert price.source
        assert price.unit
    assert prices.label == "AWS list prices, before any free tier, us-east-1, as of 2026-11-21"


def test_dollars_by_meter_and_owner() -> None:
    """2 events, 4 write units, 3 transitions, half a GB-second and 2 kB of log, by hand."""
    prices = load()
    by_meter = cost.by_meter(TRIP, prices)
    assert by_meter[EVENTS] == pytest.approx(2e-6)
    assert by_meter[WRITE_UNITS] == pytest.approx(2.5e-6)
    assert by_meter[TRANSITIONS] == pytest.approx(75e-6)
    assert by_meter[GB_SECONDS] == pytest.approx(6.6667e-6)
    assert by_meter[LOG_BYTES] == pytest.approx(1e-6)
    assert cost.by_owner(TRIP, prices)["orchestrator"] == pytest.approx(75e-6)
    assert cost.dollars(TRIP, prices) == pytest.approx(87.1667e-6)
    assert cost.per_million(TRIP, 2, prices) == pytest.approx(43.58335)


def test_no_trips_have_no_cost_each() -> None:
    with pytest.raises(ValueError, match="at least one"):
        cost.per_million(TRIP, 0, load())


def test_a_changed_price_file_changes_the_costs(tmp_path: Path) -> None:
    """Those of trips, and those of an idle stage."""
    prices = load(own_file(tmp_path, event__usd=5e-6, alarm_month__usd=1))
    assert cost.dollars(TRIP, prices) - cost.dollars(TRIP, load()) == pytest.approx(8e-6)
    alarm = {"Type": "AWS::CloudWatch::Alarm"}
    bills = [[*idle_cost.lines([alarm], some)] for some in (prices, load())]
    mine, ours = (sum(line.dollars for line in bill) for bill in bills)
    assert mine - ours == pytest.approx(0.9)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"event__usd": "cheap"}, r"prices\.event\.usd = 'cheap': give dollars for one unit, a number from 0"),
        ({"event__usd": -1}, r"prices\.event\.usd = -1: give dollars"),
        ({"event__usd": True}, r"prices\.event\.usd = True: give dollars"),
        ({"event__usd": float("nan")}, r"prices\.event\.usd = nan: give dollars"),
        ({"event__source": ""}, r"prices\.event\.source = '': give a text"),
        ({"event": None}, r"prices\.event is missing: copy prices\.json"),
        ({"beer": {"usd": 1, "unit": "pint", "dated": "now", "source": "pub"}}, r"prices\.beer is no price"),
        ({"event": 3}, r"prices\.event = 3: give a JSON object"),
        ({"prices": []}, r"prices = \[\]: give a JSON object"),
        ({"region": 1}, r"region = 1: give a text"),
        ({"currency": "EUR"}, r"currency = 'EUR': give prices in USD"),
    ],
)
def test_a_price_file_that_cannot_be_used_is_refused_by_field(
    tmp_path: Path, changes: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(PriceError, match=complaint):
        load(own_file(tmp_path, **changes))


def test_a_price_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(PriceError, match="cannot be read"):
        load(tmp_path / "nowhere.json")
    (broken := tmp_path / "broken.json").write_text("{")
    with pytest.raises(PriceError, match="is not JSON"):
        load(broken)


def test_where_two_ways_cost_the_same() -> None:
    """7 a month and 60 per million against 5 and 100 per million: 50,000 trips."""
    one, other = Tariff(7, 60e-6), Tariff(5, 100e-6)
    trips = break_even(one, other)
    assert trips is not None
    assert trips == pytest.approx(50_000)
    assert one.at(trips) == pytest.approx(other.at(trips))
    assert break_even(other, one) == pytest.approx(50_000)


def test_what_is_dearer_in_both_is_never_cheaper() -> None:
    assert break_even(Tariff(7, 100e-6), Tariff(5, 60e-6)) is None
    assert break_even(Tariff(7, 60e-6), Tariff(5, 60e-6)) is None
