"""Asking each participant for its stock: the owner's own function answers and writes, nobody else touches its table."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from console.connection import Target
from console.render import plain
from console.trouble import Exit, Trouble
from infra.catalog import CATALOG

STOCK = "stock"
"""The role of the function that operators invoke."""

PARTICIPANTS = tuple(CATALOG.legs)


class Row(NamedTuple):
    """One stock item: what there is of it, what is free, what trips hold."""

    service: str
    item: str
    unit: str
    capacity: int
    available: int
    held: int


def stock(target: Target, services: Sequence[str] = PARTICIPANTS) -> list[Row]:
    """All listed stock of these participants. Raises Trouble when one cannot answer."""
    with ThreadPoolExecutor() as at_once:  # a first call may have to start each function
        answers = at_once.map(lambda service: _ask(target, service, {"do": "list"}), services)
        return sorted(row for rows in answers for row in rows)


def set_capacity(target: Target, service: str, item: str, unit: str, capacity: int) -> Row:
    """List an item with this capacity. Raises Trouble with the owner's reason when it refuses."""
    (row,) = _ask(target, service, {"do": "set", "item": item, "unit": unit, "capacity": capacity})
    return row


def _ask(target: Target, service: str, question: dict[str, Any]) -> list[Row]:
    function = target.names.function(service, STOCK)
    answer = target.client("lambda").invoke(FunctionName=function, Payload=json.dumps(question).encode())
    told = json.load(answer["Payload"])
    if "FunctionError" in answer:
        raise Trouble(f"function {function} failed ({plain(told.get('errorMessage', told))}): see its log")
    if "error" in told:
        raise Trouble(f"{service} refuses: {plain(told['error'])}", Exit.NO)
    return [Row(service, **row) for row in told["stock"]]
