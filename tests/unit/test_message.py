"""Messages are read strictly where a mistake would hide, and leniently where a writer may grow."""

import json
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.hotel.participant import HOTEL
from shared.message import (
    Booked,
    BookingFailed,
    Unreadable,
    canonical,
    read_data,
    read_envelope,
    read_json,
    read_metadata,
    read_rejection,
    request_hash,
    shorten,
)
from shared.saga.announcing import announcement, rejection
from shared.saga.intake import Rejected
from tests.samples import NOW, a_trip, body, booked, fact, metadata, requested

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value"),
        ("not json", "Expecting value"),
        ('{"a": 1', "delimiter"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('{"a": {"b": 1, "b": 1}}', "'b' stands twice"),
        ("NaN", "NaN is no JSON number"),
        ("[-Infinity]", "-Infinity is no JSON number"),
        ("1e400", "too large a number"),
        ("9" * 5000, "limit"),
        ("[" * 200_000, "recursion"),
        ('"line\nbreak"', "control character"),
    ],
)
def test_what_json_does_not_allow_is_unreadable_and_says_why(text: str, why: str) -> None:
    """Whatever a lenient parser would let pass is refused, so that a request has one meaning only."""
    with pytest.raises(Unreadable, match=why):
        read_json(text)


@given(JSON)
def test_what_json_allows_is_read_as_it_is(value: object) -> None:
    """Strict reading changes nothing."""
    assert read_json(json.dumps(value)) == value


@pytest.mark.parametrize("missing", ["id", "source", "detail-type", "time"])
def test_a_message_that_is_no_event_is_unreadable(missing: str) -> None:
    """A direct send to the queue, for instance."""
    event = json.loads(requested())
    del event[missing]
    with pytest.raises(Unreadable, match=missing):
        read_envelope(json.dumps(event))


@pytest.mark.parametrize("text", ["[]", "7", '"x"', "null", "{}"])
def test_a_body_of_another_shape_is_unreadable(text: str) -> None:
    """Any JSON that is no event."""
    with pytest.raises(Unreadable, match="not an EventBridge event"):
        read_envelope(text)


def test_an_event_without_a_zone_in_its_time_is_unreadable() -> None:
    """Every deadline hangs on it."""
    with pytest.raises(Unreadable, match="timezone"):
        read_envelope(body("TripRequested", "travel.client", {}, time=NOW.replace(tzinfo=None)))


@pytest.mark.parametrize("version", [0, 2, "1", None, [1]])
def test_another_major_version_is_unreadable(version: object) -> None:
    """A reader never guesses what a later writer meant."""
    with pytest.raises(Unreadable, match=r"metadata\.version = .*: this reader knows version 1"):
        read_metadata(read_envelope(fact("hotel", "Booked", version=version)), "travel")


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_a_rejection_of_another_major_version_is_unreadable(version: object) -> None:
    """The same rule for the one fact without a trip."""
    with pytest.raises(Unreadable, match=r"metadata\.version"):
        read_rejection(read_envelope(fact("hotel", "BookingFailed", version=version)), "travel")


@pytest.mark.parametrize("reader", [read_metadata, read_rejection])
def test_metadata_of_another_participant_than_the_source_is_unreadable(reader: object) -> None:
    """IAM lets each participant put events of its own source only; metadata may not say otherwise."""
    forged = body("CarBooked", "travel.hotel", {"metadata": metadata("car", "BOOKED"), "data": {}})
    assert callable(reader)
    with pytest.raises(Unreadable, match="does not belong to source"):
        reader(read_envelope(forged), "travel")


@pytest.mark.parametrize(
    ("part", "value"),
    [("tripId", "a\n"), ("tripId", ""), ("leg", "10"), ("mode", "other"), ("occurredAt", "2026-11-21T12:00:00")],
)
def test_a_wrong_part_of_the_metadata_is_named(part: str, value: object) -> None:
    """So that whoever reads the dead-letter queue need not guess."""
    with pytest.raises(Unreadable, match=rf"metadata: .*{part}"):
        read_metadata(read_envelope(fact("hotel", "Booked", **{part: value})), "travel")


@pytest.mark.parametrize("detail", [None, [], "text", 7, {}, {"metadata": []}, {"metadata": {}, "data": {}}])
def test_a_detail_of_another_shape_is_unreadable(detail: object) -> None:
    """Whatever the detail is, the answer is the same kind of error."""
    with pytest.raises(Unreadable):
        read_metadata(read_envelope(body("HotelBooked", "travel.hotel", detail)), "travel")


