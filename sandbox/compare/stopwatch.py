"""A subscriber that only notes when it heard of what: a rule and a queue of our own beside the stage's.

The engine stamps a message with the moment it entered the queue, on the clock that the client reads too, so nobody
need read the queue while trips run.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from infra.names import Names
from sandbox.engine.engine import Engine

HEARD = {
    "source": [{"prefix": "travel."}],
    "detail-type": [
        {"suffix": "BookingFailed"},
        {"suffix": "Cancelled"},
        {"suffix": "Confirmed"},
        {"suffix": "Failed"},
        {"suffix": "Booked"},
    ],
}


class Heard(NamedTuple):
    """A fact, and when it came. `released`: a compensation that gave something back."""

    trip_id: str
    detail_type: str
    participant: str
    at: float
    """Seconds since 1970."""
    released: bool = False


class Stopwatch:
    """Hears the facts of one stage."""

    def __init__(self, engine: Engine, stage: str) -> None:
        self._clients = engine.clients
        self._bus = Names(stage).bus
        self._name = f"stopwatch-{stage}"
        self._url = ""

    @contextmanager
    def ticking(self) -> Iterator["Stopwatch"]:
        """With its rule and its queue in place; neither is left behind."""
        sqs, events = self._clients.client("sqs"), self._clients.client("events")
        self._url = sqs.create_queue(QueueName=self._name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        events.put_rule(Name=self._name, EventBusName=self._bus, EventPattern=json.dumps(HEARD))
        events.put_targets(Rule=self._name, EventBusName=self._bus, Targets=[{"Id": "queue", "Arn": arn}])
        try:
            yield self
        finally:
            events.remove_targets(Rule=self._name, EventBusName=self._bus, Ids=["queue"])
            events.delete_rule(Name=self._name, EventBusName=self._bus)
            sqs.delete_queue(QueueUrl=self._url)

    def read(self) -> list[Heard]:
        """Everything heard since the last time; call it at rest."""
        heard: list[Heard] = []
        sqs = self._clients.client("sqs")
        while messages := self._receive():
            heard += [_heard(message) for message in messages]
            named = [{"Id": str(n), "ReceiptHandle": it["ReceiptHandle"]} for n, it in enumerate(messages)]
            sqs.delete_message_batch(QueueUrl=self._url, Entries=named)  # type: ignore[arg-type]
        return heard

    def _receive(self) -> list[dict[str, Any]]:
        answer: Any = self._clients.client("sqs").receive_message(
            QueueUrl=self._url, MaxNumberOfMessages=10, AttributeNames=["SentTimestamp"]
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages


def _heard(message: dict[str, Any]) -> Heard:
    event = json.loads(message["Body"])
    metadata, data = event["detail"]["metadata"], event["detail"].get("data", {})
    at = int(message["Attributes"]["SentTimestamp"]) / 1000
    return Heard(
        metadata["tripId"], event["detail-type"], metadata["participant"], at, released=bool(data.get("released"))
    )
