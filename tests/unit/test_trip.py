"""The trip request: what is refused, with which field, value and cure; and what is accepted as it stands."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.message import Mode, Problem
from shared.request import MAX_BYTES, MAX_PROBLEMS
from shared.saga.declaration import InvalidRequest, Request
from shared.trip import OPTIONAL, REQUIRED, parse_trip
from tests.samples import NOW, a_trip
from tests.unit.test_message import JSON


def parsed(detail: object, *, faults_allowed: bool = False) -> Request:
    return parse_trip(detail, requested_at=NOW, faults_allowed=faults_allowed)


def problems(detail: object, *, faults_allowed: bool = False) -> tuple[Problem, ...]:
    with pytest.raises(InvalidRequest) as refused:
        parsed(detail, faults_allowed=faults_allowed)
    return refused.value.problems


def test_a_trip_like_the_examples_is_accepted_as_it_stands() -> None:
    """Dates in the past, an arrival after check-in, a car before the departure: shape is checked, sense is not."""
    assert parsed(a_trip()) == Request("trip-1", Mode.CHOREOGRAPHY, None, a_trip())


def test_what_is_optional_is_understood() -> None:
    """Mode, deadline and travellers; a further participant's part passes through, floats and all."""
    trip = a_trip(mode="orchestration", deadline="2026-11-21T14:00:00+01:00", travellers=2, tour={"price": 9.5})
    asked = parsed(trip)
    assert asked.mode is Mode.ORCHESTRATION
    assert asked.deadline == datetime(2026, 11, 21, 13, tzinfo=UTC)
    assert asked.detail == trip


@pytest.mark.parametrize("detail", [None, "text", [], [a_trip()], 7, True, 1.5])
def test_a_detail_that_is_no_object_is_refused(detail: object) -> None:
    """The whole detail is the field then."""
    (problem,) = problems(detail)
    assert (problem.field, problem.cure) == ("detail", "send the trip as a JSON object")


@pytest.mark.parametrize("field", REQUIRED)
def test_each_missing_field_is_named(field: str) -> None:
    """With what to send."""
    (problem,) = problems(a_trip(**{field: None}))
    assert (problem.field, problem.value, problem.cure) == (field, "missing", REQUIRED[field].cure)


TEXTS = ("depart", "arrive", "hotel", "car")
WHENS = ("departAt", "arriveAt", "checkIn", "checkOut", "carFrom", "carTo", "deadline")
NO_TEXT: list[object] = [None, 7, True, "", "   ", "\t", "a\nb", "a\x00b", "\x1b[31m", "\x85", "x" * 101, [], ["a"], {}]
NO_INSTANT: list[object] = [
    7,
    1499666400,
    "",
    "2017-07-10",
    "2017-07-10T06:00:00",
    "2017-07-10 06:00:00Z",
    "2017-07-10T06:00:00z",
    "2017-07-10T06Z",
    "2017-07-10T06:00:00Z\n",
    "2017-02-30T06:00:00Z",
    "2017-07-10T25:00:00Z",
    "2017-07-10T06:00:60Z",
    "2017-07-10T06:00:00+25:00",
    "2017-07-10T06:00:00+0100",
    "2017-W28-1T06:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59Z",
    "٢٠١٧-07-10T06:00:00Z",
    "tomorrow",
    {},
    [],
]
NO_ID: list[object] = [7, "", "a b", "a#b", "a/b", "..", "a\n", "a\x00", "é", "x" * 65, "x" * 10_000, None, {}, []]
NO_COUNT: list[object] = [0, -1, 1.5, 2.0, 10, "2", True, None, {}, [], 10**40]
NO_MODE: list[object] = ["", "Choreography", "both", 7, None, {}, ["orchestration"]]

REFUSED = [
    *((field, value) for field in TEXTS for value in NO_TEXT),
    *((field, value) for field in WHENS for value in NO_INSTANT),
    *(("tripId", value) for value in NO_ID),
    *(("travellers", value) for value in NO_COUNT),
    *(("mode", value) for value in NO_MODE),
]


@pytest.mark.parametrize(("field", "value"), REFUSED)
def test_each_value_that_a_field_does_not_accept_is_refused_by_name(field: str, value: object) -> None:
    """With the value as it came, shortened, and the cure."""
    (problem,) = problems({**a_trip(), field: value})
    assert problem.field == field
    assert json.dumps(value).startswith(problem.value[:40])
    assert problem.cure == {**REQUIRED, **OPTIONAL}[field].cure
    assert len(problem.value) < 120


