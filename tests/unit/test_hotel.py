"""Hotel: one room on every night of a stay, all or none."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.hotel.domain import Stay, known_as, sleeps, too_long
from services.hotel.inventory import ROOMS, key_of
from shared.saga.plan import Plan
from shared.saga.record import StockKey
from tests.unit.planning import HOTEL, plan, planned, refused, stock

MON, TUE, WED = (StockKey("holiday inn", f"2017-07-{day}") for day in (10, 11, 12))


@pytest.mark.parametrize(
    ("check_in", "check_out", "nights"),
    [
        ("2017-07-10T12:00:00Z", "2017-07-12T14:00:00Z", ["2017-07-10", "2017-07-11"]),
        ("2017-07-10T23:59:00Z", "2017-07-11T00:01:00Z", ["2017-07-10"]),
        ("2017-07-10T01:00:00Z", "2017-07-10T23:00:00Z", []),
        ("2016-02-28T12:00:00Z", "2016-03-01T12:00:00Z", ["2016-02-28", "2016-02-29"]),
        ("2017-12-31T12:00:00-08:00", "2018-01-01T12:00:00-08:00", ["2017-12-31"]),
        ("2017-07-10T23:00:00-10:00", "2017-07-11T12:00:00+14:00", ["2017-07-10"]),
        ("2017-07-11T01:00:00+14:00", "2017-07-10T22:00:00-10:00", []),
    ],
)
def test_a_night_is_slept_between_two_dates_as_they_are_written(
    check_in: str, check_out: str, nights: list[str]
) -> None:
    """The hotel's own calendar counts, not an instant's date in another zone."""
    stay = Stay("h", datetime.fromisoformat(check_in), datetime.fromisoformat(check_out))
    assert [night.isoformat() for night in stay.nights] == nights
    assert sleeps(stay) is bool(nights)


@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)), st.integers(0, 120))  # noqa: DTZ001 - written dates
def test_nights_are_consecutive_and_as_many_as_days_between(check_in: datetime, days: int) -> None:
    """Whatever the month or the year."""
    stay = Stay("h", check_in, check_in + timedelta(days=days))
    assert stay.nights == tuple(check_in.date() + timedelta(days=n) for n in range(days))
    assert too_long(stay) is (days > 60)


def test_spelling_of_case_and_space_does_not_make_another_hotel() -> None:
    """One listing, however it is typed."""
    assert known_as("  Holiday \t INN ") == known_as("holiday inn") == "holiday inn"
    assert known_as("Straße 🏨") == "strasse 🏨"


def test_a_hotel_that_nobody_listed_has_rooms_so_that_a_fresh_stage_books_at_once() -> None:
    """The service's own default, unless the stage says otherwise."""
    claims = planned(HOTEL, {}).claims
    assert [(claim.key, claim.quantity, claim.unlisted) for claim in claims] == [(MON, 1, ROOMS), (TUE, 1, ROOMS)]
    assert planned(HOTEL, {}, unlisted=3).claims[0].unlisted == 3


def test_on_a_listed_only_stage_an_unknown_hotel_is_refused() -> None:
    """A business refusal, not an error."""
    assert refused(HOTEL, {}, unlisted=0) == "hotel_unknown"
    assert refused(HOTEL, {MON: stock(1)}, unlisted=0) == "hotel_full"
    assert planned(HOTEL, {MON: stock(1), TUE: stock(1)}, unlisted=0).claims


def test_one_full_night_refuses_the_whole_stay() -> None:
    """All nights or none."""
    assert refused(HOTEL, {MON: stock(5), TUE: stock(1, held=1)}) == "hotel_full"


def test_a_stay_without_a_night_is_refused() -> None:
    """It would hold nothing, and yet be called booked."""
    assert refused(HOTEL, {}, checkIn="2017-07-10T10:00:00Z", checkOut="2017-07-10T20:00:00Z") == "no_night"


def test_a_stay_beyond_the_limit_is_refused() -> None:
    """Sixty nights fit; dates as written can be one more than the instants are apart."""
    long: dict[str, Any] = {"checkIn": "2017-01-01T23:00:00-10:00", "checkOut": "2017-03-03T23:00:00+14:00"}
    assert refused(HOTEL, {}, **long) == "stay_too_long"
    assert len(planned(HOTEL, {}, **{**long, "checkOut": "2017-03-02T23:00:00Z"}).claims) == 60


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=2))
def test_a_plan_takes_one_room_on_every_night_or_none(rooms: list[tuple[int, int]]) -> None:
    """For whatever is free and held on each night."""
    shelf = {key: stock(free + held, held) for key, (free, held) in zip((MON, TUE), rooms, strict=True)}
    answer = plan(HOTEL, shelf)
    if all(free for free, _ in rooms):
        assert isinstance(answer, Plan)
        assert [claim.key for claim in answer.claims] == [MON, TUE]
    else:
        assert not isinstance(answer, Plan)


def test_a_night_is_listed_by_its_date() -> None:
    """Anything else is answered with what to write."""
    assert key_of(" Holiday  Inn", "2017-07-10") == MON
    assert key_of("h", "20170710").unit == date(2017, 7, 10).isoformat()
    with pytest.raises(ValueError, match="unit = 'soon': name a night by its date"):
        key_of("h", "soon")
