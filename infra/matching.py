"""Which events a pattern matches: the part of EventBridge's pattern language that our rules use.

For engines without an EventBridge and for tests of the rules. An operator that it does not know raises
ValueError, so that a rule can never silently mean something else here than on AWS.
"""

import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from infra.rules import Pattern, Rule

Event = Mapping[str, Any]

_ABSENT: Final = object()
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    "<": operator.lt,
    "<=": operator.le,
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
}


def heard_by(rules: Iterable[Rule], event: Event) -> list[Rule]:
    """The rules that an event (source, detail-type, detail) matches."""
    return [rule for rule in rules if matches(rule.pattern, event)]


def matches(pattern: Pattern, event: Event) -> bool:
    """True if every field that the pattern names accepts the event's value."""
    return all(_field(key, wanted, event) for key, wanted in pattern.items())


def _field(key: str, wanted: Any, event: Event) -> bool:
    if key == "$or":
        return any(matches(branch, event) for branch in wanted)
    value = event.get(key, _ABSENT)
    if isinstance(wanted, Mapping):
        inner = value if isinstance(value, Mapping) else {}
        return matches(dict(wanted), inner)
    # An array matches by any of its elements; an object or an empty array is no value at all.
    values = value if isinstance(value, list) and value else [value]
    return any(_accepts(choice, item) for item in values for choice in wanted)


def _accepts(choice: Any, value: Any) -> bool:
    absent = value is _ABSENT or isinstance(value, Mapping | list)
    if not isinstance(choice, Mapping):
        return not absent and _same(choice, value)
    ((name, argument),) = choice.items()
    if name == "exists":
        return bool(argument) is not absent
    return not absent and _operator(name, argument, value)


def _operator(name: str, argument: Any, value: Any) -> bool:
    match name:
        case "prefix":
            return isinstance(value, str) and value.startswith(argument)
        case "suffix":
            return isinstance(value, str) and value.endswith(argument)
        case "anything-but" if isinstance(argument, list):
            return not any(_same(item, value) for item in argument)
        case "numeric":
            return _is_number(value) and all(
                _COMPARE[sign](value, limit) for sign, limit in zip(argument[::2], argument[1::2], strict=True)
            )
    raise ValueError(f"a pattern uses {name!r} with {argument!r}, which is not known here")


def _same(wanted: Any, value: Any) -> bool:
    """JSON equality: true is not 1."""
    return isinstance(wanted, bool) is isinstance(value, bool) and bool(wanted == value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
