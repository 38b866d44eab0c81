"""What a test can do to the chain and see of it."""

import json
from dataclasses import dataclass
from typing import Any

from sandbox.engine import queues
from sandbox.engine.engine import Engine
from sandbox.engine.process import wait_until
from tests.sandbox import chain

PATIENCE = 20.0


@dataclass(frozen=True)
class ChainWorld:
    """The chain, deployed on an engine."""

    engine: Engine

    def put(self, *orders: str, source: str = "shop", **credentials: str) -> None:
        """Put one event per order, all in one call."""
        answer = self.engine.clients.client("events", **credentials).put_events(
            Entries=[
                {
                    "Source": source,
                    "DetailType": "Ordered",
                    "Detail": json.dumps({"order": order}),
                    "EventBusName": chain.BUS,
                }
                for order in orders
            ]
        )
        assert answer["FailedEntryCount"] == 0

    def ask(self, do: str, **more: Any) -> Any:
        """Invoke the asking function; an error is answered as its error document."""
        answer = self.engine.clients.client("lambda").invoke(
            FunctionName=chain.ASK, Payload=json.dumps({"do": do, **more})
        )
        return json.load(answer["Payload"])

    def times_seen(self, order: str) -> int:
        """How often the consumer wrote an order."""
        item = self.engine.clients.client("dynamodb").get_item(TableName=chain.TABLE, Key={"pk": {"S": order}})
        return int(item["Item"]["seen"]["N"]) if "Item" in item else 0

    def saw(self, order: str) -> bool:
        """Wait until the consumer wrote an order."""
        return wait_until(lambda: self.times_seen(order) > 0, PATIENCE)

    def queued(self) -> tuple[queues.QueuedMessage, ...]:
        return queues.peek(self.engine, chain.QUEUE)

    def act_as_publisher(self) -> dict[str, str]:
        """Credentials of the role that may put hotel's events alone."""
        role = f"arn:aws:iam::{self.engine.account}:role/{chain.PUBLISHER}"
        session = self.engine.clients.client("sts").assume_role(RoleArn=role, RoleSessionName="test")
        credentials = session["Credentials"]
        return {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }
