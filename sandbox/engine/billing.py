"""How AWS counts what it bills: sizes, and the units that they make. Pure; used by `meter.py` inside the engine.

Sources: the pricing pages and developer guides of EventBridge, SQS and DynamoDB, as `docs/metering.md` names them.
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Attributes = Mapping[str, Any]
Index = Mapping[str, Any]
"""A global or local secondary index as DescribeTable tells it: KeySchema and Projection."""

CHUNK = 64 * 1024
"""Bytes in a billed request of EventBridge and SQS."""
WRITE_UNIT, READ_UNIT = 1024, 4096
EVENT_TIME = 14
"""Bytes that an entry's Time counts for."""
TRANSACTION = 2
"""A transaction prepares each item, and commits it."""


def started(size: float, block: int) -> int:
    """Blocks of that size that were begun; at least one."""
    return max(1, int(-(-size // block)))


def event_chunks(entry: Mapping[str, Any]) -> int:
    """What one entry of PutEvents is billed as."""
    texts = [entry.get("Source", ""), entry.get("DetailType", ""), entry.get("Detail", ""), *entry.get("Resources", ())]
    return started(sum(map(_bytes, texts)) + (EVENT_TIME if entry.get("Time") else 0), CHUNK)


def message_size(body: str, attributes: Mapping[str, Mapping[str, Any]] | None = None) -> int:
    """Bytes of a message: its body, and the names, types and values of its attributes."""
    extra = (
        _bytes(name) + _bytes(value.get("DataType", "")) + _bytes(value.get("StringValue", ""))
        for name, value in (attributes or {}).items()
    )
    return _bytes(body) + sum(extra)


def message_chunks(sizes: Iterable[int]) -> int:
    """What one call is billed as that carries messages of these sizes (none: one request)."""
    return started(sum(sizes), CHUNK)


def item_size(item: Attributes | None) -> int:
    """Bytes of an item: names and values; 0 when there is none."""
    return sum(_bytes(name) + _value_size(value) for name, value in (item or {}).items())


def write_units(before: Attributes | None, after: Attributes | None) -> int:
    """A put, update or delete: the larger of the images, in started KB. A failed condition is a write from and to `before`."""
    return started(max(item_size(before), item_size(after)), WRITE_UNIT)


def index_write_units(
    index: Index, table_keys: Sequence[str], before: Attributes | None, after: Attributes | None
) -> int:
    """What a write costs one index: nothing when its entry stays, one write of it, or two when its key moves."""
    keys = [part["AttributeName"] for part in index["KeySchema"]]
    old, new = (projected(index, keys, table_keys, item) for item in (before, after))
    if old == new:
        return 0
    if old is not None and new is not None and all(old[key] == new[key] for key in keys):
        return write_units(old, new)
    return sum(write_units(entry, None) for entry in (old, new) if entry is not None)


def projected(
    index: Index, keys: Sequence[str], table_keys: Sequence[str], item: Attributes | None
) -> Attributes | None:
    """An item's entry in an index; None when it has none (no such item, or a key attribute is missing)."""
    if item is None or any(key not in item for key in keys):
        return None
    projection = index.get("Projection") or {}
    if projection.get("ProjectionType", "ALL") == "ALL":
        return item
    kept = {*keys, *table_keys, *(projection.get("NonKeyAttributes") or ())}
    return {name: value for name, value in item.items() if name in kept}


def read_units(sizes: Iterable[int], *, consistent: bool) -> float:
    """GetItem and BatchGetItem: each key by itself in started 4 KB, at least one, absent or not; half if eventual."""
    return sum(started(size, READ_UNIT) for size in sizes) * (1.0 if consistent else 0.5)


def page_units(sizes: Iterable[int], *, consistent: bool) -> float:
    """Query and Scan: everything read, before any filter, added up and then rounded."""
    return started(sum(sizes), READ_UNIT) * (1.0 if consistent else 0.5)


def _value_size(value: Mapping[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind in _PLAIN:
        return _PLAIN[kind](content)
    match kind:
        case "L":
            return 3 + sum(1 + _value_size(member) for member in content)
        case "M":
            return 3 + sum(1 + _bytes(name) + _value_size(member) for name, member in content.items())
        case _:  # a set: SS, NS or BS
            return sum(_value_size({kind[0]: member}) for member in content)


def _number_size(text: str) -> int:
    """About one byte for two significant digits (in pairs from the point), one more, and one for a minus."""
    sign, digits, exponent = _parts(text)
    if not digits:
        return 1
    pairs = -(-(len(digits) + exponent % 2) // 2)
    return pairs + 1 + sign


def _parts(text: str) -> tuple[int, str, int]:
    """Whether it is negative, its significant digits, and the power of ten behind them."""
    mantissa, _, power = text.lower().lstrip("+-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    shortened = (whole + fraction).lstrip("0").rstrip("0")
    trailing = len(whole + fraction) - len((whole + fraction).rstrip("0"))
    return int(text.startswith("-")), shortened, int(power or 0) - len(fraction) + trailing


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


_PLAIN: Mapping[str, Callable[[Any], int]] = {
    "S": _bytes,
    "N": _number_size,
    "B": lambda text: len(base64.b64decode(text)),
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
}
