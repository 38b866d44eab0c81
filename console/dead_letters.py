"""What nobody could handle: every dead-letter queue of a stage, and the quarantine of misspelt events."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from console.connection import Target
from console.trouble import Trouble
from infra.catalog import CATALOG
from infra.names import Names, dead_letters
from infra.units import units_of
from shared.message import Unreadable, read_envelope, shorten

PEEK = 10
"""Messages looked at in one queue: as many as one ReceiveMessage gives."""


class Waiting(NamedTuple):
    """A queue with what waits in it. `oldest` and `reasons` (reason -> how many) tell of the messages looked at."""

    queue: str
    depth: int
    oldest: datetime | None
    reasons: dict[str, int]


def waiting(target: Target) -> list[Waiting]:
    """All of them, empty ones too."""
    sqs = target.client("sqs")
    return [_look(sqs, name) for name in queues(target.names)]


def queues(names: Names) -> Iterator[str]:
    """The quarantine and every dead-letter queue of a stage, by name."""
    yield names.quarantine
    yield dead_letters(names.quarantine)
    for service in CATALOG.services:
        for unit in units_of(service):
            if unit.has_queue:
                yield dead_letters(names.queue(service, unit.role))


def why(message: dict[str, Any]) -> str:
    """Why a message is there: what its function said, what EventBridge said, or else what it is."""
    attributes = message.get("MessageAttributes", {})
    for name in ("reason", "ERROR_MESSAGE", "ERROR_CODE"):
        if name in attributes:
            return str(attributes[name]["StringValue"])
    try:
        event = read_envelope(message["Body"])
    except Unreadable:
        return f"no event: {shorten(message['Body'], 40)}"
    return f"{event.detail_type} from {event.source}"


def _look(sqs: Any, name: str) -> Waiting:
    url = _url(sqs, name)
    counts = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
    depth = sum(int(told[count]) for count in counts)
    messages = _peek(sqs, url) if depth else []
    sent = [int(message["Attributes"]["SentTimestamp"]) / 1000 for message in messages]
    oldest = datetime.fromtimestamp(min(sent), UTC) if sent else None
    return Waiting(name, depth, oldest, dict(Counter(map(why, messages))))


def _url(sqs: Any, name: str) -> str:
    try:
        url: str = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist as error:
        raise Trouble(f"queue {name} does not exist: deploy its service with `wayfare deploy SERVICE`") from error
    return url


def _peek(sqs: Any, url: str) -> list[dict[str, Any]]:
    """Receive without hiding: the messages stay where they are, for everyone."""
    answer = sqs.receive_message(
        QueueUrl=url,
        VisibilityTimeout=0,
        MaxNumberOfMessages=PEEK,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["SentTimestamp"],
    )
    found: list[dict[str, Any]] = answer.get("Messages", [])
    return found
