"""One invocation of a function: a batch whose cores are driven round by round, with other workers' effects in between."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sandbox.simulate.weather import Fault
from shared.aws.ledger import CONFLICT_TRIES
from shared.message import Fact
from shared.ports import Busy
from shared.saga.driver import Result, Round, lanes, perform, publish, rounds
from shared.saga.effects import Announce, Core, Decide, Effect, Release
from shared.saga.faults import WorkerDied

if TYPE_CHECKING:
    from sandbox.simulate.world import SimulatedWorld

Ended = Callable[[Sequence[Exception | None] | None], None]
"""Told the outcomes, message by message; None: the worker died, and there are none."""


class Invocation:
    """Drives cores with the shipped driver; each effect is performed at its own moment, if nothing befalls it."""

    def __init__(  # noqa: PLR0913, PLR0917 - what a worker works with
        self, world: "SimulatedWorld", name: str, service: str, cores: Sequence[Core[None]], ports: Any, ended: Ended
    ) -> None:
        self._world = world
        self._name = name
        self._service = service
        self._ports = ports
        self._ended = ended
        self._dead = False
        self._round: Round = {}
        self._results: list[tuple[int, Result]] = []
        self._rounds = rounds(cores)
        self._go_on(partial(next, self._rounds))

    def _advance(self, results: Iterable[tuple[int, Result]]) -> None:
        self._go_on(partial(self._rounds.send, results))

    def _go_on(self, resume: Callable[[], Round]) -> None:
        try:
            self._round = resume()
        except StopIteration as ended:
            self._ended(ended.value)
        except WorkerDied:
            self._die("as its trip asks")
        else:
            self._begin_round()

    def _begin_round(self) -> None:
        self._results = []
        first = next(iter(self._round.values()))
        if isinstance(first, Announce):
            self._world.agenda.after(self._world.pace.effect(first), self._publish)
        elif len(self._round) == 1:
            self._next_in([*self._round])
        else:
            for lane in lanes(self._round):
                self._next_in(lane)

    def _next_in(self, lane: list[int]) -> None:
        """Let the first effect of a lane take its time."""
        duration = self._world.pace.effect(self._round[lane[0]])
        self._world.agenda.after(duration, partial(self._perform, lane, duration, 1))

    def _perform(self, lane: list[int], duration: float, tries: int) -> None:
        if self._dead:
            return
        effect = self._round[lane[0]]
        match self._world.weather.at_effect(self._service, self._world.agenda.now):
            case Fault.SLOW:
                self._pause(partial(self._perform, lane, duration, tries))
            case Fault.DIES_BEFORE:
                self._die(f"before {type(effect).__name__}")
            case Fault.DIES_AFTER:
                self._do(effect)
                self._die(f"after {type(effect).__name__}")
            case Fault.BUSY | Fault.OUTAGE as fault:
                self._answer(lane, (None, self._refuse(effect, fault)))
            case Fault.ANSWER_LOST:
                self._do(effect)
                self._answer(lane, (None, self._refuse(effect, Fault.ANSWER_LOST)))
            case _ if self._collides(effect, duration):
                self._collide(lane, duration, tries)
            case _:
                self._answer(lane, self._do(effect))

    def _do(self, effect: Effect) -> Result:
        result = perform(effect, self._ports)
        self._world.done(self._name, self._service, effect, result)
        return result

    def _answer(self, lane: list[int], result: Result) -> None:
        self._results.append((lane[0], result))
        if len(lane) > 1:
            self._next_in(lane[1:])
        elif len(self._results) == len(self._round):
            self._advance(self._results)

    def _collides(self, effect: Effect, duration: float) -> bool:
        """Whether a write meets another one on a common item: of two that overlap in time, the later one to end."""
        if not isinstance(effect, Decide | Release):
            return False
        return self._world.meets_another(self._service, effect.touches(), duration)

    def _collide(self, lane: list[int], duration: float, tries: int) -> None:
        """As the shipped ledger does: some more tries, a few jittered milliseconds apart."""
        self._world.tell(self._name, "meets another transaction")
        if tries == CONFLICT_TRIES:
            self._answer(lane, (None, Busy("TransactionConflict")))
        else:
            wait = self._world.chance.uniform(0, 0.02 * 2**tries)
            self._world.agenda.after(wait + duration, partial(self._perform, lane, duration, tries + 1))

    def _publish(self) -> None:
        if self._dead:
            return
        facts = {index: effect.fact for index, effect in self._round.items() if isinstance(effect, Announce)}
        now = self._world.agenda.now
        match self._world.weather.at_effect("", now):
            case Fault.SLOW:
                self._pause(self._publish)
            case Fault.DIES_BEFORE:
                self._die("before PutEvents")
            case Fault.DIES_AFTER:
                self._put(facts)
                self._die("after PutEvents")
            case Fault.BUSY:
                self._advance([(index, (None, Busy("PutEvents was refused"))) for index in facts])
            case Fault.ANSWER_LOST:
                self._put(facts)
                self._advance([(index, (None, Busy("the answer of PutEvents was lost"))) for index in facts])
            case _:
                refused = [index for index in facts if self._world.weather.strikes(Fault.SOME_ENTRIES, now)]
                accepted = self._put({index: fact for index, fact in facts.items() if index not in refused})
                self._advance([*accepted, *((index, (None, Busy("an entry was refused"))) for index in refused)])

    def _put(self, facts: Mapping[int, Fact]) -> list[tuple[int, Result]]:
        results = publish(facts, self._ports)
        for index, result in results:
            self._world.done(self._name, self._service, self._round[index], result)
        return results

    def _refuse(self, effect: Effect, fault: Fault) -> Busy:
        self._world.tell(self._name, f"{fault}: {type(effect).__name__}")
        return Busy(str(fault))

    def _pause(self, then: Callable[[], None]) -> None:
        """Stand still: a moment, or longer than any message stays hidden."""
        seconds = self._world.chance.expovariate(1.0) * self._world.stage.visibility_seconds
        self._world.tell(self._name, f"stands still for {seconds:.0f} s")
        self._world.agenda.after(seconds, then)

    def _die(self, when: str) -> None:
        self._dead = True
        self._world.tell(self._name, f"dies {when}")
        self._ended(None)
