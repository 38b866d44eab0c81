"""What can be known of a state machine without AWS: the rules of Amazon States Language, for definitions in JSONata.

It knows the kinds of state that ours uses, and refuses any other: nothing is let pass unread. Beyond AWS's own rules it
asks that a Choice has a Default, that each state is reached, and that each can come to an end. Source: the
language's specification (states-language.net) and AWS's developer guide.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

State = Mapping[str, Any]
States = Mapping[str, State]

LONGEST_NAME: Final = 80
LARGEST: Final = 1024 * 1024
"""Bytes of a definition."""

ENDS: Final = ("Succeed", "Fail")
_COMMON: Final = {"Type", "Comment"}
FIELDS: Final[Mapping[str, set[str]]] = {
    "Task": _COMMON | {"Resource", "Arguments", "Assign", "Output", "Retry", "Catch", "TimeoutSeconds", "Next", "End"},
    "Choice": _COMMON | {"Choices", "Default", "Assign", "Output"},
    "Succeed": _COMMON | {"Output"},
    "Fail": _COMMON | {"Error", "Cause"},
}
"""The fields of each kind in JSONata; those of JSONPath (`Parameters`, `ResultPath`, `InputPath` ...) are not among them."""
_RULE: Final = {"Condition", "Next", "Assign", "Output", "Comment"}
_CATCHER: Final = {"ErrorEquals", "Next", "Assign", "Output", "Comment"}
_RETRIER: Final = {
    *("ErrorEquals", "IntervalSeconds", "BackoffRate", "MaxAttempts", "MaxDelaySeconds", "JitterStrategy", "Comment")
}
_VARIABLE: Final = re.compile(r"\$([A-Za-z]\w*)(?!\w*\()")
_TEXT: Final = re.compile(r"'[^']*'")


class InvalidMachine(ValueError):
    """The definition would be refused, or could get stuck; the message names each state and what is wrong."""


def checked(definition: State) -> str:
    """The definition as text, ready to deploy. Raises `InvalidMachine`."""
    if found := [*problems(definition)]:
        raise InvalidMachine("\n".join(found))
    return json.dumps(definition)


def problems(definition: State) -> Iterator[str]:
    """Everything that is wrong with it, in sentences."""
    states: States = definition["States"]
    if definition.get("QueryLanguage") != "JSONata":
        yield "the machine's QueryLanguage is not JSONata"
    if len(json.dumps(definition).encode()) > LARGEST:
        yield f"the definition has more than {LARGEST} bytes"
    for name, state in states.items():
        yield from (f"{name}: {problem}" for problem in _of_state(name, state, states))
    yield from _ways(definition["StartAt"], states)
    yield from (f"{name}: {problem}" for name, state in states.items() for problem in _expressions(state, states))


def targets(state: State) -> list[str]:
    """Where an execution may go from a state, faults included."""
    branches = [*state.get("Choices", ()), *state.get("Catch", ())]
    straight = [state[key] for key in ("Next", "Default") if key in state]
    return [*straight, *(branch["Next"] for branch in branches if "Next" in branch)]


def _of_state(name: str, state: State, states: States) -> Iterator[str]:
    if len(name) > LONGEST_NAME:
        yield f"a name has at most {LONGEST_NAME} characters"
    kind = str(state.get("Type"))
    if kind not in FIELDS:
        yield f"Type {kind!r} is not known here"
        return
    yield from (f"{field} is no field of a {kind}" for field in sorted(state.keys() - FIELDS[kind]))
    yield from (f"{target!r} is no state" for target in targets(state) if target not in states)
    if kind == "Choice":
        yield from _choice(state)
    if kind == "Task":
        yield from _task(state)


def _choice(state: State) -> Iterator[str]:
    if not state.get("Choices"):
        yield "a Choice needs Choices"
    if "Default" not in state:
        yield "a Choice needs a Default, or what no rule matches is an error"
    for rule in state.get("Choices", ()):
        yield from (f"{field} is no field of a rule" for field in sorted(rule.keys() - _RULE))
        if "Next" not in rule or not is_expression(rule.get("Condition")):
            yield "a rule needs Next, and a Condition that is an expression"


def _task(state: State) -> Iterator[str]:
    if ("Next" in state) is (state.get("End") is True):
        yield "a Task has either Next or End"
    if not str(state.get("Resource", "")).startswith("arn:"):
        yield "a Task needs a Resource"
    retriers, catchers = state.get("Retry", ()), state.get("Catch", ())
    yield from _errors(retriers)
    yield from _errors(catchers)
    for retrier in retriers:
        yield from _retrier(retrier)
    for catcher in catchers:
        yield from (f"{field} is no field of a catcher" for field in sorted(catcher.keys() - _CATCHER))
        if "Next" not in catcher:
            yield "a catcher needs Next"


def _errors(handlers: list[State]) -> Iterator[str]:
    for place, handler in enumerate(handlers):
        errors = handler.get("ErrorEquals")
        if not errors:
            yield "ErrorEquals names no error"
        elif "States.ALL" in errors and (len(errors) > 1 or place < len(handlers) - 1):
            yield "States.ALL stands alone, and last"


def _retrier(retrier: State) -> Iterator[str]:
    yield from (f"{field} is no field of a retrier" for field in sorted(retrier.keys() - _RETRIER))
    interval = retrier.get("IntervalSeconds", 1)
    if not (isinstance(interval, int) and interval >= 1):
        yield "IntervalSeconds is a whole number from 1"
    if not 0 <= retrier.get("MaxAttempts", 3) <= 99_999_999:
        yield "MaxAttempts is a number from 0 to 99,999,999"
    if retrier.get("BackoffRate", 2.0) < 1:
        yield "BackoffRate is a number from 1"
    if not interval < retrier.get("MaxDelaySeconds", interval + 1) < 31_622_400:
        yield "MaxDelaySeconds is more than IntervalSeconds, and less than 31,622,400"
    if retrier.get("JitterStrategy", "NONE") not in ("FULL", "NONE"):
        yield "JitterStrategy is FULL or NONE"


def _ways(start: str, states: States) -> Iterator[str]:
    """Whether each state is reached from the start, and comes to an end."""
    onward = {name: {target for target in targets(state) if target in states} for name, state in states.items()}
    if start not in states:
        yield f"StartAt: {start!r} is no state"
    backward = {name: {other for other in onward if name in onward[other]} for name in states}
    ends = {name for name, state in states.items() if state.get("Type") in ENDS or state.get("End") is True}
    yield from (f"{name}: never reached" for name in states if name not in _reached({start}, onward))
    yield from (f"{name}: comes to no end" for name in states if name not in _reached(ends, backward))


def _reached(places: set[str], ways: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    while places:
        seen |= places
        places = {target for place in places for target in ways.get(place, ())} - seen
    return seen


def _expressions(state: State, states: States) -> Iterator[str]:
    """Expressions are whole strings; their variables are assigned somewhere; a result is known after the call only."""
    known = {"states", *(name for other in states.values() for name in _assigned(other))}
    for path, text in _strings(state):
        if ("{%" in text or "%}" in text) and not is_expression(text):
            yield f"{path}: an expression begins with {{% and ends with %}}, and nothing stands beside it"
        elif is_expression(text):
            plain = _TEXT.sub("''", text)
            yield from (f"{path}: ${name} is never assigned" for name in _VARIABLE.findall(plain) if name not in known)
            if "$states.result" in plain and path.startswith(("Arguments", "Choices", "Catch")):
                yield f"{path}: $states.result is not known there"


def _assigned(state: State) -> Iterator[str]:
    for part in (state, *state.get("Catch", ()), *state.get("Choices", ())):
        yield from part.get("Assign", ())


def is_expression(value: object) -> bool:
    """Whether a field's value is to be evaluated; any other stands for itself."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def _strings(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text in a value, with the way to it."""
    match value:
        case str():
            yield path, value
        case Mapping():
            for key, inner in value.items():
                yield from _strings(inner, f"{path}.{key}" if path else str(key))
        case list():
            for inner in value:
                yield from _strings(inner, path)
