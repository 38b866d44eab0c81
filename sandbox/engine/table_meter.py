"""DynamoDB's part of the meter: a wrapper around its whole interface, and one look at the pages it reads."""

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from sandbox.engine import billing
from sandbox.engine.patches import require

Add = Callable[[str, str, str, float], None]
Item = Mapping[str, Any]

SINGLE_WRITES = ("PutItem", "UpdateItem", "DeleteItem")
COSTS_THOUGH_FAILED = ("ConditionalCheckFailedException", "TransactionCanceledException")
PARTIQL = ("ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction")
"""Nobody here uses it; a call is told as `unmetered`."""


class TableMeter:
    """Counts the units of each call. `module` is MiniStack's DynamoDB."""

    def __init__(self, module: Any, add: Add) -> None:
        self._tables = require(module, "_tables")
        self._find = require(module, "_get_item_by_key")
        self._add = add
        self.page: list[Item] = []
        """What the last Query or Scan read, before any filter."""

    def writes(self, action: str, data: Mapping[str, Any]) -> list[tuple[str, Item]]:
        """The table and key (or item) of everything that a call wants to write."""
        if action in SINGLE_WRITES:
            return [(data["TableName"], data.get("Item") or data["Key"])]
        if action == "TransactWriteItems":
            actions = (next(iter(member.values())) for member in data["TransactItems"])
            return [(one["TableName"], one.get("Item") or one["Key"]) for one in actions]
        if action == "BatchWriteItem":
            return [
                (table, next(iter(one.values())).get("Item") or next(iter(one.values()))["Key"])
                for table, requests in data["RequestItems"].items()
                for one in requests
            ]
        return []

    def image(self, table: str, key: Item) -> Item | None:
        """The item as it is now."""
        found: Item | None = self._find(self._tables[table], key) if self._tables.get(table) else None
        return found

    def written(self, action: str, table: str, before: Item | None, after: Item | None) -> None:
        """Count one write; the indexes copy it once, whether it was part of a transaction or not."""
        factor = billing.TRANSACTION if action == "TransactWriteItems" else 1
        self._add("write_units", table, action, factor * billing.write_units(before, after))
        about = self._tables[table]
        keys = [name for name in (about["pk_name"], about["sk_name"]) if name]
        for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
            for index in about.get(kind) or ():
                if units := billing.index_write_units(index, keys, before, after):
                    self._add("write_units", table, f"{action} in index {index['IndexName']}", units)

    def read(self, action: str, data: Mapping[str, Any]) -> None:
        """Count a call that read something."""
        consistent = bool(data.get("ConsistentRead"))
        match action:
            case "GetItem":
                size = billing.item_size(self.image(data["TableName"], data["Key"]))
                self._add("read_units", data["TableName"], action, billing.read_units([size], consistent=consistent))
            case "BatchGetItem":
                for table, asked in data["RequestItems"].items():
                    sizes = [billing.item_size(self.image(table, key)) for key in asked["Keys"]]
                    strong = bool(asked.get("ConsistentRead"))
                    self._add("read_units", table, action, billing.read_units(sizes, consistent=strong))
            case "TransactGetItems":
                for one in (member["Get"] for member in data["TransactItems"]):
                    size = billing.item_size(self.image(one["TableName"], one["Key"]))
                    units = billing.TRANSACTION * billing.read_units([size], consistent=True)
                    self._add("read_units", one["TableName"], action, units)
            case "Query" | "Scan":
                what = f"{action} of index {data['IndexName']}" if data.get("IndexName") else action
                units = billing.page_units(map(billing.item_size, self.page), consistent=consistent)
                self._add("read_units", data["TableName"], what, units)
            case _ if action in PARTIQL:
                self._add("unmetered", "dynamodb", action, 1)


def hook(add: Add) -> None:
    """Hook a meter into MiniStack's DynamoDB. Its calls do not interleave: each runs without awaiting anything."""
    module: Any = import_module("ministack.services.dynamodb")
    handle, paginate = require(module, "handle_request"), require(module, "_paginate_evaluated_items")
    meter = TableMeter(module, add)

    async def handled(method: str, path: str, headers: dict[str, str], body: bytes, query: dict[str, Any]) -> Any:
        action = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
        before = _before(meter, action, body)
        answer = await handle(method, path, headers, body, query)
        if answer[0] == 200:
            for table, key, old in before:
                meter.written(action, table, old, meter.image(table, key))
            meter.read(action, json.loads(body or b"{}"))
        elif json.loads(answer[2]).get("__type") in COSTS_THOUGH_FAILED:
            for table, _, old in before:
                meter.written(action, table, old, old)
        return answer

    def paged(items: Any, limit: Any, table: Any, index_name: Any = None) -> Any:
        page, more = paginate(items, limit, table, index_name)
        meter.page = list(page)
        return page, more

    module.handle_request, module._paginate_evaluated_items = handled, paged  # noqa: SLF001


def _before(meter: TableMeter, action: str, body: bytes) -> list[tuple[str, Item, Item | None]]:
    """What a call wants to write: table, key, and the item as it stands; nothing of a malformed call, which will be refused."""
    try:
        return [(table, key, meter.image(table, key)) for table, key in meter.writes(action, json.loads(body or b"{}"))]
    except (ValueError, KeyError, AttributeError, StopIteration, TypeError):
        return []
