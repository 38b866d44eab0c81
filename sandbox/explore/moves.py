"""What can happen next, in any state: the whole adversary in one place."""

import json
from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Any, Final, NamedTuple

import msgspec

from infra.catalog import ORCHESTRATOR
from infra.machine import INVOKE
from sandbox.explore.numbered import bit, members
from sandbox.explore.state import Job, Message, State, Worker
from sandbox.explore.system import Event, System
from sandbox.explore.tape import Call, Ended
from sandbox.memory.machine import Call as Called
from sandbox.memory.machine import Execution
from sandbox.world import Inbox
from shared.ports import Busy

DONE: Final = "done"
LOST: Final = "done, but the answer is lost"
BUSY: Final = "busy"

DIED: Final = "Lambda.Unknown"
GONE: Final = "Lambda.SdkClientException"
"""The names under which a machine hears of a worker that died, and of an answer that never came."""

NOT_PUT: Final = Busy("not put")


class Move(NamedTuple):
    """A step from one state to another. `what` tells the story of it; `smooth`: it needs no fault and no user."""

    what: tuple[Any, ...]
    state: State
    smooth: bool


class Moves:
    """The moves of a system."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._case = system.case

    def of(self, state: State) -> Iterator[Move]:
        """Every move from a state."""
        if len(state.workers) < self._case.workers:
            yield from self._deliveries(state)
            yield from self._calls(state)
        for place, number in enumerate(state.workers):
            if place == 0 or number != state.workers[place - 1]:  # two that stand alike do alike
                yield from self._work(state, place)
        yield from self._surroundings(state)
        if not (state.waiting or state.parked or state.workers or self._system.running(state)):
            yield from self._at_rest(state)

    # -- deliveries: any message, at any time, also while another worker has it, also long after it was handled

    def _deliveries(self, state: State) -> Iterator[Move]:
        there = state.waiting | (state.handled if self._case.duplicates else 0)
        for number in members(there):
            yield from self._deliver(state, (number,))
        if self._case.batch > 1:
            for pair in combinations(members(there), 2):
                one, other = (self._system.messages[number].inbox for number in pair)
                if one == other:
                    yield from self._deliver(state, pair)

    def _deliver(self, state: State, batch: Sequence[int]) -> Iterator[Move]:
        received = [*batch]
        if self._case.receives is not None:
            if any(self._system.messages[number].receives >= self._case.receives for number in batch):
                yield from self._given_up(state, batch)
                return
            state, received = self._counted(state, batch)
        job = self._system.jobs.number(Job(self._system.messages[batch[0]].inbox, tuple(received)))
        smooth = all(state.waiting & bit(number) for number in received)
        yield from self._steps(state, Worker(job), ("deliver", job), smooth=smooth)

    def _counted(self, state: State, batch: Sequence[int]) -> tuple[State, list[int]]:
        """The same messages, received once more; those that were handled before are not counted."""
        received = []
        for number in batch:
            if state.waiting & bit(number):
                message = self._system.messages[number]
                again = self._system.messages.number(message._replace(receives=message.receives + 1))
                state = state._replace(waiting=state.waiting & ~bit(number) | bit(again))
                received.append(again)
            else:
                received.append(number)
        return state, received

    def _given_up(self, state: State, batch: Sequence[int]) -> Iterator[Move]:
        """SQS moves a message that was received too often to the dead-letter queue."""
        if len(batch) == 1 and state.waiting & bit(batch[0]):
            parked = state._replace(waiting=state.waiting & ~bit(batch[0]), parked=state.parked | bit(batch[0]))
            yield Move(("park", batch[0]), parked, smooth=True)

    # -- workers: each goes on, or dies where it stands

    def _work(self, state: State, place: int) -> Iterator[Move]:
        number = state.workers[place]
        rest = state._replace(workers=state.workers[:place] + state.workers[place + 1 :])
        yield from self._steps(rest, self._system.workers[number], ("go on", number), smooth=True)
        worker = self._system.workers[number]
        yield Move(("die", number), self._failed(rest, worker.execution, DIED), smooth=False)
        if worker.execution >= 0:  # the machine gives up waiting; the function does not know
            orphan = tuple(sorted((*rest.workers, self._system.workers.number(worker._replace(execution=-1)))))
            yield Move(
                ("give up", number), self._failed(rest, worker.execution, GONE)._replace(workers=orphan), smooth=False
            )

    def _steps(self, state: State, worker: Worker, what: tuple[Any, ...], *, smooth: bool) -> Iterator[Move]:
        """A worker's next call, with all that may become of it. `state` is without the worker."""
        stands = self._system.stand(worker)
        if isinstance(stands, Ended):  # it made no call at all
            yield Move((*what, DONE), self._over(state, worker, stands), smooth)
            return
        faulty = self._system.jobs[worker.job].inbox.role in self._case.faults
        for fate, then, answer in self._fates(state, stands, faulty=faulty):
            after = worker._replace(answers=(*worker.answers, answer))
            yield Move((*what, fate), self._goes_on(then, after), smooth and fate is DONE)

    def _goes_on(self, state: State, worker: Worker) -> State:
        stands = self._system.stand(worker)
        if isinstance(stands, Ended):
            return self._over(state, worker, stands)
        return state._replace(workers=tuple(sorted((*state.workers, self._system.workers.number(worker)))))

    def _over(self, state: State, worker: Worker, ended: Ended) -> State:
        """The worker's messages are deleted, except those that are to be delivered again; an execution has its answer."""
        if worker.execution >= 0:
            (failure,) = ended.outcomes
            if failure is not None:
                return self._failed(state, worker.execution, type(failure).__name__)
            return self._stepped(state, worker.execution, msgspec.to_builtins(ended.answer))
        for number, failure in zip(self._system.jobs[worker.job].messages, ended.outcomes, strict=False):
            if failure is None:
                handled = state.handled | bit(self._system.unreceived(number))
                state = state._replace(waiting=state.waiting & ~bit(number), handled=handled)
        return state

    # -- executions: each waits for one task, which is a worker like any other, or sends one message

    def _calls(self, state: State) -> Iterator[Move]:
        served = {self._system.workers[number].execution for number in state.workers}
        for number in self._system.running(state):
            call = self._system.parts.machine.call(self._system.executions[number])
            if call and number not in served:
                yield from (
                    self._invoke(state, number, call) if call.resource == INVOKE else self._send(state, number, call)
                )

    def _invoke(self, state: State, execution: int, call: Called) -> Iterator[Move]:
        task = call.arguments
        job = self._system.jobs.number(Job(Inbox(task["FunctionName"], "task"), (), json.dumps(task["Payload"])))
        yield from self._steps(state, Worker(job, (), execution), ("call", job), smooth=True)

    def _send(self, state: State, execution: int, call: Called) -> Iterator[Move]:
        """A cancel that kept failing is left to the participant's own compensate queue."""
        queue, body = call.arguments["QueueUrl"], call.arguments["MessageBody"]
        message = self._system.messages.number(Message(Inbox(queue, "compensate"), body))
        sent = self._system.heard(state, Event(bit(message), 0))
        yield Move(("send", message, DONE), self._stepped(sent, execution, {}), smooth=True)
        if "send" in self._case.faults:
            yield Move(("send", message, BUSY), self._failed(state, execution, GONE), smooth=False)
            yield Move(("send", message, LOST), self._failed(sent, execution, GONE), smooth=False)

    def _stepped(self, state: State, execution: int, answer: Any) -> State:
        return self._put(state, self._system.parts.machine.resume(self._system.executions[execution], answer))

    def _failed(self, state: State, execution: int, error: str) -> State:
        if execution < 0:
            return state
        return self._put(state, self._system.parts.machine.fail(self._system.executions[execution], error))

    def _put(self, state: State, execution: Execution) -> State:
        return self._done(state, Call(ORCHESTRATOR, "put", (execution,)))[0]

    # -- calls: done; not done, and the caller is told so; or done, and the caller is told that it was not

    def _fates(self, state: State, call: Call, *, faulty: bool) -> Iterator[tuple[str, State, int]]:
        """(what became of a call, the state after it, the answer's number)."""
        done, answer = self._done(state, call)
        yield DONE, done, answer
        if faulty:
            yield BUSY, state, self._system.busy
            if done != state:
                yield LOST, done, self._system.busy
            if call.place == "bus" and len(call.arguments[0]) > 1:
                yield from self._partly_put(state, call.arguments[0])

    def _done(self, state: State, call: Call) -> tuple[State, int]:
        if call.place == "bus":
            for fact in call.arguments[0]:
                state = self._system.heard(state, self._system.announced(fact))
            return state, self._system.answers.number([None] * len(call.arguments[0]))
        if call.place == "dead letters":
            return state, self._system.answers.number(None)
        place = self._system.place_of(call.place)
        store, answer = self._system.touch(state.stores[place], call)
        return state._replace(stores=(*state.stores[:place], store, *state.stores[place + 1 :])), answer

    def _partly_put(self, state: State, facts: Sequence[Any]) -> Iterator[tuple[str, State, int]]:
        for failed in range(len(facts)):
            then = state
            for place, fact in enumerate(facts):
                if place != failed:
                    then = self._system.heard(then, self._system.announced(fact))
            answer = [NOT_PUT if place == failed else None for place in range(len(facts))]
            yield f"entry {failed + 1} of {len(facts)} not put", then, self._system.answers.number(answer)

    # -- everybody else

    def _surroundings(self, state: State) -> Iterator[Move]:
        left = state.left
        if left.cancels:
            fewer = state._replace(left=left._replace(cancels=left.cancels - 1))
            for event in self._system.cancellations:
                yield Move(("cancel",), self._system.heard(fewer, event), smooth=False)
        if left.expiries and (expiry := self._system.expiry(state.facts)):
            fewer = state._replace(left=left._replace(expiries=left.expiries - 1))
            yield Move(("expire",), self._system.heard(fewer, expiry), smooth=False)
        if left.losses:
            fewer = state._replace(left=left._replace(losses=left.losses - 1))
            for number in members(state.waiting):
                if self._system.messages[number].inbox.role in self._case.loses:
                    yield Move(("lose", number), fewer._replace(waiting=state.waiting & ~bit(number)), smooth=False)
        yield from self._decay(state)
        yield from self._interventions(state)
        for number in members(state.parked):
            yield Move(("redrive", number), self._redriven(state, number), smooth=not state.waiting)

    def _interventions(self, state: State) -> Iterator[Move]:
        """Somebody stops an execution; then the client, who hears nothing, asks again."""
        left = state.left
        if left.stops:
            fewer = state._replace(left=left._replace(stops=left.stops - 1))
            for number in self._system.running(state):
                stopped = self._system.parts.machine.stop(self._system.executions[number])
                yield Move(("stop", number), self._put(self._orphaned(fewer, number), stopped), smooth=False)
        elif left.repeats:
            fewer = state._replace(left=left._replace(repeats=left.repeats - 1))
            for event in self._system.requests:
                yield Move(("repeat",), fewer._replace(waiting=state.waiting | event.messages), smooth=False)

    def _decay(self, state: State) -> Iterator[Move]:
        for name in self._system.legs:
            books = self._system.books(state.stores[self._system.place_of(name)], name)
            for trip, record in books.records.items():
                if call := self._system.parts.decay(name, record):
                    yield Move((call.method, name, trip), self._done(state, call)[0], smooth=False)

    def _orphaned(self, state: State, execution: int) -> State:
        """Nobody waits for the answer of an execution's task any more."""
        workers = [self._system.workers[number] for number in state.workers]
        free = [it._replace(execution=-1) if it.execution == execution else it for it in workers]
        return state._replace(workers=tuple(sorted(self._system.workers.number(it) for it in free)))

    def _redriven(self, state: State, number: int) -> State:
        again = bit(self._system.unreceived(number))
        return state._replace(parked=state.parked & ~bit(number), waiting=state.waiting | again)

    def _at_rest(self, state: State) -> Iterator[Move]:
        """Nothing is under way. The observer's clock ends what is open; what nobody ever told of, its client puts again."""
        if self._case.forgets and not self._system.told.anything(state.facts):
            for event in self._system.requests:
                yield Move(("repeat",), state._replace(waiting=event.messages), smooth=True)
        elif self._case.observed:
            if state.left.ticks:
                fewer = state._replace(left=state.left._replace(ticks=state.left.ticks - 1))
                tick = Message(
                    Inbox(self._system.saga.observer, "watch"), f"tick {self._case.ticks - state.left.ticks}"
                )
                yield Move(("tick",), fewer._replace(waiting=bit(self._system.messages.number(tick))), smooth=True)
        elif overdue := self._system.overdue(state.facts):
            yield Move(("expire",), state._replace(waiting=overdue.messages), smooth=True)