def test_a_typo_is_answered_with_what_was_meant() -> None:
    """Field and cure, beside the field that is missing because of it."""
    trip = a_trip(checkIn=None, chekIn="2017-07-10T12:00:00Z")
    assert {(problem.field, problem.cure) for problem in problems(trip)} == {
        ("checkIn", REQUIRED["checkIn"].cure),
        ("chekIn", "no such field; did you mean checkIn?"),
    }


@pytest.mark.parametrize("value", ["text", 7, None, ["list"]])
def test_an_unknown_scalar_is_refused_by_name(value: object) -> None:
    """An object is another participant's part; anything else is a mistake."""
    (problem,) = problems({**a_trip(), "zzz": value})
    assert problem.field == "zzz"
    assert "remove it" in problem.cure


def test_every_problem_is_reported_at_once() -> None:
    """Nobody likes to be told one mistake at a time."""
    found = problems(a_trip(tripId="", hotel=7, car=None, travellers="2", extra=1))
    assert {problem.field for problem in found} == {"tripId", "hotel", "car", "travellers", "extra"}


def test_no_more_problems_are_told_than_an_event_can_carry() -> None:
    """Thousands of unknown fields must not make an answer that cannot be put; a request that is too big is just that."""
    found = problems(a_trip(**{f"x{n}": 1 for n in range(1000)}))
    assert len(found) == MAX_PROBLEMS + 1
    assert found[-1] == Problem("detail", f"{1000 - MAX_PROBLEMS} more problems", "cure these first")
    (problem,) = problems(a_trip(**{f"x{n}": 1 for n in range(20_000)}))
    assert problem.field == "detail"


def test_an_odd_name_of_a_field_is_shown_safely() -> None:
    """Shortened, without control characters, and never as nothing."""
    found = problems({**a_trip(), "": 1, "\x1b[31m": 1, "y" * 5000: 1})
    assert [problem.field for problem in found][:2] == ['""', "\\u001b[31m"]
    assert len(found[2].field) < 120


@pytest.mark.parametrize(("start", "end"), [("departAt", "arriveAt"), ("checkIn", "checkOut"), ("carFrom", "carTo")])
@pytest.mark.parametrize("late", ["2017-07-12T00:00:00Z", "2017-07-12T02:00:00+02:00", "2017-07-11T00:00:00Z"])
def test_a_range_must_end_after_it_starts(start: str, end: str, late: str) -> None:
    """As instants, whatever the offsets say."""
    (problem,) = problems(a_trip(**{start: "2017-07-12T00:00:00Z", end: late}))
    assert problem.field == end
    assert f"must come after {start} (2017-07-12T00:00:00Z)" in problem.cure


@pytest.mark.parametrize(("start", "end"), [("checkIn", "checkOut"), ("carFrom", "carTo")])
def test_a_stay_or_rental_is_at_most_sixty_days(start: str, end: str) -> None:
    """A DynamoDB transaction has room for 100 items, and a night is one."""
    sixty = {start: "2017-01-01T12:00:00Z", end: "2017-03-02T12:00:00Z"}
    assert parsed(a_trip(**sixty)).trip_id == "trip-1"
    (problem,) = problems(a_trip(**{**sixty, end: "2017-03-03T12:00:00Z"}))
    assert (problem.field, "at most 60 days after" in problem.cure) == (end, True)


@pytest.mark.parametrize(
    "deadline", ["2026-11-21T12:00:00Z", "2026-11-21T11:59:59Z", "2026-12-21T12:00:01Z", "2036-11-21T12:00:00Z"]
)
def test_a_deadline_lies_within_thirty_days_of_the_request(deadline: str) -> None:
    """Measured from the event's own time, so that a redelivery gets the same answer."""
    (problem,) = problems(a_trip(deadline=deadline))
    assert problem.field == "deadline"
    assert "2026-11-21T12:00:00+00:00" in problem.cure


