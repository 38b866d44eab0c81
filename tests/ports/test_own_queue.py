"""A function's own queue: parking a message with its reason, and the wait before the next delivery."""

import uuid
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber
from hypothesis import given
from hypothesis import strategies as st

from shared.aws import queues
from shared.aws.queues import LONGEST_WAIT, OwnQueue, wait_before
from shared.message import Unreadable
from shared.ports import Busy
from tests.ports.conftest import Aws


class Own(NamedTuple):
    """A queue with its dead-letter queue."""

    queue: OwnQueue
    sqs: Any
    url: str
    dead_letters: str

    def parked(self) -> list[tuple[str, str]]:
        """Body and reason of every message in the dead-letter queue."""
        answer = self.sqs.receive_message(
            QueueUrl=self.dead_letters, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [(each["Body"], each["MessageAttributes"]["reason"]["StringValue"]) for each in answer["Messages"]]


@pytest.fixture
def own(aws: Aws) -> Own:
    """Two queues of this test's own."""
    sqs, name = aws.client("sqs"), f"ports-{uuid.uuid4().hex[:12]}"
    url, dead_letters = (sqs.create_queue(QueueName=each)["QueueUrl"] for each in (name, f"{name}-dlq"))
    return Own(OwnQueue(lambda: sqs, url, dead_letters), sqs, url, dead_letters)


@pytest.mark.parametrize("body", ["not json", '{"a": "🏨 𠜎"}', "x" * 200_000])
def test_a_message_is_parked_as_it_came_with_the_reason(own: Own, body: str) -> None:
    """Whoever redrives it sends the very same text."""
    own.queue.park(body, "metadata.version = 2: this reader knows version 1")
    assert own.parked() == [(body, "metadata.version = 2: this reader knows version 1")]


@pytest.mark.parametrize(
    ("reason", "kept"),
    [
        ("", "unreadable"),
        ("\x1b[31mred\x00\n", "�[31mred��"),
        ("a lone \ud800", "a lone �"),
        ("🏨", "🏨"),
        ("x" * 5000, "x" * 1000),
    ],
)
def test_any_reason_can_be_kept(own: Own, reason: str, kept: str) -> None:
    """SQS refuses most control characters and an empty value; a terminal should not be painted red."""
    own.queue.park("body", reason)
    assert own.parked() == [("body", kept)]


def test_a_message_that_is_put_off_is_hidden_for_its_wait(own: Own, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its visibility says when it is delivered again."""
    own.sqs.send_message(QueueUrl=own.url, MessageBody="body")
    ask = {"QueueUrl": own.url, "VisibilityTimeout": 600}
    (message,) = own.sqs.receive_message(**ask)["Messages"]
    monkeypatch.setattr(queues, "wait_before", lambda delivery: 0 if delivery == 3 else 600)
    own.queue.put_off(message["ReceiptHandle"], 3)
    (again,) = own.sqs.receive_message(**ask)["Messages"]
    assert again["Body"] == "body"
    own.queue.put_off(again["ReceiptHandle"], 4)
    assert not own.sqs.receive_message(QueueUrl=own.url).get("Messages")


def test_a_message_that_cannot_be_put_off_waits_as_the_queue_has_it(own: Own) -> None:
    """Best effort: it may be handled and deleted by somebody else already."""
    own.queue.put_off("no such receipt", 1)


@given(st.integers(1, 10_000))
def test_the_wait_grows_with_each_delivery_and_stays_within_bounds(delivery: int) -> None:
    """From one second to two to the power of the delivery, never more than fifteen minutes."""
    assert 1 <= wait_before(delivery) <= min(LONGEST_WAIT, 2**delivery)


def test_waits_are_spread_so_that_messages_do_not_come_back_together() -> None:
    """Full jitter; and the longest waits do grow."""
    longest = [max(wait_before(delivery) for _ in range(300)) for delivery in (1, 4, 8, 12)]
    assert longest == sorted(longest)
    assert longest[0] <= 2
    assert longest[-1] > 600
    assert len({wait_before(9) for _ in range(100)}) > 20


@pytest.mark.parametrize(
    ("code", "status", "meant"),
    [
        ("ThrottlingException", 400, Busy),
        ("ServiceUnavailable", 503, Busy),
        ("AccessDenied", 403, ClientError),
        ("ValidationException", 400, Unreadable),
    ],
)
def test_parking_that_fails_says_so(code: str, status: int, meant: type[Exception]) -> None:
    """Then the message stays where it is."""
    client: Any = boto3.client("sqs")
    with Stubber(client) as stub:
        stub.add_client_error("send_message", code, http_status_code=status)
        with pytest.raises(meant):
            OwnQueue(lambda: client, "https://queue", "https://dlq").park("body", "reason")


def test_a_client_is_made_only_when_it_is_needed() -> None:
    """Few invocations park or put off anything; a client costs a fifth of a second."""

    def never() -> Any:
        raise AssertionError

    OwnQueue(never, "https://queue", "https://dlq")
