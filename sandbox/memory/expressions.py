"""The expressions in a state machine: JSONata, evaluated once for the same values.

Values go in and come out as JSON text, so that they compare, hash and keep. An expression is given exactly what it names
(`$states.input.outcome`: that, and not the whole input), so what it does not look at makes no difference to the cache.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias

from jsonata import Jsonata, Utils

from infra.asl import is_expression

Scope: TypeAlias = Mapping[str, str]
"""What an expression may name, such as `reason` or `states.context.Execution.Input`, as JSON text."""
Bindings: TypeAlias = tuple[tuple[str, str], ...]

RESULTS: Final = 100_000
"""How many results are kept: some hundred bytes each."""
_QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"")
_NAMED: Final = re.compile(r"\$([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)")


class QueryFailed(ValueError):
    """An expression has no value, or not one of the kind that is needed. AWS calls it States.QueryEvaluationError."""


def as_text(value: Any) -> str:
    """A JSON value as the one text that stands for it."""
    return json.dumps(value, sort_keys=True)


def filled(template: Any, scope: Scope) -> str:
    """A field's value with every expression in it evaluated. Raises `QueryFailed`."""
    return evaluate(template, scope) if is_expression(template) else as_text(_filled(template, scope))


def evaluate(expression: str, scope: Scope) -> str:
    """What `{% expression %}` is where these names stand for these values. Raises `QueryFailed`."""
    return _evaluated(expression, tuple(_known(_names(expression), scope)))


def _filled(template: Any, scope: Scope) -> Any:
    if is_expression(template):
        return json.loads(evaluate(template, scope))
    if isinstance(template, Mapping):
        return {key: _filled(value, scope) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, scope) for value in template]
    return template


@cache
def _names(expression: str) -> tuple[str, ...]:
    """The paths that it names, without those that lie within another."""
    found = sorted(set(_NAMED.findall(_QUOTED.sub("''", expression))))
    return tuple(path for path in found if not any(path.startswith(f"{other}.") for other in found))


def _known(paths: Iterable[str], scope: Scope) -> Iterator[tuple[str, str]]:
    """What the paths lead to; one that leads nowhere is left out, and is undefined to the expression."""
    for path in paths:
        within = [name for name in scope if name.startswith(f"{path}.")]
        yield from ((name, scope[name]) for name in within)
        for name in (name for name in scope if path == name or path.startswith(f"{name}.")):
            yield from _reached(name, scope[name], path[len(name) + 1 :])


def _reached(name: str, text: str, rest: str) -> Iterator[tuple[str, str]]:
    """Down a path into a value, as far as it leads through objects: what JSONata makes of a list is left to it."""
    if not rest:
        yield name, text
        return
    value, steps = json.loads(text), rest.split(".")
    for place, step in enumerate(steps):
        if not isinstance(value, dict):
            yield ".".join((name, *steps[:place])), as_text(value)
            return
        if step not in value:
            return
        value = value[step]
    yield f"{name}.{rest}", as_text(value)


@lru_cache(RESULTS)
def _evaluated(expression: str, bindings: Bindings) -> str:
    bound: dict[str, Any] = {}
    for path, text in bindings:
        *outer, last = path.split(".")
        place = bound
        for step in outer:
            place = place.setdefault(step, {})
        value = json.loads(text)
        place[last] = Utils.NULL_VALUE if value is None else value
    try:
        value = _parsed(expression).evaluate(None, bound)
    except Exception as error:  # of the library: a type that does not fit, a number out of range
        raise QueryFailed(f"{expression}: {error}") from error
    if value is None:
        raise QueryFailed(f"{expression} has no value")
    return as_text(Utils.convert_nulls(value))


@cache
def _parsed(expression: str) -> Jsonata:
    parsed = Jsonata(expression.removeprefix("{%").removesuffix("%}").strip())
    parsed.set_output_convert_nulls(False)  # or null could not be told from undefined
    return parsed
