"""A function's own queue: parking a message for good, and the wait before the next delivery."""

import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.clients import understanding

LONGEST_WAIT = 900
"""Seconds between two deliveries of a message that keeps failing."""


class OwnQueue:
    """`DeadLetters`, and more, on the function's own queues. `client` makes a boto3 SQS client: few invocations need one."""

    def __init__(self, client: Callable[[], Any], url: str, dead_letter_url: str) -> None:
        self._client = client
        self._url = url
        self._dead_letter_url = dead_letter_url

    def park(self, body: str, reason: str) -> None:
        """Send the message as it came to the dead-letter queue, with the reason as an attribute."""
        attributes = {"reason": {"DataType": "String", "StringValue": _plain(reason)}}
        with understanding():
            self._client().send_message(QueueUrl=self._dead_letter_url, MessageBody=body, MessageAttributes=attributes)

    def put_off(self, receipt: str, delivery: int) -> None:
        """Make a failed message wait; best effort (the queue's own timeout applies otherwise)."""
        with suppress(ClientError, BotoCoreError):
            self._client().change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=wait_before(delivery)
            )


def _plain(reason: str) -> str:
    """SQS refuses most control characters, and an empty value."""
    return (
        "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in reason[:1000]) or "unreadable"
    )


def wait_before(delivery: int, choose: Callable[[int, int], int] = random.randint) -> int:
    """Seconds to wait before a message is delivered again: doubling with each delivery, with full jitter.

    `choose` picks a whole number from a range; a simulation brings its own.
    """
    return choose(1, min(LONGEST_WAIT, 2**delivery))
