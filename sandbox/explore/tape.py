"""Runs a handler up to any call, by running it again from the start.

A handler is a function of its messages and of the answers to its calls. Given the answers it got before, it makes the
same calls again; the first call that has no answer yet is where it stands. So a worker in the middle of its work is a
list of answers: it can be compared, kept, and taken up from there as often as one likes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple


class Call(NamedTuple):
    """A touch of the world: whose store (or the bus, or a queue's dead letters), what, with what."""

    place: str
    method: str
    arguments: tuple[Any, ...]


@dataclass(frozen=True)
class Ended:
    """A run that is over. `outcomes`: message by message, None (delete it) or why not; `answer`: what a task answers."""

    outcomes: tuple[Exception | None, ...]
    answer: Any = None


class Halt(BaseException):
    """The run stands at a call that has no answer yet. No handler of errors may stop it."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.call = call


class Tape:
    """The world as one run sees it: every call is answered from what was recorded."""

    def __init__(self, answers: Sequence[object]) -> None:
        self._answers = iter(answers)

    def port(self, place: str) -> "Port":
        """A port to this place, whatever its methods are called."""
        return Port(self, place)

    def answer(self, call: Call) -> Any:
        """The recorded answer; one that is an exception is raised."""
        try:
            answer = next(self._answers)
        except StopIteration:
            raise Halt(call) from None
        if isinstance(answer, Exception):
            raise answer
        return answer


class Port:
    """Stands for a ledger, a log, a publisher or a dead-letter queue."""

    def __init__(self, tape: Tape, place: str) -> None:
        self._tape = tape
        self._place = place

    def __getattr__(self, method: str) -> Callable[..., Any]:
        return lambda *arguments: self._tape.answer(Call(self._place, method, arguments))


Run = Callable[[Tape], Ended]
"""A run as a function of its tape."""


def play(run: Run, answers: Sequence[object]) -> Call | Ended:
    """Where a run stands that has had these answers."""
    try:
        return run(Tape(answers))
    except Halt as halt:
        return halt.call
