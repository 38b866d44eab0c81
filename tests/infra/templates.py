"""Reading synthesised templates, and what tests ask of any value in them."""

from collections.abc import Iterator
from typing import Any

from infra.templates import Resource, Template, Templates, plain, read

__all__ = ["Resource", "Template", "Templates", "listed", "plain", "read", "strings"]


def listed(value: Any) -> list[Any]:
    """What CloudFormation allows to be one thing or a list, as a list."""
    return value if isinstance(value, list) else [value]


def strings(value: Any) -> Iterator[str]:
    """Every string anywhere in a value, keys included."""
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield key
                yield from strings(inner)
        case list():
            for inner in value:
                yield from strings(inner)
