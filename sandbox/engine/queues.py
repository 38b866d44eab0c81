"""Looking into a queue of the local engine without taking anything out of it.

A consumer and a ReceiveMessage at the same time can lose a message here; this cannot.
"""

import json
from dataclasses import dataclass

from sandbox.engine.engine import Engine, EngineError
from sandbox.engine.process import get


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message as it lies in its queue."""

    message_id: str
    body: str
    receives: int
    visible: bool
    """False while a consumer has it, or it waits for its next try."""


def peek(engine: Engine, queue: str) -> tuple[QueuedMessage, ...]:
    """Every message of the queue of that name, oldest first; empty for a queue that does not exist."""
    status, body = get(engine.port, f"/_ministack/sqs/messages?QueueUrl={engine.endpoint}/{engine.account}/{queue}")
    if status != 200:
        raise EngineError(f"queue {queue} cannot be read: {body.decode(errors='replace')}")
    return tuple(
        QueuedMessage(message["MessageId"], message["Body"], message["ReceiveCount"], message["IsVisible"])
        for regions in json.loads(body)["messages"].values()
        for queues in regions.values()
        for messages in queues.values()
        for message in messages
    )


def depth(engine: Engine, queue: str) -> int:
    """How many messages are in the queue, taken or not."""
    return len(peek(engine, queue))
