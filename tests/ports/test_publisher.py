"""`Publisher` on EventBridge: what is put arrives, and every entry's answer is read."""

import json
import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import ANY, Stubber

from services.hotel.participant import HOTEL
from shared.aws.publisher import EventBridgePublisher
from shared.message import Fact
from shared.ports import Busy
from shared.saga.announcing import announcement
from tests.ports.conftest import Aws
from tests.samples import a_trip, booked


class Bus(NamedTuple):
    """A bus, and a queue that hears everything on it."""

    publisher: EventBridgePublisher
    sqs: Any
    url: str

    def heard(self) -> list[dict[str, Any]]:
        """Every event that arrived."""
        events: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            events += [json.loads(message["Body"]) for message in messages]
        return events


@pytest.fixture
def bus(aws: Aws) -> Bus:
    """A bus of this test's own."""
    events, sqs, name = aws.client("events"), aws.client("sqs"), f"ports-{uuid.uuid4().hex[:12]}"
    events.create_event_bus(Name=name)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps({"source": [{"prefix": "travel."}]}))
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "queue", "Arn": arn}])
    return Bus(EventBridgePublisher(events, name), sqs, url)


def facts(count: int, **changes: Any) -> list[Fact]:
    return [announcement(HOTEL, booked(f"t{n}", **changes)) for n in range(count)]


@pytest.mark.parametrize("count", [0, 1, 10, 25])
def test_every_fact_arrives_as_it_was_meant(bus: Bus, count: int) -> None:
    """Ten in a call, any number in all; nothing to put is no call."""
    assert bus.publisher.publish(facts(count)) == [None] * count
    heard = {event["detail"]["metadata"]["tripId"]: event for event in bus.heard()}
    assert {trip: event["detail"] for trip, event in heard.items()} == {
        str(told.metadata.trip_id): json.loads(told.detail()) for told in facts(count)
    }
    assert {(event["source"], event["detail-type"]) for event in heard.values()} <= {("travel.hotel", "HotelBooked")}


def test_names_arrive_letter_by_letter(bus: Bus) -> None:
    """Emoji, 4-byte letters, quotes; floats of a part that passes through."""
    trip = a_trip(hotel='🏨 "Zum 𠜎" <b>', tour={"price": 0.1 + 0.2})
    bus.publisher.publish(facts(1, trip=trip))
    (event,) = bus.heard()
    assert event["detail"]["data"]["trip"] == trip


class Answering:
    """A publisher on a client whose answers are written beforehand."""

    def __init__(self) -> None:
        self.client: Any = boto3.client("events")
        self.stub = Stubber(self.client)
        self.publisher = EventBridgePublisher(self.client, "bus")

    def answers(self, *codes: str | None) -> None:
        entries: list[dict[str, str]] = [
            {"ErrorCode": code, "ErrorMessage": "why"} if code else {"EventId": "id"} for code in codes
        ]
        failed = sum(code is not None for code in codes)
        self.stub.add_response("put_events", {"FailedEntryCount": failed, "Entries": entries}, {"Entries": ANY})

    def publish(self, count: int) -> Sequence[Exception | None]:
        with self.stub:
            answers = self.publisher.publish(facts(count))
            self.stub.assert_no_pending_responses()
        return answers


@pytest.fixture
def answering() -> Answering:
    return Answering()


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalFailure", "MalformedDetail", "SomethingNew"])
def test_an_entry_that_failed_is_answered_in_its_place(answering: Answering, code: str) -> None:
    """The call says 200: only the entries tell. Its neighbours are on the bus."""
    answering.answers(None, code, None)
    first, second, third = answering.publish(3)
    assert (first, third) == (None, None)
    assert isinstance(second, Busy)
    assert str(second) == f"PutEvents: {code}"


def test_each_call_of_a_long_list_is_answered_for_itself(answering: Answering) -> None:
    """Ten entries a call."""
    answering.answers(*[None] * 10)
    answering.stub.add_client_error("put_events", "ThrottlingException", http_status_code=400)
    answering.answers(None, "InternalFailure")
    answers = answering.publish(22)
    assert [n for n, answer in enumerate(answers) if answer is not None] == [*range(10, 20), 21]
    assert all(isinstance(answer, Busy) for answer in answers if answer is not None)


@pytest.mark.parametrize(
    ("code", "status", "meant"),
    [
        ("ThrottlingException", 400, Busy),
        ("InternalException", 500, Busy),
        ("AccessDeniedException", 400, ClientError),
    ],
)
def test_a_call_that_failed_is_the_answer_of_every_fact_in_it(
    answering: Answering, code: str, status: int, meant: type[Exception]
) -> None:
    """Never an exception past the others; a wrong deployment shows as what it is."""
    answering.stub.add_client_error("put_events", code, http_status_code=status)
    assert [isinstance(answer, meant) for answer in answering.publish(3)] == [True] * 3


@pytest.mark.parametrize("error", [EndpointConnectionError, ReadTimeoutError])
def test_a_call_whose_answer_is_lost_counts_as_not_put(
    answering: Answering, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once: it is put again, under the same event id."""

    def lose(**_: Any) -> None:
        raise error(endpoint_url="https://events")  # type: ignore[call-arg]  # botocore's own

    monkeypatch.setattr(answering.client, "put_events", lose)
    assert [type(answer) for answer in answering.publish(2)] == [Busy, Busy]
