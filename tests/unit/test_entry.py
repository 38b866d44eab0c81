"""The entry for a queue: a batch in, and exactly the messages that are to be delivered again out."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from shared.aws.entry import Desk, at_cold_start, booking_consumer, queue_consumer
from shared.aws.settings import Misconfigured
from shared.aws.telemetry import metrics
from shared.ports import Busy
from shared.saga.effects import Core
from shared.saga.runtime import Delivery
from tests.samples import PARTICIPANTS

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")

CONTEXT: Any = SimpleNamespace(
    function_name="book", aws_request_id="r", memory_limit_in_mb=512, invoked_function_arn="arn"
)


class Queue:
    """Remembers what is put off."""

    def __init__(self) -> None:
        self.put_offs: list[tuple[str, int]] = []

    def put_off(self, receipt: str, delivery: int) -> None:
        self.put_offs.append((receipt, delivery))


class Function:
    """A function whose messages fail when they say so."""

    def __init__(self) -> None:
        self.queue: Any = Queue()
        self.deliveries: list[Delivery] = []
        self.handler = queue_consumer(lambda: Desk(self._core, None, self.queue, max_receives=10))

    def _core(self, delivery: Delivery) -> Core[None]:
        self.deliveries.append(delivery)
        yield from ()
        if delivery.body == "fails":
            raise Busy("throttled")

    def __call__(self, *bodies: str, attempt: int = 1) -> list[str]:
        answer = self.handler({"Records": [_record(n, body, attempt) for n, body in enumerate(bodies)]}, CONTEXT)
        assert json.loads(json.dumps(answer)) == answer
        assert set(answer) == {"batchItemFailures"}
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def _record(number: int, body: str, attempt: int) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "receiptHandle": f"r{number}",
        "body": body,
        "attributes": {"ApproximateReceiveCount": str(attempt)},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:queue",
        "awsRegion": "us-east-1",
    }


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Function:
    monkeypatch.setattr(metrics.provider, "namespace", "Wayfare/test")
    return Function()


def test_a_batch_that_went_well_gives_nothing_back(function: Function) -> None:
    """All its messages are deleted."""
    assert function("a", "b", "c") == []
    assert function.queue.put_offs == []


def test_only_the_messages_that_failed_are_given_back(function: Function) -> None:
    """By the ids that Lambda knows: an unknown one would fail, or delete, the whole batch."""
    assert function("a", "fails", "b", "fails") == ["m1", "m3"]


def test_a_batch_that_failed_whole_is_an_answer_too(function: Function) -> None:
    """Not an exception: that would be an error of the function, and an alarm."""
    assert function(*["fails"] * 10) == [f"m{n}" for n in range(10)]


def test_a_message_that_failed_waits_by_its_own_count(function: Function) -> None:
    """The third delivery waits longer than the first."""
    function("a", "fails", attempt=3)
    assert function.queue.put_offs == [("r1", 3)]


@pytest.mark.parametrize(("attempt", "last"), [(1, False), (9, False), (10, True), (11, True)])
def test_the_last_delivery_is_known_as_such(function: Function, attempt: int, last: bool) -> None:
    """After it, SQS gives the message up."""
    function("a", attempt=attempt)
    assert [(each.attempt, each.last) for each in function.deliveries] == [(attempt, last)]


def test_all_messages_of_a_batch_are_taken_up_at_one_time(function: Function) -> None:
    """An aware one."""
    function("a", "b")
    assert len({each.at for each in function.deliveries}) == 1
    assert function.deliveries[0].at.tzinfo is not None


def test_a_wrong_deployment_fails_while_the_function_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, with the variable's name; not with the first trip."""
    monkeypatch.setenv("WAYFARE_STAGE", "local")
    monkeypatch.delenv("WAYFARE_BUS", raising=False)
    with pytest.raises(Misconfigured, match="WAYFARE_BUS is not set"):
        booking_consumer(PARTICIPANTS["hotel"])


def test_elsewhere_handlers_can_be_imported_without_any_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a function works with is made once, on first use."""
    monkeypatch.delenv("WAYFARE_STAGE", raising=False)
    made: list[int] = []
    desk = at_cold_start(lambda: made.append(1) or "desk")  # type: ignore[func-returns-value]
    assert made == []
    assert [desk(), desk()] == ["desk", "desk"]
    assert made == [1]
