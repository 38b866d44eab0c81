"""Reading a participant's whole table, or the dossiers that it shares, by whoever may: the auditor and the people who run a stage."""

from collections.abc import Mapping
from typing import Any

from sandbox.world import Books
from shared.aws.dossiers import dossier_of
from shared.aws.ledger import record_of, stock_of
from shared.saga.dossier import Dossier


def read_books(dynamodb: Any, table: str) -> Books:
    """Everything in it: a strongly consistent scan, page by page. `dynamodb` is a boto3 client."""
    items = _scan(dynamodb, table)
    records = [record_of(item) for item in items if item["sk"]["S"] == "RECORD"]
    return Books(
        {record.trip_id: record for record in records},
        dict(stock_of(item) for item in items if item["sk"]["S"] != "RECORD"),
    )


def read_dossiers(dynamodb: Any, table: str) -> dict[str, Dossier]:
    """All dossiers in a table, by the saga's id."""
    return {dossier.trip_id: dossier for dossier in map(dossier_of, _scan(dynamodb, table))}


def books_in(dossiers: Mapping[str, Dossier], participant: str) -> Books:
    """What one participant has in them."""
    found = {name: dossier.decisions.get(participant) for name, dossier in dossiers.items()}
    return Books({name: record for name, record in found.items() if record}, {})


def _scan(dynamodb: Any, table: str) -> list[dict[str, Any]]:
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [item for page in pages for item in page["Items"]]
