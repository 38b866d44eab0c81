"""The ledger on DynamoDB: one table per participant, records beside stock.

A record lies at pk `TRIP#<trip id>`, sk `RECORD`; a stock item at pk `STOCK#<item>`, sk `<unit>`.
"""

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from botocore.exceptions import ClientError

from shared.aws.clients import BUSY, understanding
from shared.message import Unreadable
from shared.ports import Busy, Seen, Stale, Tripwire
from shared.saga.record import Claim, Record, Stock, StockKey

Item = Mapping[str, Any]

READ_AT_ONCE = 100
"""BatchGetItem's limit."""
CONFLICT_TRIES = 4
"""A transaction that meets another one on the same item is tried this often, a few jittered milliseconds apart."""
_JSON = ("trip", "claims", "details", "definition")


class DynamoLedger:
    """`Ledger` on one table. `client` is a boto3 DynamoDB client; `sleep` takes seconds."""

    def __init__(self, client: Any, table: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def look(self, trip_id: str, keys: Sequence[StockKey]) -> Seen:
        """BatchGetItem, strongly consistent; 100 items a call."""
        wanted = [record_key(trip_id), *map(stock_key, keys)]
        items = [
            item
            for start in range(0, len(wanted), READ_AT_ONCE)
            for item in self._read(wanted[start : start + READ_AT_ONCE])
        ]
        record = next((item for item in items if item["sk"]["S"] == "RECORD"), None)
        shelf = dict(stock_of(item) for item in items if item is not record)
        return Seen(record_of(record) if record else None, shelf)

    def _read(self, keys: list[dict[str, Any]]) -> Iterator[Item]:
        with understanding():
            answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys, "ConsistentRead": True}})
        if answer["UnprocessedKeys"]:
            raise Busy("BatchGetItem left keys unread")
        yield from answer["Responses"].get(self._table, ())

    def decide(self, record: Record) -> Record | Stale:
        """A conditional put, in a transaction with the conditional updates of the stock it claims."""
        put = {
            "TableName": self._table,
            "Item": item_of(record),
            "ConditionExpression": "attribute_not_exists(pk)",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return self._write({"Put": put}, [self._take(claim) for claim in record.claims], record)

    def release(self, booked: Record, cancelled: Record) -> Record:
        """The conditional put of the cancellation, in a transaction with the stock it gives back."""
        same_request, values = "", {":standing": {"S": str(booked.state)}}
        if booked.request_hash is not None:
            same_request, values[":hash"] = " AND requestHash = :hash", {"S": booked.request_hash}
        put = {
            "TableName": self._table,
            "Item": item_of(cancelled),
            "ConditionExpression": f"#state = :standing{same_request}",
            "ExpressionAttributeNames": {"#state": "state"},
            "ExpressionAttributeValues": values,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        answer = self._write({"Put": put}, [self._give_back(claim) for claim in booked.claims], cancelled)
        if isinstance(answer, Stale):
            raise Tripwire(f"less is held than trip {booked.trip_id} claims of {', '.join(map(str, answer.keys))}")
        return answer

    def _take(self, claim: Claim) -> dict[str, Any]:
        fresh = " OR attribute_not_exists(pk)" if claim.unlisted >= claim.quantity else ""
        return self._update(
            claim,
            "SET #c = if_not_exists(#c, :u), available = if_not_exists(available, :u) - :n, held = if_not_exists(held, :zero) + :n",
            f"available >= :n{fresh}",
            {":u": claim.unlisted, ":zero": 0, ":n": claim.quantity},
            {"#c": "capacity"},
        )

    def _give_back(self, claim: Claim) -> dict[str, Any]:
        return self._update(
            claim, "SET available = available + :n, held = held - :n", "held >= :n", {":n": claim.quantity}, {}
        )

    def _update(
        self, claim: Claim, expression: str, condition: str, values: Mapping[str, int], names: Mapping[str, str]
    ) -> dict[str, Any]:
        update: dict[str, Any] = {
            "TableName": self._table,
            "Key": stock_key(claim.key),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {name: {"N": str(value)} for name, value in values.items()},
        }
        return {"Update": {**update, "ExpressionAttributeNames": dict(names)} if names else update}

    def _write(self, put: dict[str, Any], updates: list[dict[str, Any]], record: Record) -> Record | Stale:
        for attempt in range(1, CONFLICT_TRIES + 1):
            try:
                with understanding():
                    self._put(put, updates)
                return record
            except ClientError as error:
                answer = _why_not(error, record)
            if answer is not None:
                return answer
            if attempt < CONFLICT_TRIES:
                self._sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311 - jitter, no secret
        raise Busy("TransactionConflict")

    def _put(self, put: dict[str, Any], updates: list[dict[str, Any]]) -> None:
        if updates:
            self._client.transact_write_items(TransactItems=[put, *updates])
        else:  # half the price of a transaction of one
            self._client.put_item(**put["Put"])


def _why_not(error: ClientError, record: Record) -> Record | Stale | None:
    """Why a write was cancelled, in the protocol's order; None: a conflict, worth another try.

    A duplicate of the trip that took the last room fails the record's condition and the stock's at once: the record
    speaks first.
    """
    if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
        return _standing(error.response)
    reasons: Sequence[Mapping[str, Any]] = error.response.get("CancellationReasons", [])
    codes = [reason.get("Code", "None") for reason in reasons]
    if codes and codes[0] == "ConditionalCheckFailed":
        return _standing(reasons[0])
    if any(code in BUSY for code in codes):
        return None
    failed = tuple(
        claim.key for claim, code in zip(record.claims, codes[1:], strict=False) if code == "ConditionalCheckFailed"
    )
    if failed:
        return Stale(failed)
    raise Unreadable(str(error)) if "ValidationError" in codes else error


def _standing(failure: Mapping[str, Any]) -> Record:
    if not failure.get("Item"):  # a release of a record that is not there
        raise Tripwire("a record that was read is gone")
    return record_of(failure["Item"])


def record_key(trip_id: str) -> dict[str, Any]:
    """Where a trip's record lies."""
    return {"pk": {"S": f"TRIP#{trip_id}"}, "sk": {"S": "RECORD"}}


def stock_key(key: StockKey) -> dict[str, Any]:
    """Where a stock item lies."""
    return {"pk": {"S": f"STOCK#{key.item}"}, "sk": {"S": key.unit}}


def item_of(record: Record) -> dict[str, Any]:
    """A record as a DynamoDB item; what is nested is kept as JSON text (DynamoDB knows no floats)."""
    item = record_key(record.trip_id)
    for name, value in msgspec.to_builtins(record).items():
        if name in _JSON and value is not None:
            item[name] = {"S": json.dumps(value, separators=(",", ":"), ensure_ascii=False)}
        elif isinstance(value, bool):
            item[name] = {"BOOL": value}
        elif value is not None:
            item[name] = {"S": value}
    return item


def record_of(item: Item) -> Record:
    """The record in a DynamoDB item."""
    flat = {name: next(iter(value.values())) for name, value in item.items()}
    return msgspec.convert({**flat, **{name: json.loads(flat[name]) for name in _JSON if name in flat}}, Record)


def stock_of(item: Item) -> tuple[StockKey, Stock]:
    """The stock in a DynamoDB item."""
    capacity, available, held = (int(item[name]["N"]) for name in ("capacity", "available", "held"))
    return StockKey(item["pk"]["S"].removeprefix("STOCK#"), item["sk"]["S"]), Stock(capacity, available, held)
