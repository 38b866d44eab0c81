"""A record survives its way into a DynamoDB item and back, whatever it holds."""

from datetime import UTC, datetime
from typing import Any

from boto3.dynamodb.types import TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from shared.aws.ledger import item_of, record_of, stock_key, stock_of
from shared.message import Mode
from shared.saga.record import Claim, Record, State, Stock, StockKey
from tests.samples import booked, failed, tombstone

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(TEXT, JSON, max_size=4)
MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zoned
CLAIMS = st.builds(Claim, item=TEXT, unit=TEXT, quantity=st.integers(1, 9), unlisted=st.integers(0, 999))


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Any record."""
    return Record(
        trip_id=draw(st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True)),
        state=draw(st.sampled_from(State)),
        cause=draw(TEXT),
        decided_at=draw(MOMENTS),
        mode=draw(st.sampled_from(Mode)),
        request_hash=draw(st.none() | TEXT),
        trip=draw(st.none() | OBJECTS),
        claims=tuple(draw(st.lists(CLAIMS, max_size=3))),
        details=draw(OBJECTS),
        reason=draw(TEXT),
        message=draw(TEXT),
        released=draw(st.booleans()),
        requested_at=draw(st.none() | MOMENTS),
        deadline=draw(st.none() | MOMENTS),
    )


@given(records())
def test_any_record_survives_the_round_trip(record: Record) -> None:
    """Floats, nulls, emoji, empty text, numbers of any size."""
    assert record_of(item_of(record)) == record


@given(records())
def test_an_item_is_made_of_text_and_truth_values_alone(record: Record) -> None:
    """DynamoDB knows no floats, and its numbers end at 38 digits."""
    kinds = {kind for value in item_of(record).values() for kind in value}
    assert kinds <= {"S", "BOOL"}


def test_what_is_absent_is_left_out() -> None:
    """A tombstone has no trip, no hash and no deadline."""
    bare = tombstone(request_hash=None, requested_at=None, deadline=None)
    assert not {"trip", "requestHash", "requestedAt", "deadline"} & set(item_of(bare))
    assert record_of(item_of(bare)) == bare


def test_an_attribute_that_a_later_version_added_is_ignored() -> None:
    """Two versions of a function live side by side during a deployment."""
    assert record_of({**item_of(failed()), "later": {"S": "added"}}) == failed()


def test_records_and_stock_of_one_name_lie_apart() -> None:
    """Whatever a hotel or a trip is called."""
    record = item_of(booked("RECORD"))
    stock: dict[str, Any] = stock_key(StockKey("TRIP#RECORD", "RECORD"))
    assert (record["pk"], record["sk"]) != (stock["pk"], stock["sk"])


@given(TEXT, TEXT, st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_stock_item_survives_the_round_trip(item: str, unit: str, available: int, held: int) -> None:
    """Its key too."""
    numbers = TypeSerializer().serialize({"capacity": available + held, "available": available, "held": held})["M"]
    key = StockKey(item, unit)
    assert stock_of({**stock_key(key), **numbers}) == (key, Stock(available + held, available, held))
