"""What nobody could handle: every dead-letter queue of a stage, and the quarantine of misspelt events."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from console.connection import Target
from console.trouble import Exit, Trouble
from infra.catalog import CATALOG
from infra.names import PLATFORM, QUARANTINE, Names, dead_letters
from infra.units import units_of
from sandbox.operating.letters import Letter
from sandbox.world import Inbox

PEEK = 10
"""Messages looked at in one queue: as many as one ReceiveMessage gives."""
HOLD_SECONDS = 300
"""How long a message that is looked at stays hidden from others, should this command die meanwhile."""
_COUNTS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")


class Box(NamedTuple):
    """A queue of the unhandled: what people call it, its physical name, and the queue its messages were meant for."""

    title: str
    queue: str
    inbox: Inbox


class Waiting(NamedTuple):
    """A box with what waits in it. `oldest`, `kinds` and `reasons` (each -> how many) tell of the messages looked at."""

    title: str
    queue: str
    depth: int
    oldest: datetime | None
    kinds: dict[str, int]
    reasons: dict[str, int]


def boxes(names: Names) -> list[Box]:
    """The quarantine and every dead-letter queue of a stage."""
    inboxes = [
        Inbox(service, unit.role) for service in CATALOG.services for unit in units_of(service) if unit.has_queue
    ]
    quarantine = Inbox(PLATFORM, QUARANTINE)
    return [
        Box(QUARANTINE, names.quarantine, quarantine),
        Box(f"{QUARANTINE} dlq", dead_letters(names.quarantine), quarantine),
        *(Box(" ".join(inbox), dead_letters(names.queue(*inbox)), inbox) for inbox in inboxes),
    ]


def box_named(names: Names, words: Sequence[str]) -> Box:
    """The box that these words name: `hotel compensate`, `quarantine`, or a queue's own name. Raises Trouble (usage)."""
    known = boxes(names)
    for box in known:
        if " ".join(words) in (box.title, box.title.replace(" ", "-"), box.queue):
            return box
    raise Trouble(
        f"there is no queue {' '.join(words)!r}: choose from {', '.join(box.title for box in known)}", Exit.USAGE
    )


def waiting(target: Target) -> list[Waiting]:
    """All boxes, empty ones too."""
    sqs = target.client("sqs")
    return [_look(sqs, box) for box in boxes(target.names)]


def _look(sqs: Any, box: Box) -> Waiting:
    url = url_of(sqs, box.queue)
    count = depth(sqs, url)
    letters = _receive(sqs, url, hidden=0) if count else []
    return Waiting(
        title=box.title,
        queue=box.queue,
        depth=count,
        oldest=min((letter.sent_at for letter in letters if letter.sent_at), default=None),
        kinds=dict(Counter(kind(box, letter) for letter in letters)),
        reasons=dict(Counter(why(letter) for letter in letters)),
    )


def kind(box: Box, letter: Letter) -> str:
    """Who gave the message up: its function, EventBridge, the queue after its last delivery; or nobody hears it at all."""
    if "reason" in letter.attributes:
        return "unreadable"
    if "ERROR_CODE" in letter.attributes:
        return "undelivered"
    return "unheard" if box.title == QUARANTINE else "given up"


def why(letter: Letter) -> str:
    """Why a message is there, as somebody said; or else what it is."""
    return letter.reason or letter.what


def url_of(sqs: Any, name: str) -> str:
    """Where a queue answers. Raises Trouble when it does not exist."""
    try:
        url: str = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    except sqs.exceptions.QueueDoesNotExist as error:
        raise Trouble(f"queue {name} does not exist: deploy its service with `wayfare deploy SERVICE`") from error
    return url


def depth(sqs: Any, url: str) -> int:
    """About how many messages are in a queue, taken, put off or not."""
    told = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=_COUNTS)["Attributes"]
    return sum(int(told[count]) for count in _COUNTS)


@contextmanager
def held(sqs: Any, url: str, most: int | None = None) -> Iterator[list[Letter]]:
    """All messages of a queue (or so many), hidden from others; those that are not deleted meanwhile are let go at the end."""
    letters: dict[str, Letter] = {}
    try:
        while most is None or len(letters) < most:
            # An answer without messages is a queue without messages only if all its servers were asked.
            wait = 1 if depth(sqs, url) > len(letters) else 0
            fresh = [found for found in _receive(sqs, url, HOLD_SECONDS, wait) if found.id not in letters]
            letters |= {letter.id: letter for letter in fresh}
            if not fresh:
                break
        yield list(letters.values())[:most]
    finally:
        let_go(sqs, url, list(letters.values()))


def let_go(sqs: Any, url: str, letters: Sequence[Letter]) -> None:
    """Make messages visible again; one that is gone meanwhile is no error."""
    for start in range(0, len(letters), PEEK):
        entries = [
            {"Id": str(place), "ReceiptHandle": letter.handle, "VisibilityTimeout": 0}
            for place, letter in enumerate(letters[start : start + PEEK])
        ]
        sqs.change_message_visibility_batch(QueueUrl=url, Entries=entries)


def _receive(sqs: Any, url: str, hidden: int, wait: int = 0) -> list[Letter]:
    answer = sqs.receive_message(
        QueueUrl=url,
        VisibilityTimeout=hidden,
        WaitTimeSeconds=wait,
        MaxNumberOfMessages=PEEK,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
    )
    return [_letter(message) for message in answer.get("Messages", ())]


def _letter(message: dict[str, Any]) -> Letter:
    attributes, told = message.get("MessageAttributes", {}), message["Attributes"]
    reasons = [
        attributes[name]["StringValue"] for name in ("reason", "ERROR_MESSAGE", "ERROR_CODE") if name in attributes
    ]
    return Letter(
        id=message["MessageId"],
        body=message["Body"],
        received=int(told["ApproximateReceiveCount"]),
        sent_at=datetime.fromtimestamp(int(told["SentTimestamp"]) / 1000, UTC),
        reason=reasons[0] if reasons else "",
        attributes=attributes,
        handle=message["ReceiptHandle"],
    )
