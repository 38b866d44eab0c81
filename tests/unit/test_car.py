"""Car: one particular vehicle, for every day of the rental."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.car.domain import Rental, fleet, known_as, turns
from services.car.inventory import FLEET, VEHICLES, key_of
from shared.saga.plan import Plan
from shared.saga.record import StockKey
from tests.samples import a_trip
from tests.unit.planning import CAR, Shelf, answered, plan, planned, refused, stock

DAYS = ("2017-07-10", "2017-07-11")


def volvos(size: int, *taken: tuple[int, str]) -> Shelf:
    """A fleet, with some vehicles away on some days."""
    away = {StockKey(f"VOLVO-{number}", day): stock(1, held=1) for number, day in taken}
    return {StockKey("VOLVO", FLEET): stock(size), **away}


@pytest.mark.parametrize(
    ("pick_up", "drop_off", "days"),
    [
        ("2017-07-10T00:00:00Z", "2017-07-12T00:00:00Z", ["2017-07-10", "2017-07-11"]),
        ("2017-07-10T00:00:00Z", "2017-07-12T00:00:01Z", ["2017-07-10", "2017-07-11", "2017-07-12"]),
        ("2017-07-10T09:00:00Z", "2017-07-10T10:00:00Z", ["2017-07-10"]),
        ("2017-07-10T23:00:00Z", "2017-07-11T00:00:00Z", ["2017-07-10"]),
        ("2017-07-10T23:00:00-10:00", "2017-07-12T01:00:00+02:00", ["2017-07-10", "2017-07-11", "2017-07-12"]),
        ("2017-07-11T01:00:00+14:00", "2017-07-10T10:00:00-05:00", ["2017-07-11"]),
    ],
)
def test_a_vehicle_is_away_on_every_day_from_pick_up_to_drop_off(pick_up: str, drop_off: str, days: list[str]) -> None:
    """A drop-off at midnight leaves the next day free; there is always one day, whatever the offsets."""
    rental = Rental("Volvo", datetime.fromisoformat(pick_up), datetime.fromisoformat(drop_off))
    assert [day.isoformat() for day in rental.days] == days


MOMENTS = st.datetimes(
    datetime(1950, 1, 1),  # noqa: DTZ001 - zoned by hypothesis
    datetime(2100, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.builds(lambda hours: timezone(timedelta(hours=hours)), st.integers(-12, 14)),
)


@given(MOMENTS, MOMENTS)
def test_a_rental_is_never_without_a_day(one: datetime, other: datetime) -> None:
    """A claim on no day would book a car that another trip has."""
    pick_up, drop_off = sorted((one, other))
    days = Rental("Volvo", pick_up, drop_off).days
    assert days[0] == pick_up.date()
    assert list(days) == sorted(set(days))


def test_vehicles_have_numbers_and_every_trip_starts_at_its_own() -> None:
    """So that not all trips want the first one."""
    assert fleet(known_as(" volvo  xc90 "), 2) == ("VOLVO-XC90-1", "VOLVO-XC90-2")
    numbers = fleet("V", 5)
    for trip in ("a", "b", "c", "d"):
        assert sorted(turns(numbers, trip)) == sorted(numbers)
        assert list(turns(numbers, trip)) == list(turns(numbers, trip))
    assert len({turns(numbers, f"trip-{n}")[0] for n in range(50)}) == 5
    assert list(turns((), "a")) == []


def test_no_vehicle_belongs_to_two_classes() -> None:
    """Class `VOLVO-1` numbers its own vehicles `VOLVO-1-1` and on."""
    assert not set(fleet("VOLVO", 30)) & set(fleet("VOLVO-1", 30))


def test_a_class_that_nobody_listed_has_vehicles() -> None:
    """The service's default, or the stage's."""
    claims = planned(CAR, {}).claims
    assert [claim.unit for claim in claims] == list(DAYS)
    assert len({claim.item for claim in claims}) == 1
    assert {planned(CAR, {}, tripId=f"t{n}").details["vehicle"] for n in range(80)} == set(fleet("VOLVO", VEHICLES))
    assert planned(CAR, {}, unlisted=1).details["vehicle"] == "VOLVO-1"


def test_on_a_listed_only_stage_an_unknown_class_is_refused() -> None:
    """A business refusal, not an error; so is a fleet of none."""
    assert refused(CAR, {}, unlisted=0) == "car_unknown"
    assert refused(CAR, volvos(0)) == "car_unknown"
    assert planned(CAR, volvos(1), unlisted=0).details["vehicle"] == "VOLVO-1"


def test_a_vehicle_must_be_free_on_every_day() -> None:
    """Two vehicles that are free on one day each do not make one that is free on both."""
    assert refused(CAR, volvos(2, (1, DAYS[0]), (2, DAYS[1]))) == "car_unavailable"
    assert planned(CAR, volvos(2, (1, DAYS[0]))).details == {"vehicle": "VOLVO-2", "days": list(DAYS)}


@given(st.integers(0, 4), st.sets(st.tuples(st.integers(1, 4), st.sampled_from(DAYS))), st.text("ab", max_size=5))
def test_a_plan_takes_one_free_vehicle_whole_or_nothing(size: int, taken: set[tuple[int, str]], trip_id: str) -> None:
    """Whatever is away when, and whoever asks: a free vehicle is found if there is one."""
    answer = plan(CAR, volvos(size, *taken), tripId=trip_id)
    free = {f"VOLVO-{n}" for n in range(1, size + 1) if not any((n, day) in taken for day in DAYS)}
    assert isinstance(answer, Plan) is bool(free)
    if isinstance(answer, Plan):
        vehicle = answer.details["vehicle"]
        assert vehicle in free
        assert [claim.key for claim in answer.claims] == [StockKey(vehicle, day) for day in DAYS]
        assert {(claim.quantity, claim.unlisted) for claim in answer.claims} == {(1, 1)}


def test_only_the_size_of_a_fleet_can_be_listed() -> None:
    """Days are taken by bookings alone."""
    assert key_of("volvo", FLEET) == StockKey("VOLVO", FLEET)
    with pytest.raises(ValueError, match="only the size of a fleet can be set"):
        key_of("VOLVO-1", date(2017, 7, 10).isoformat())


def test_a_large_fleet_is_looked_at_a_hundred_items_at_a_time() -> None:
    """Of five thousand vehicles only the last one in the trip's own turn is free, and found; no look is too large a read."""
    trip = a_trip(carFrom="2027-07-01T00:00:00Z", carTo="2027-07-31T00:00:00Z")
    free = turns(fleet("VOLVO", 5000), trip["tripId"])[-1]
    asked: list[Sequence[StockKey]] = []

    def told(keys: Sequence[StockKey]) -> Shelf:
        asked.append(keys)
        taken = {key: stock(1, held=1) for key in keys if key.item != free and key.unit != FLEET}
        return taken | {key: stock(5000) for key in keys if key.unit == FLEET}

    answer = answered(CAR.plan(trip, None), told)
    assert isinstance(answer, Plan)
    assert answer.details["vehicle"] == free
    assert len(asked) > 1000
    assert max(map(len, asked)) < 100
