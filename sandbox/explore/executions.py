"""The executions of the stage's state machine, as a store."""

from collections.abc import Mapping
from typing import Any

from sandbox.explore.parts import NOW
from sandbox.memory.machine import Execution, StateMachine
from shared.saga.starter import Standing, start_once


class Executions:
    """`Machine` for the starter; the executions go on one task at a time, as the search has it."""

    def __init__(self, machine: StateMachine) -> None:
        self.machine = machine
        self.all: dict[str, Execution] = {}

    def start(self, name: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        return start_once(self._begin, name, request)

    def put(self, execution: Execution) -> None:
        """Where an execution stands now."""
        self.all[execution.name] = execution

    def _begin(self, name: str, request: Mapping[str, Any]) -> Standing | None:
        if standing := self.all.get(name):
            second = standing.name != standing.name.split(".")[0]  # no third one here: it goes over the same states
            return standing.standing._replace(status="RUNNING", error="") if second else standing.standing
        self.put(self.machine.begin(name, request, NOW))
        return None
