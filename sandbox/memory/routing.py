"""Which queues hear an event, by a stage's rules; looked up by what the rules read of it, so that the same kind is matched once."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from infra.catalog import CATALOG, Catalog
from infra.matching import heard_by
from infra.rules import Rule, all_rules
from infra.stages import Stage
from sandbox.world import Inbox

Path = tuple[str, ...]
"""The way to a field of an event."""


class Routes:
    """The rules of a bus."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self._paths = sorted({path for rule in rules for path in _read_by(rule.pattern)})
        self._known: dict[object, tuple[Inbox, ...]] = {}

    def inboxes(self, event: Mapping[str, Any]) -> tuple[Inbox, ...]:
        """Where an event (source, detail-type, detail) goes, once for each rule that it matches."""
        seen = tuple(_value(event, path) for path in self._paths)
        key = tuple((type(value), value) for value in seen)  # true is not 1
        try:
            found = self._known.get(key)
        except TypeError:  # a list or an object where the rules expect a plain value
            return self._match(event)
        if found is None:
            found = self._known[key] = self._match(event)
        return found

    def _match(self, event: Mapping[str, Any]) -> tuple[Inbox, ...]:
        return tuple(Inbox(rule.service, rule.role) for rule in heard_by(self.rules, event))


@cache
def routes_of(stage: Stage, catalog: Catalog = CATALOG) -> Routes:
    """The routes of a stage, made once."""
    return Routes(all_rules(catalog, stage))


def _read_by(pattern: Mapping[str, Any], before: Path = ()) -> Iterator[Path]:
    for key, wanted in pattern.items():
        if key == "$or":
            for branch in wanted:
                yield from _read_by(branch, before)
        elif isinstance(wanted, Mapping):
            yield from _read_by(wanted, (*before, key))
        else:
            yield (*before, key)


def _value(event: Any, path: Path) -> Any:
    """What stands there; `KeyError` itself for nothing, which is not the same as null."""
    for key in path:
        if not isinstance(event, Mapping) or key not in event:
            return KeyError
        event = event[key]
    return event
