"""Names of moves that mean the same in every search: numbers are given in the order in which things are met."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

from sandbox.explore.moves import Moves
from sandbox.explore.state import Job, State
from sandbox.explore.system import System

Step = tuple[str, ...]
"""A move by what it is: its kind, the thing that moves (by a digest of all that it is), and what becomes of it."""


class CannotReplay(Exception):
    """A schedule has a step that cannot be taken (any more): the code has changed since it was saved."""


class Naming:
    """The names of one system's moves."""

    def __init__(self, system: System) -> None:
        self._system = system

    def step(self, what: Sequence[Any]) -> Step:
        """The name of a move."""
        match what:
            case ("deliver" | "call", job, fate):
                return what[0], self._job(self._system.jobs[job]), fate
            case ("go on" | "die" | "give up", worker, *fate):
                return what[0], self._worker(worker), *fate
            case ("lose" | "park" | "redrive" | "send", message, *fate):
                return what[0], self._message(message), *fate
            case ("stop", execution):
                return what[0], _digest(self._system.executions[execution])
        return tuple(str(it) for it in what)

    def _worker(self, number: int) -> str:
        worker = self._system.workers[number]
        waits = self._system.executions[worker.execution] if worker.execution >= 0 else None
        about_to = self._system.stand(worker)
        answers = [self._system.answers[it] for it in worker.answers]
        return _digest(self._job(self._system.jobs[worker.job]), answers, waits, about_to)

    def _job(self, job: Job) -> str:
        return _digest(job.inbox, [self._message(number) for number in job.messages], job.task)

    def _message(self, number: int) -> str:
        return _digest(self._system.messages[number])


def _digest(*things: object) -> str:
    return blake2b(repr(things).encode(), digest_size=6).hexdigest()


def walk(system: System, beginning: int, schedule: Sequence[Step]) -> list[tuple[tuple[Any, ...], State, State]]:
    """A schedule step by step: the move, the state before, the state after. Raises `CannotReplay`."""
    state = list(system.beginnings())[beginning]
    moves, naming, found = Moves(system), Naming(system), []
    for number, step in enumerate(schedule, 1):
        move = next((move for move in moves.of(state) if naming.step(move.what) == step), None)
        if move is None:
            raise CannotReplay(
                f"step {number} ({' '.join(step)}) cannot be taken: the code has changed since this was saved"
            )
        found.append((move.what, state, move.state))
        state = move.state
    return found
