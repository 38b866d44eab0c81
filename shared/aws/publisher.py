"""The publisher on EventBridge: PutEvents, every entry's answer read."""

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.clients import understood
from shared.message import Fact
from shared.ports import Busy

ENTRIES = 10
"""PutEvents' limit; ten facts of 16 KB and their metadata stay far below its 1 MB."""


class EventBridgePublisher:
    """`Publisher` on one bus. `client` is a boto3 EventBridge client."""

    def __init__(self, client: Any, bus: str) -> None:
        self._client = client
        self._bus = bus

    def publish(self, facts: Sequence[Fact]) -> Sequence[Exception | None]:
        """One PutEvents for ten facts; a fact whose entry failed is answered with `Busy`."""
        return [
            failure for start in range(0, len(facts), ENTRIES) for failure in self._put(facts[start : start + ENTRIES])
        ]

    def _put(self, facts: Sequence[Fact]) -> Iterator[Exception | None]:
        entries = [
            {"EventBusName": self._bus, "Source": fact.source, "DetailType": fact.detail_type, "Detail": fact.detail()}
            for fact in facts
        ]
        try:
            answers = self._client.put_events(Entries=entries)["Entries"]
        except (ClientError, BotoCoreError) as error:
            yield from [understood(error)] * len(facts)
            return
        for answer in answers:
            yield Busy(f"PutEvents: {answer['ErrorCode']}") if answer.get("ErrorCode") else None
