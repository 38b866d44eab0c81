"""A participant's stock, for the people who run it: listing capacities, and seeing what is free and held.

It is written by the owner's own code, under the owner's own role; nobody else touches the table.
"""

import os
from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.aws.clients import client
from shared.aws.entry import Event, Handler, at_cold_start
from shared.aws.ledger import stock_key, stock_of
from shared.aws.settings import settings_from
from shared.saga.participant import Participant
from shared.saga.record import Stock, StockKey

TRIES = 10


class StockError(Exception):
    """What was asked of the stock cannot be done; the message names the field, the value and the cure."""


class DynamoStock:
    """The stock items of one table. `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def listed(self, item: str | None = None) -> Iterator[tuple[StockKey, Stock]]:
        """What is listed of one item, or of all (a scan of the table)."""
        for page in self._pages(item):
            yield from map(stock_of, page["Items"])

    def _pages(self, item: str | None) -> Iterator[dict[str, Any]]:
        if item is None:
            paginator, ask = (
                "scan",
                {"FilterExpression": "begins_with(pk, :pk)", "ExpressionAttributeValues": {":pk": {"S": "STOCK#"}}},
            )
        else:
            paginator, ask = (
                "query",
                {"KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": f"STOCK#{item}"}}},
            )
        yield from self._client.get_paginator(paginator).paginate(TableName=self._table, ConsistentRead=True, **ask)

    def set_capacity(self, key: StockKey, capacity: int) -> Stock:
        """List an item with this capacity; what is held stays held. Raises `StockError` if more than that is held."""
        for _ in range(TRIES):
            found = self._client.get_item(TableName=self._table, Key=stock_key(key), ConsistentRead=True).get("Item")
            held = stock_of(found)[1].held if found else 0
            if capacity < held:
                raise StockError(f"capacity = {capacity}: {held} of {key} are held; set at least {held}")
            stock = Stock(capacity, capacity - held, held)
            if self._replace(key, stock):
                return stock
        raise StockError(f"{key} changed {TRIES} times meanwhile; try again")

    def _replace(self, key: StockKey, stock: Stock) -> bool:
        numbers = {name: {"N": str(getattr(stock, name))} for name in stock.__struct_fields__}
        fresh = "attribute_not_exists(pk) OR " if stock.held == 0 else ""
        try:
            self._client.put_item(
                TableName=self._table,
                Item={**stock_key(key), **numbers},
                ConditionExpression=f"{fresh}held = :held",
                ExpressionAttributeValues={":held": numbers["held"]},
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True


def stock_desk(participant: Participant) -> Handler:
    """The function that lists and sets a participant's stock, invoked directly: `{"do": "list"}` or `{"do": "set", "item", "unit", "capacity"}`."""
    stock_of_stage = at_cold_start(_open_stock)

    def handler(event: Event, _context: LambdaContext) -> dict[str, Any]:
        try:
            return {"stock": _answer(participant, stock_of_stage(), event)}
        except StockError as error:
            return {"error": str(error)}

    return handler


def _open_stock() -> DynamoStock:
    return DynamoStock(client("dynamodb"), settings_from(os.environ).table)


def _answer(participant: Participant, stock: DynamoStock, event: Event) -> list[dict[str, Any]]:
    match event:
        case {"do": "list"}:
            return [_row(key, item) for key, item in stock.listed()]
        case {"do": "set", "item": str(item), "unit": str(unit), "capacity": int(capacity)} if (
            not isinstance(capacity, bool) and capacity >= 0 and item.strip()
        ):
            try:
                key = participant.shelve(item, unit)
            except ValueError as error:
                raise StockError(str(error)) from error
            return [_row(key, stock.set_capacity(key, capacity))]
        case _:
            raise StockError(
                'send {"do": "list"} or {"do": "set", "item": text, "unit": text, "capacity": a whole number from 0}'
            )


def _row(key: StockKey, stock: Stock) -> dict[str, Any]:
    return {
        "item": key.item,
        "unit": key.unit,
        "capacity": stock.capacity,
        "available": stock.available,
        "held": stock.held,
    }
