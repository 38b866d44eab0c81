"""A state machine in memory: the definition that is deployed, as a value that pure functions step.

An execution is frozen: whoever drives one (a world, a search through all interleavings, a simulator) may keep, compare
and hash it, and step it again from where it was. What the definition may hold is what `infra.asl` lets pass; the
meaning of each field is that of the language's specification (states-language.net) and AWS's developer guide.

A task that is called is the driver's to perform: it hands back the answer (`resume`) or an error's name (`fail`).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, TypeAlias

from infra.asl import checked
from infra.machine import INVOKE, SEND
from sandbox.memory.expressions import QueryFailed, Scope, as_text, filled
from shared.saga.starter import Standing

State: TypeAlias = Mapping[str, Any]
Status: TypeAlias = Literal["RUNNING", "SUCCEEDED", "FAILED", "ABORTED", "TIMED_OUT"]

STEPS: Final = 100_000
"""How many steps are kept, so that a search that comes by again pays a look-up."""
BY_NAME_ONLY: Final = ("States.Runtime", "States.DataLimitExceeded")
"""The errors that States.ALL does not stand for."""
_FIELDS: Final = {"Comment", "QueryLanguage", "StartAt", "TimeoutSeconds", "States"}
_ARN: Final = "arn:aws:states:us-east-1:000000000000:execution:memory:"


class Ending(NamedTuple):
    """How an execution ended."""

    status: Status
    error: str = ""
    cause: str = ""


class Call(NamedTuple):
    """What a task asks for: the service integration, and its arguments as JSON text."""

    resource: str
    text: str

    @property
    def arguments(self) -> dict[str, Any]:
        """`FunctionName` and `Payload` of an invocation, `QueueUrl` and `MessageBody` of a message."""
        found: dict[str, Any] = json.loads(self.text)
        return found


@dataclass(frozen=True, slots=True)
class Execution:
    """Where an execution stands. `request`, `input` and the variables' values are JSON text; moments are ISO 8601."""

    name: str
    request: str
    started: str
    state: str = ""
    entered: str = ""
    input: str = "{}"
    variables: tuple[tuple[str, str], ...] = ()
    retries: tuple[int, ...] = ()
    """Of the current state, by retrier."""
    wait: float = 0.0
    """Seconds until the task is called again, before jitter; 0 for its first call."""
    ended: Ending | None = None

    @property
    def status(self) -> Status:
        return self.ended.status if self.ended else "RUNNING"

    @property
    def standing(self) -> Standing:
        """As the starter sees it."""
        return Standing(self.status, self.request, self.ended.error if self.ended else "")


