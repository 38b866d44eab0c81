"""Reading a participant's whole table, by whoever may: the auditor and the people who run a stage."""

from typing import Any

from sandbox.world import Books
from shared.aws.ledger import record_of, stock_of


def read_books(dynamodb: Any, table: str) -> Books:
    """Everything in it: a strongly consistent scan, page by page. `dynamodb` is a boto3 client."""
    pages = dynamodb.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    items = [item for page in pages for item in page["Items"]]
    records = [record_of(item) for item in items if item["sk"]["S"] == "RECORD"]
    return Books(
        {record.trip_id: record for record in records},
        dict(stock_of(item) for item in items if item["sk"]["S"] != "RECORD"),
    )
