"""The search: breadth first, so that the first violation found has the shortest schedule there is."""

from collections.abc import Callable, Sequence
from time import process_time
from typing import Any, NamedTuple

from sandbox.auditor import Violation
from sandbox.explore.invariants import Invariants
from sandbox.explore.moves import Moves
from sandbox.explore.naming import Naming, Step
from sandbox.explore.state import State
from sandbox.explore.system import System

Report = Callable[[int, int], None]
"""Told now and then: how many states were looked at, and how many are known."""


class Counterexample(NamedTuple):
    """How to break an invariant: the beginning's number, and what happens from there on."""

    violations: tuple[Violation, ...]
    beginning: int
    schedule: tuple[Step, ...]


class Found(NamedTuple):
    """What a search found. `longest_recovery`: the most steps from any state to rest, once nothing goes wrong any more; `seconds` of CPU time."""

    states: int
    transitions: int
    resting: int
    longest_recovery: int
    seconds: float
    counterexample: Counterexample | None


class Search:
    """All states of a system. Kept by number: the states, how each was reached, and its smooth moves."""

    def __init__(self, system: System, most: int | None = None, report: Report | None = None) -> None:
        self.system = system
        self._moves = Moves(system)
        self._invariants = Invariants(system)
        self._naming = Naming(system)
        self._most = most
        self._report = report or (lambda _looked_at, _known: None)
        self._numbers: dict[State, int] = {}
        self._states: list[State] = []
        self._from: list[tuple[int, tuple[Any, ...]]] = []
        self._smooth: list[Sequence[int]] = []
        self._transitions = 0
        self._resting = 0

    def run(self) -> Found:
        """Look at every state. Raises `TooMany` beyond the most that is allowed."""
        began = process_time()
        counterexample = self._look_at_all()
        longest = 0
        if counterexample is None:
            longest, counterexample = self._recovery()
        return Found(
            len(self._states), self._transitions, self._resting, longest, process_time() - began, counterexample
        )

    def _look_at_all(self) -> Counterexample | None:
        for state in self.system.beginnings():
            number = self._known(state, -1, ())
            if violations := self._invariants.of_moment(state):
                return self._counterexample(number, violations)
        number = 0
        while number < len(self._states):
            if found := self._look_at(number):
                return found
            number += 1
            if number % 5000 == 0:
                self._report(number, len(self._states))
                if self._most is not None and len(self._states) > self._most:
                    raise TooMany(f"{self.system.case.name}: more than {self._most} states")
        return None

    def _look_at(self, number: int) -> Counterexample | None:
        state, smooth = self._states[number], []
        for move in self._moves.of(state):
            self._transitions += 1
            after = self._numbers.get(move.state)
            if after is None:
                after = self._known(move.state, number, move.what)
                if found := self._invariants.of_moment(move.state):
                    return self._counterexample(after, found)
            if found := self._invariants.of_step(move.what, state, move.state):
                return self._counterexample(number, found, move.what)
            if move.smooth:
                smooth.append(after)
        self._smooth.append(smooth)
        if not smooth:
            self._resting += 1
            if found := self._invariants.of_rest(state):
                return self._counterexample(number, found)
        return None

    def _known(self, state: State, before: int, what: tuple[Any, ...]) -> int:
        number = self._numbers.setdefault(state, len(self._states))
        if number == len(self._states):
            self._states.append(state)
            self._from.append((before, what))
        return number

    def _counterexample(self, number: int, found: Sequence[Violation], *more: tuple[Any, ...]) -> Counterexample:
        schedule = [*more]
        while self._from[number][0] >= 0:
            number, what = self._from[number]
            schedule.insert(0, what)
        return Counterexample(tuple(found), number, tuple(self._naming.step(what) for what in schedule))

    def _recovery(self) -> tuple[int, Counterexample | None]:
        """L2, L3: from every state, once nothing goes wrong any more, all comes to rest, in so many steps at most."""
        steps = [-1] * len(self._states)
        entered = bytearray(len(self._states))
        for root in range(len(self._states)):
            trail = [(root, iter(self._smooth[root]))] if steps[root] < 0 else []
            entered[root] = 1
            while trail:
                number, onward = trail[-1]
                following = next((it for it in onward if steps[it] < 0), None)
                if following is None:
                    steps[number] = max((steps[it] + 1 for it in self._smooth[number]), default=0)
                    trail.pop()
                elif entered[following]:
                    endless = Violation("L2", "the run", "it goes round in a circle and never comes to rest")
                    return 0, self._counterexample(following, [endless])
                else:
                    entered[following] = 1
                    trail.append((following, iter(self._smooth[following])))
        return max(steps), None


class TooMany(Exception):
    """The case has more states than was allowed for."""
