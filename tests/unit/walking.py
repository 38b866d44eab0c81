"""A walk through a state machine's definition: what it calls, whom it hands over to, and how it ends.

It reads the few forms of expression that ours holds, and refuses any other, so it cannot misread one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.machine import INVOKE, SEND

CONTEXT = {"cause": "event-1"}
"""As much of the execution's input as a variable is made of."""

ANSWER = re.compile(r"\{% \$states\.result\.Payload\.(\w+) %\}")
INPUT = re.compile(r"\{% \$states\.context\.Execution\.Input\.(\w+) %\}")
OUTCOME = re.compile(r"\{% \$states\.input\.outcome = '(\w+)' %\}")
VARIABLE = re.compile(r"\{% \$(\w+) %\}")
ASKED = re.compile(r"'do': '(\w+)', 'cause': (\S+), 'reason': (\S+),")

Answers = Callable[[str, str], str | Exception]
"""From what is asked (book, cancel, decide) and of whom: an outcome, or a fault."""


@dataclass
class Walk:
    """What an execution did."""

    calls: list[str] = field(default_factory=list)
    said: list[tuple[Any, Any]] = field(default_factory=list)
    """Cause and reason as each call was told them."""
    variables: dict[str, Any] = field(default_factory=dict)
    end: str = ""


def walk(definition: Mapping[str, Any], answers: Answers) -> Walk:
    """Run an execution. What fails has used up its retries."""
    states, name, done = definition["States"], definition["StartAt"], Walk()
    document: Mapping[str, Any] = {}
    while True:
        state = states[name]
        if state["Type"] in ("Succeed", "Fail"):
            done.end = name
            return done
        if state["Type"] == "Choice":
            name = _chosen(state, document, done)
            continue
        answer = _called(state, answers, done)
        then = state if isinstance(answer, Mapping) else state["Catch"][-1]
        document = answer if isinstance(answer, Mapping) else {}
        done.variables |= {key: _value(value, document) for key, value in then.get("Assign", {}).items()}
        name = then["Next"]


def _called(state: Mapping[str, Any], answers: Answers, done: Walk) -> Mapping[str, Any] | Exception:
    if state["Resource"] == SEND:
        leg = state["Arguments"]["QueueUrl"]
        done.calls.append(f"hand over {leg}")
        sent = answers("hand over", leg)
        return sent if isinstance(sent, Exception) else {}
    assert state["Resource"] == INVOKE
    leg, asked = state["Arguments"]["FunctionName"], ASKED.search(state["Arguments"]["Payload"])
    assert asked
    do, cause, reason = asked.groups()
    done.calls.append(f"{do} {leg}")
    done.said.append((done.variables.get(cause.removeprefix("$"), cause), done.variables.get(reason[1:], reason)))
    outcome = answers(do, leg)
    if isinstance(outcome, Exception):
        return outcome
    return {"outcome": outcome, "eventId": f"{leg}:{outcome}", "reason": f"{leg}'s" if outcome == "Failed" else ""}


def _chosen(state: Mapping[str, Any], document: Mapping[str, Any], done: Walk) -> str:
    for rule in state["Choices"]:
        condition = rule["Condition"]
        if wanted := OUTCOME.fullmatch(condition):
            holds = document["outcome"] == wanted.group(1)
        else:
            variable = VARIABLE.fullmatch(condition)
            assert variable, condition
            holds = done.variables[variable.group(1)]
        if holds:
            return str(rule["Next"])
    done.variables |= state.get("Assign", {})
    return str(state["Default"])


def _value(value: Any, document: Mapping[str, Any]) -> Any:
    if isinstance(value, str) and (found := ANSWER.fullmatch(value)):
        return document[found.group(1)]
    if isinstance(value, str) and (found := INPUT.fullmatch(value)):
        return CONTEXT[found.group(1)]
    if isinstance(value, str) and (found := VARIABLE.fullmatch(value)):
        raise AssertionError(f"a variable made of another is not read here: {value}")
    return value