class StateMachine:
    """The interpreter. `retries` bounds every retrier's attempts, for a search that cannot try them all."""

    def __init__(self, definition: State, retries: int | None = None) -> None:
        """Raises ValueError for whatever is wrong with the definition, or not known here."""
        checked(definition)
        if unknown := sorted(definition.keys() - _FIELDS):
            raise ValueError(f"no field of a state machine that is known here: {', '.join(unknown)}")
        self._states: Mapping[str, State] = definition["States"]
        if others := {state["Resource"] for state in self._states.values() if "Resource" in state} - {INVOKE, SEND}:
            raise ValueError(f"no integration that is known here: {', '.join(sorted(others))}")
        self._start: str = definition["StartAt"]
        self._bound = retries
        self.timeout = timedelta(seconds=definition["TimeoutSeconds"])
        """After which an execution is timed out, whatever it does."""
        self._called = lru_cache(STEPS)(self._call)
        self._resumed = lru_cache(STEPS)(self._resume)
        self._failed = lru_cache(STEPS)(self._fail)

    def begin(self, name: str, request: Mapping[str, Any], at: datetime) -> Execution:
        """A new execution, at its first task."""
        text, moment = as_text(request), at.isoformat()
        return self._enter(Execution(name, text, moment), self._start, text, moment)

    def call(self, execution: Execution) -> Call | None:
        """What the execution waits for; None when it ended. Raises `QueryFailed`."""
        return None if execution.ended else self._called(execution)

    def resume(self, execution: Execution, answer: Any, at: datetime | None = None) -> Execution:
        """The task answered: onward to the next one, or to the end. No moment: time stands still. Raises `QueryFailed`."""
        return self._resumed(execution, as_text(answer), _moment(execution, at))

    def fail(self, execution: Execution, error: str, cause: str = "", at: datetime | None = None) -> Execution:
        """The task failed: it is to be called again, or its error is caught, or the execution fails. Raises `QueryFailed`."""
        return self._failed(execution, error, cause, _moment(execution, at))

    def stop(self, execution: Execution) -> Execution:
        """Stopped from outside: no Catch sees it. One that ended stays as it is."""
        return execution if execution.ended else replace(execution, ended=Ending("ABORTED"))

    def time_out(self, execution: Execution) -> Execution:
        """The machine's own timeout has passed: no Catch sees it. One that ended stays as it is."""
        return execution if execution.ended else replace(execution, ended=Ending("TIMED_OUT", "States.Timeout"))

    def _call(self, execution: Execution) -> Call:
        task = self._states[execution.state]
        return Call(task["Resource"], filled(task["Arguments"], _scope(execution)))

    def _resume(self, execution: Execution, answer: str, at: str) -> Execution:
        task = self._running(execution)
        result = f'{{"Payload": {answer}, "StatusCode": 200}}' if task["Resource"] == INVOKE else answer
        scope = {**_scope(execution), "states.result": result}
        return self._leave(execution, task, task.get("Next"), scope, result, at)

    def _fail(self, execution: Execution, error: str, cause: str, at: str) -> Execution:
        task = self._running(execution)
        if again := self._again(execution, task.get("Retry", ()), error):
            return again
        if catcher := next((it for it in task.get("Catch", ()) if _means(it, error)), None):
            told = as_text({"Error": error, "Cause": cause})
            scope = {**_scope(execution), "states.errorOutput": told}
            return self._leave(execution, catcher, catcher["Next"], scope, told, at)
        return replace(execution, ended=Ending("FAILED", error, cause))

    def _again(self, execution: Execution, retriers: Sequence[State], error: str) -> Execution | None:
        """The first retrier that means the error decides; None when its attempts are used up, or there is none."""
        place = next((place for place, it in enumerate(retriers) if _means(it, error)), None)
        if place is None:
            return None
        retrier, done = retriers[place], execution.retries[place]
        most = retrier.get("MaxAttempts", 3)
        if done >= (most if self._bound is None else min(most, self._bound)):
            return None
        retries = (*execution.retries[:place], done + 1, *execution.retries[place + 1 :])
        return replace(execution, retries=retries, wait=_delay(retrier, done))

    def _enter(self, execution: Execution, name: str, document: str, at: str) -> Execution:
        """Into a state, and on through every Choice: at rest at a task, or at the end."""
        state = self._states[name]
        retries = (0,) * len(state.get("Retry", ()))
        here = replace(execution, state=name, input=document, entered=at, retries=retries, wait=0.0)
        match state["Type"]:
            case "Task":
                return here
            case "Choice":
                return self._choose(here, state, at)
            case "Succeed":
                output = filled(state["Output"], _scope(here)) if "Output" in state else document
                return replace(here, input=output, ended=Ending("SUCCEEDED"))
            case "Fail":
                error, cause = (json.loads(filled(state.get(key, ""), _scope(here))) for key in ("Error", "Cause"))
                return replace(here, ended=Ending("FAILED", error, cause))
        raise ValueError(f"{name}: Type {state['Type']!r} is not known here")

    def _choose(self, execution: Execution, state: State, at: str) -> Execution:
        scope = _scope(execution)
        for rule in state["Choices"]:
            if _holds(rule["Condition"], scope):
                return self._leave(execution, rule, rule["Next"], scope, execution.input, at)
        return self._leave(execution, state, state["Default"], scope, execution.input, at)

    def _leave(  # noqa: PLR0913, PLR0917 - all that a step is made of
        self, execution: Execution, branch: State, to: str | None, scope: Scope, document: str, at: str
    ) -> Execution:
        """By a state, a rule or a catcher: assign, put out, go on. All is evaluated before anything is assigned."""
        assigned = {name: filled(value, scope) for name, value in branch.get("Assign", {}).items()}
        output = filled(branch["Output"], scope) if "Output" in branch else document
        variables = tuple(sorted({**dict(execution.variables), **assigned}.items()))
        onward = replace(execution, variables=variables)
        if to is None:
            return replace(onward, input=output, ended=Ending("SUCCEEDED"))
        return self._enter(onward, to, output, at)

    def _running(self, execution: Execution) -> State:
        if execution.ended:
            raise ValueError(f"execution {execution.name} has ended: {execution.status}")
        return self._states[execution.state]


def _moment(execution: Execution, at: datetime | None) -> str:
    return at.isoformat() if at else execution.entered


def _means(handler: State, error: str) -> bool:
    """Whether a retrier or a catcher is meant for the error, by name or by a wildcard."""
    names = handler["ErrorEquals"]
    if error in names or error in BY_NAME_ONLY:
        return error in names
    return "States.ALL" in names or ("States.TaskFailed" in names and error != "States.Timeout")


def _delay(retrier: State, done: int) -> float:
    nominal = float(retrier.get("IntervalSeconds", 1) * retrier.get("BackoffRate", 2.0) ** done)
    return min(nominal, float(retrier.get("MaxDelaySeconds", nominal)))


def _holds(condition: str, scope: Scope) -> bool:
    found = filled(condition, scope)
    if found not in ("true", "false"):
        raise QueryFailed(f"{condition} is {found}, neither true nor false")
    return found == "true"


def _scope(execution: Execution) -> Scope:
    """What an expression may name before the task's result is known. Of the context object: what does not depend on AWS."""
    return {
        **dict(execution.variables),
        "states.input": execution.input,
        "states.context.Execution.Id": as_text(_ARN + execution.name),
        "states.context.Execution.Name": as_text(execution.name),
        "states.context.Execution.Input": execution.request,
        "states.context.Execution.StartTime": as_text(execution.started),
        "states.context.State.Name": as_text(execution.state),
        "states.context.State.EnteredTime": as_text(execution.entered),
        "states.context.State.RetryCount": str(sum(execution.retries)),
    }
