"""Executions of the state machine in virtual time: their calls are workers like any other, and their retries wait."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from infra.machine import SEND
from sandbox.memory.executions import DIED, Executions, machine
from sandbox.memory.machine import Execution
from sandbox.simulate.invocation import Invocation
from sandbox.simulate.weather import Fault
from sandbox.world import TASK, Inbox
from shared.saga.runtime import Delivery
from shared.saga.starter import Standing
from shared.saga.tasks import Answer, collect

if TYPE_CHECKING:
    from sandbox.simulate.world import SimulatedWorld


class TimedExecutions(Executions):
    """`Executions` whose moves happen at moments of their own; anything may come between a call and its answer."""

    def __init__(self, world: "SimulatedWorld") -> None:
        super().__init__(lambda: world.now, _never, _never, machine(world.catalog))
        self._world = world
        self._calls = 0

    def _begin(self, name: str, request: Mapping[str, Any]) -> Standing | None:
        standing = super()._begin(name, request)
        self._take_time(self._world.pace.first_task())
        return standing

    def _go_on(self, execution: Execution) -> None:
        super()._go_on(execution)
        if execution.ended:
            self._world.tell(f"execution {execution.name}", f"ends: {execution.ended.status} {execution.ended.error}")
        self._take_time(self._world.pace.next_task() + self._world.chance.uniform(0, execution.wait))

    def _take_time(self, seconds: float) -> None:
        moves, self.moves = self.moves, []
        for move in moves:
            self._world.enter(self._world.agenda.now + seconds, move)

    def _call(self, name: str) -> None:
        execution, world = self.named(name), self._world
        call = self.machines[name].call(execution)
        if call is None:
            return
        self._scheduled[name].append(execution.state)
        asked, now = call.arguments, world.agenda.now
        if world.weather.strikes(Fault.STOPPED, now):
            world.tell("operator", f"stops execution {name}, which is about to {execution.state!r}")
            self.stop(name)
        elif call.resource == SEND:
            world.send(Inbox(asked["QueueUrl"], "compensate"), asked["MessageBody"])
            self._resume(name, {"MessageId": "sent"})
        elif world.weather.strikes(Fault.UNSTARTED, now):
            self._fail(name, "Lambda.TooManyRequestsException", "the function is throttled")
        else:
            self._invoke(name, Inbox(asked["FunctionName"], TASK), asked["Payload"])

    def _invoke(self, name: str, inbox: Inbox, payload: Mapping[str, Any]) -> None:
        world, worker = self._world, self._world.worker(inbox)
        self._calls += 1
        who = f"{inbox.service} task #{self._calls}"
        world.called(who, inbox, payload)
        answers: list[Answer] = []
        core = worker.core(Delivery(json.dumps(payload), world.now, payload["attempt"]))
        world.outstanding += 1
        Invocation(
            world, who, inbox.service, [collect(core, answers)], worker.ports, partial(self._answered, name, answers)
        )

    def _answered(self, name: str, answers: Sequence[Answer], outcomes: Sequence[Exception | None] | None) -> None:
        self._world.outstanding -= 1
        if outcomes is None:
            self._fail(name, DIED, "the worker died")
        elif failure := outcomes[0]:
            self._fail(name, type(failure).__name__, str(failure))
        else:
            self._resume(name, msgspec.to_builtins(answers[0]))


def _never(_call: object) -> NoReturn:
    raise NotImplementedError("its calls are workers of their own")