@pytest.mark.parametrize("where", ["metadata", "data"])
def test_text_that_is_no_unicode_is_unreadable(where: str) -> None:
    """An unpaired surrogate passes a JSON parser, but could never be announced or stored again."""
    event = json.loads(fact("hotel", "BookingFailed"))
    event["detail"][where]["requestHash" if where == "metadata" else "message"] = "\ud800"
    with pytest.raises(Unreadable, match="Unicode"):
        read_metadata(read_envelope(json.dumps(event)), "travel")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59+00:00"])
def test_a_moment_at_the_end_of_the_calendar_is_unreadable(moment: str) -> None:
    """Nobody could add five minutes to it."""
    with pytest.raises(Unreadable, match="occurredAt"):
        read_metadata(read_envelope(fact("hotel", "Booked", occurredAt=moment)), "travel")
    with pytest.raises(Unreadable, match="time"):
        read_envelope(requested().replace(NOW.isoformat(), moment))


def test_readers_ignore_fields_that_they_do_not_know() -> None:
    """A writer may say more without a new major version."""
    event = json.loads(fact("hotel", "BookingFailed", later="added"))
    event["detail"] |= {"more": 1}
    event["detail"]["data"] |= {"hint": "added later"}
    envelope = read_envelope(json.dumps({**event, "replay-name": "replay-1"}))
    assert read_metadata(envelope, "travel").trip_id == "trip-1"
    assert read_data(envelope, BookingFailed) == BookingFailed(reason="hotel_full", message="no room left")


def test_the_same_record_always_makes_the_same_fact() -> None:
    """Its event id is deterministic, so that readers can drop repeats."""
    one, two = announcement(HOTEL, booked()), announcement(HOTEL, booked())
    assert one == two
    assert one.detail() == two.detail()
    assert one.metadata.event_id == "hotel:trip-1:BOOKED"


def test_an_announced_fact_reads_back_as_it_was_meant() -> None:
    """What one participant writes, the next can read."""
    told = announcement(HOTEL, booked())
    envelope = read_envelope(body(told.detail_type, told.source, json.loads(told.detail())))
    assert read_metadata(envelope, "travel") == told.metadata
    assert read_data(envelope, Booked).trip == a_trip()


def test_a_rejection_names_its_request_and_no_trip_if_there_was_none() -> None:
    """It is about one request, whose event id it carries."""
    told = rejection(HOTEL, Rejected(request_id="event-9", trip_id=None, at=NOW, reason="invalid", problems=()))
    envelope = read_envelope(body(told.detail_type, told.source, json.loads(told.detail())))
    assert read_rejection(envelope, "travel") == told.metadata
    assert told.metadata.event_id == "hotel:event-9:REJECTED"
    assert "tripId" not in json.loads(told.detail())["metadata"]


@given(st.dictionaries(st.text(), JSON, max_size=5), st.randoms())
def test_the_request_hash_does_not_depend_on_the_order_of_keys(detail: dict[str, object], chance: object) -> None:
    """Two puts of one trip by two clients are one request."""
    shuffled = dict(reversed(list(detail.items())))
    assert request_hash(shuffled) == request_hash(detail)


def test_the_request_hash_sees_every_difference_even_of_defaults() -> None:
    """It is of the request as received: naming the default mode is another payload."""
    trips = [a_trip(), a_trip(mode="choreography"), a_trip(hotel="Holiday Inn"), a_trip(travellers=1)]
    assert len({request_hash(trip) for trip in trips}) == len(trips)


def test_canonical_text_is_one_line_of_utf8() -> None:
    """Sorted, without spaces, nothing escaped that need not be."""
    assert canonical({"b": "é🚗", "a": [1.5, None]}) == '{"a":[1.5,null],"b":"é🚗"}'.encode()


def test_a_value_is_shown_shortened_and_on_one_line() -> None:
    """What a client sent may be huge, or meant to paint a terminal red."""
    assert shorten("\x1b[31mred\n") == '"\\u001b[31mred\\n"'
    assert shorten("x" * 1000) == f'"{"x" * 79}… (1002 characters)'
    assert shorten(float("nan")) == "NaN"


def test_event_times_have_seconds_and_facts_have_more() -> None:
    """A fact's moment keeps its microseconds on the way."""
    moment = NOW + timedelta(microseconds=123)
    told = announcement(HOTEL, booked(decided_at=moment))
    assert json.loads(told.detail())["metadata"]["occurredAt"] == "2026-11-21T12:00:00.000123Z"
