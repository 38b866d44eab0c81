"""What is done to a stage's queues: patience taken and given back, dead letters counted and redriven."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from infra.names import dead_letters
from sandbox.chaos.client import WATCH
from sandbox.chaos.plan import inboxes
from sandbox.engine.queues import peek
from sandbox.local_world import LocalWorld
from sandbox.world import Inbox

VISIBLE_AGAIN: Final = 10
"""Seconds until a dead worker's messages come again; 90 on a stage in peace (AWS asks for six times the function's timeout)."""
SHORT_LIVED: Final = (Inbox("flight", "book"), Inbox("hotel", "compensate"))
"""Queues that give a message up after a single death over it, so that real messages end among the dead letters."""
REASON: Final = "reason"
"""The attribute by which a function says why it put a message aside: nobody can handle it."""


@contextmanager
def impatient(worlds: Sequence[LocalWorld]) -> Iterator[None]:
    """Dead workers' messages, and their ticks, come again soon."""
    queues = [(world, inbox) for world in worlds for inbox in (*inboxes(world.names.stage), WATCH)]
    with _changed(queues, lambda _: {"VisibilityTimeout": str(VISIBLE_AGAIN)}):
        yield


@contextmanager
def short_lived(worlds: Sequence[LocalWorld]) -> Iterator[None]:
    """Some queues give a message up after a single death over it."""

    def once(before: dict[str, str]) -> dict[str, str]:
        return {"RedrivePolicy": json.dumps({**json.loads(before["RedrivePolicy"]), "maxReceiveCount": 1})}

    with _changed([(world, inbox) for world in worlds for inbox in SHORT_LIVED], once):
        yield


@contextmanager
def _changed(
    queues: Sequence[tuple[LocalWorld, Inbox]], change: Callable[[dict[str, str]], dict[str, str]]
) -> Iterator[None]:
    before = [_attributes(*queue) for queue in queues]
    changes = [change(attributes) for attributes in before]
    for queue, changed in zip(queues, changes, strict=True):
        _set(*queue, changed)
    try:
        yield
    finally:
        for queue, attributes, changed in zip(queues, before, changes, strict=True):
            _set(*queue, {name: attributes[name] for name in changed})


def _attributes(world: LocalWorld, inbox: Inbox) -> dict[str, str]:
    told = _sqs(world).get_queue_attributes(
        QueueUrl=world.queue_url(inbox), AttributeNames=["VisibilityTimeout", "RedrivePolicy"]
    )
    found: dict[str, str] = told["Attributes"]
    return found


def _set(world: LocalWorld, inbox: Inbox, attributes: dict[str, str]) -> None:
    _sqs(world).set_queue_attributes(QueueUrl=world.queue_url(inbox), Attributes=attributes)


def redrive(world: LocalWorld) -> int:
    """Send back what was given up after too many deaths, as an operator would; what a function put aside stays. How many."""
    return sum(_redrive(world, inbox) for inbox in inboxes(world.names.stage))


def _redrive(world: LocalWorld, inbox: Inbox) -> int:
    sqs, moved = _sqs(world), 0
    for message in _received(world, inbox):
        if REASON not in message.get("MessageAttributes", {}):
            world.send(inbox, message["Body"])
            sqs.delete_message(QueueUrl=_dead_letters(world, inbox), ReceiptHandle=message["ReceiptHandle"])
            moved += 1
    return moved


def put_aside(world: LocalWorld, body: str) -> dict[Inbox, int]:
    """How often a message lies among the dead letters of each queue."""
    found = {inbox: peek(world.engine, dead_letters(world.names.queue(*inbox))) for inbox in inboxes(world.names.stage)}
    return {inbox: sum(message.body == body for message in messages) for inbox, messages in found.items()}


def _received(world: LocalWorld, inbox: Inbox) -> Iterator[dict[str, Any]]:
    """Every message in a dead-letter queue; no function reads from one, so receiving is safe."""
    while (
        messages := _sqs(world)
        .receive_message(
            QueueUrl=_dead_letters(world, inbox),
            MaxNumberOfMessages=10,
            VisibilityTimeout=30,
            MessageAttributeNames=["All"],
        )
        .get("Messages")
    ):
        yield from messages


def _dead_letters(world: LocalWorld, inbox: Inbox) -> str:
    return f"{world.queue_url(inbox).rpartition('/')[0]}/{dead_letters(world.names.queue(*inbox))}"


def _sqs(world: LocalWorld) -> Any:
    return world.engine.clients.client("sqs")