def test_a_request_of_more_than_sixteen_kilobytes_is_refused() -> None:
    """It is stored on each leg; bytes are counted, not characters."""
    room = MAX_BYTES - len(json.dumps(a_trip(part={"x": ""}), separators=(",", ":")))
    assert parsed(a_trip(part={"x": "x" * room})).trip_id == "trip-1"
    (problem,) = problems(a_trip(part={"x": "x" * (room + 1)}))
    assert (problem.field, problem.cure) == ("detail", f"send at most {MAX_BYTES} bytes")
    assert problems(a_trip(part={"x": "🚗" * (room // 4 + 1)}))[0].field == "detail"


def test_text_that_is_no_unicode_is_refused() -> None:
    """It could neither be hashed nor announced."""
    assert problems(a_trip(hotel="\ud800"))[0].field == "detail"
    assert problems(a_trip(part={"deep": ["\udfff"]}))[0].field == "detail"


def test_names_are_free_within_that() -> None:
    """Emoji, 4-byte letters, markup and format strings are text like any other."""
    for name in ("🏨 Zum 🦄", "𠜎𠜱", "<script>alert(1)</script>", "'; DROP TABLE--", "${jndi:ldap://x}", "%s{0}"):
        assert parsed(a_trip(hotel=name)).detail["hotel"] == name


FAULT = {"at": "flight", "on": "book", "do": "throttle", "times": 2, "seconds": 0.5}


@pytest.mark.parametrize("fields", [{"failBookFlight": True}, {"failBookTour": False}, {"faults": [FAULT]}])
def test_faults_are_honoured_only_where_the_stage_allows_them(fields: dict[str, Any]) -> None:
    """Elsewhere a request that carries one is refused, naming the field."""
    assert parsed(a_trip(**fields), faults_allowed=True).trip_id == "trip-1"
    (problem,) = problems(a_trip(**fields))
    assert (problem.field, problem.cure) == (
        next(iter(fields)),
        "this stage allows no fault injection; remove the field",
    )


WRONG: list[dict[str, object]] = [
    {"at": 1},
    {"on": "sell"},
    {"do": "explode"},
    {"do": []},
    {"times": 0},
    {"times": 1.5},
    {"seconds": -1},
    {"seconds": 61},
    {"seconds": "1"},
    {"more": 1},
]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("failBookCar", "yes"),
        ("failBookCar", 1),
        ("faults", {}),
        ("faults", "throttle"),
        ("faults", [7]),
        *(("faults", [{**FAULT, **wrong}]) for wrong in WRONG),
    ],
)
def test_a_fault_of_another_shape_is_refused(field: str, value: object) -> None:
    """The injector must be able to rely on it."""
    (problem,) = problems(a_trip(**{field: value}), faults_allowed=True)
    assert problem.field == field


@given(JSON)
@example({"faults": [{}]})
@example({"failBookHotel": {}})
def test_any_json_is_either_a_trip_or_refused_with_reasons(detail: object) -> None:
    """Never anything else, and never without a field, a value and a cure."""
    for allowed in (True, False):
        for problem in problems(detail, faults_allowed=allowed):
            assert problem.field
            assert problem.value
            assert problem.cure


@given(st.data())
def test_one_wrong_field_never_crashes(data: st.DataObject) -> None:
    """Any field of a good trip replaced by any JSON is a trip, or refused."""
    field = data.draw(st.sampled_from([*REQUIRED, *OPTIONAL, "faults", "failBookHotel", "other"]))
    with suppress(InvalidRequest):
        parsed(a_trip() | {field: data.draw(JSON)}, faults_allowed=data.draw(st.booleans()))


MOMENTS = st.datetimes(datetime(1950, 1, 1), datetime(2150, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zoned by hypothesis
NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=100).filter(str.strip)
SPANS = st.timedeltas(timedelta(minutes=1), timedelta(days=59))


@st.composite
def trips(draw: st.DrawFn) -> dict[str, Any]:
    """Any valid trip."""
    trip: dict[str, Any] = {name: draw(NAMES) for name in TEXTS}
    trip["tripId"] = draw(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True))
    for start, end in (("departAt", "arriveAt"), ("checkIn", "checkOut"), ("carFrom", "carTo")):
        first = draw(MOMENTS)
        trip |= {start: first.isoformat(), end: (first + draw(SPANS)).isoformat()}
    if draw(st.booleans()):
        trip["travellers"] = draw(st.integers(1, 9))
    return trip


@given(trips())
def test_a_valid_trip_stays_valid(trip: dict[str, Any]) -> None:
    """Whatever it says within the contract, and however often it travels through JSON."""
    assert parsed(trip).detail == trip
    assert parsed(json.loads(json.dumps(trip))).detail == trip
