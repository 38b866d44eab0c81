"""Dossiers on DynamoDB: one item a saga, in a table that its participants share.

It lies where a record would: pk `TRIP#<id>`, sk `RECORD`. For people: `records`, `steps` and `status`; `decisions` and
`version` are the guard. What is nested is kept as JSON text (DynamoDB knows no floats).
"""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from shared.aws.clients import understanding
from shared.aws.ledger import Item, record_key
from shared.saga.dossier import Dossier, Standing
from shared.saga.record import Record


class DynamoDossiers:
    """`Dossiers` on one table. `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def read(self, trip_id: str) -> Dossier | None:
        with understanding():
            answer = self._client.get_item(TableName=self._table, Key=record_key(trip_id), ConsistentRead=True)
        return dossier_of(answer["Item"]) if "Item" in answer else None

    def replace(self, dossier: Dossier) -> bool:
        first = dossier.version == 1
        condition = "attribute_not_exists(pk)" if first else "version = :before"
        values = {} if first else {"ExpressionAttributeValues": {":before": {"N": str(dossier.version - 1)}}}
        try:
            with understanding():
                self._client.put_item(
                    TableName=self._table, Item=item_of(dossier), ConditionExpression=condition, **values
                )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def item_of(dossier: Dossier) -> dict[str, Any]:
    """A dossier as a DynamoDB item."""
    return {
        **record_key(dossier.trip_id),
        "records": {"M": {name: _text(details) for name, details in dossier.records.items()}},
        "steps": {"L": [{"S": step} for step in dossier.steps]},
        "status": {"S": str(dossier.status)},
        "decisions": {"M": {name: _text(msgspec.to_builtins(each)) for name, each in dossier.decisions.items()}},
        "version": {"N": str(dossier.version)},
    }


def dossier_of(item: Item) -> Dossier:
    """The dossier in a DynamoDB item."""
    decisions = item["decisions"]["M"].items()
    return Dossier(
        trip_id=item["pk"]["S"].removeprefix("TRIP#"),
        decisions={name: msgspec.json.decode(value["S"], type=Record) for name, value in decisions},
        steps=tuple(step["S"] for step in item["steps"]["L"]),
        status=Standing(item["status"]["S"]),
        version=int(item["version"]["N"]),
    )


def _text(value: Mapping[str, Any]) -> dict[str, str]:
    return {"S": json.dumps(value, separators=(",", ":"), ensure_ascii=False)}
