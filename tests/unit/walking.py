"""A walk through a state machine's definition: what it calls, whom it hands over to, and how it ends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.machine import SEND
from sandbox.memory.machine import Call, StateMachine
from tests.samples import NOW

REQUEST = {"tripId": "trip-1", "requestHash": "a", "cause": "event-1", "requestedAt": "", "deadline": ""}

Answers = Callable[[str, str], str | Exception]
"""From what is asked (book, cancel, decide) and of whom: an outcome, or a fault."""


@dataclass
class Walk:
    """What an execution did."""

    calls: list[str] = field(default_factory=list)
    said: list[tuple[str, str]] = field(default_factory=list)
    """Cause and reason as each call was told them."""
    end: str = ""


def walk(definition: Mapping[str, Any], answers: Answers) -> Walk:
    """Run an execution. What fails has used up its retries."""
    machine, done = StateMachine(definition, retries=0), Walk()
    execution = machine.begin("trip-1", REQUEST, NOW)
    while call := machine.call(execution):
        do, leg = _asked(call, done)
        done.calls.append(f"{do} {leg}")
        outcome = answers(do, leg)
        if isinstance(outcome, Exception):
            execution = machine.fail(execution, type(outcome).__name__, str(outcome))
        else:
            execution = machine.resume(execution, _answer(leg, outcome))
    done.end = execution.state
    return done


def _asked(call: Call, done: Walk) -> tuple[str, str]:
    if call.resource == SEND:
        return "hand over", call.arguments["QueueUrl"]
    payload = call.arguments["Payload"]
    done.said.append((payload["cause"], payload["reason"]))
    return payload["do"], call.arguments["FunctionName"]


def _answer(leg: str, outcome: str) -> Mapping[str, str]:
    return {"outcome": outcome, "eventId": f"{leg}:{outcome}", "reason": f"{leg}'s" if outcome == "Failed" else ""}
