"""The stage's state machine in memory: the starter's `Machine`, and what its executions do, one move at a time.

A task is three moves: the machine calls; the call is performed; its answer is heard. Anything may happen in between, so
an execution that is stopped in the meantime never hears of a booking that was made for it.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial
from typing import Any

from infra.catalog import CATALOG, Catalog
from infra.machine import definition
from sandbox.memory.machine import Call, Execution, StateMachine
from shared.saga.faults import WorkerDied
from shared.saga.starter import Standing, start_once

DIED = "Runtime.ExitError"
"""What Lambda calls the death of a worker."""

Move = Callable[[], None]
Perform = Callable[[Call], Any]
"""Does what a task asks for; answers its result, or raises what the machine knows by the name of its class."""


class NotCalled(Exception):
    """A call was refused before anything began. Its text is AWS's name for it."""


@cache
def machine(catalog: Catalog = CATALOG) -> StateMachine:
    """The one that is deployed; functions and queues go by the names of their participants."""
    return StateMachine(definition(catalog, str, str))


class Executions:
    """Every execution by its name; `admit` raises `NotCalled` for a task that cannot be called now."""

    def __init__(
        self, clock: Callable[[], datetime], admit: Callable[[Call], None], perform: Perform, machine: StateMachine
    ) -> None:
        self.moves: list[Move] = []
        """What may happen next, in any order."""
        self._newest = machine
        self.machines: dict[str, StateMachine] = {}
        """The one that an execution began with: it goes on with that, whatever is deployed meanwhile."""
        self._clock = clock
        self._admit = admit
        self._perform = perform
        self._all: dict[str, Execution] = {}
        self._scheduled: defaultdict[str, list[str]] = defaultdict(list)

    def deploy(self, machine: StateMachine) -> None:
        """What begins from now on begins with this one."""
        self._newest = machine

    def start(self, name: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return start_once(self._begin, name, request)

    def named(self, name: str) -> Execution:
        """One execution as it stands now; KeyError if there is none."""
        execution = self._all[name]
        if self._clock() - datetime.fromisoformat(execution.started) > self.machines[name].timeout:
            execution = self._all[name] = self.machines[name].time_out(execution)
        return execution

    def standing(self, status: str) -> list[str]:
        """The names of those that stand like this."""
        return [name for name in self._all if self.named(name).status == status]

    def scheduled(self, name: str) -> list[str]:
        """The states whose task was called, in order, retries included."""
        return list(self._scheduled[name])

    def stop(self, name: str) -> bool:
        """Stop an execution; False if it has ended. What it has called comes to its end all the same."""
        running = self.named(name)
        self._all[name] = self.machines[name].stop(running)
        return not running.ended

    def _begin(self, name: str, request: Mapping[str, Any]) -> Standing | None:
        if name in self._all:
            execution = self.named(name)
            return execution.standing
        self.machines[name] = self._newest
        self._all[name] = self._newest.begin(name, request, self._clock())
        self.moves.append(partial(self._call, name))
        return None

    def _call(self, name: str) -> None:
        execution = self.named(name)
        call = self.machines[name].call(execution)
        if call is None:
            return
        self._scheduled[name].append(execution.state)
        try:
            self._admit(call)
        except NotCalled as refused:
            self.moves.append(partial(self._fail, name, str(refused), "nobody was called"))
        else:
            self.moves.append(partial(self._answer, name, call))

    def _answer(self, name: str, call: Call) -> None:
        try:
            heard = partial(self._resume, name, self._perform(call))
        except WorkerDied as death:
            heard = partial(self._fail, name, DIED, str(death))
        except Exception as failure:  # the machine knows it by name
            heard = partial(self._fail, name, type(failure).__name__, str(failure))
        self.moves.append(heard)

    def _resume(self, name: str, answer: Any) -> None:
        if not (execution := self.named(name)).ended:
            self._go_on(self.machines[name].resume(execution, answer, self._clock()))

    def _fail(self, name: str, error: str, cause: str) -> None:
        if not (execution := self.named(name)).ended:
            self._go_on(self.machines[name].fail(execution, error, cause, self._clock()))

    def _go_on(self, execution: Execution) -> None:
        self._all[execution.name] = execution
        if not execution.ended:
            self.moves.append(partial(self._call, execution.name))
