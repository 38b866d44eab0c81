"""What goes wrong in one schedule, how often, and until when; and how long things take."""

from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final, Protocol

from infra.catalog import CATALOG
from shared.saga.effects import Effect


class Fault(StrEnum):
    """What AWS, the network or a worker may do at any time. Chance decides where each strikes, and the weather how often."""

    TWICE = "twice"
    """EventBridge delivers an event to a queue twice."""
    LOST = "lost"
    """A rule's target gives up: the event lands in the queue's dead-letter queue."""
    LATE = "late"
    """An event is delivered minutes later."""
    UNSTARTED = "unstarted"
    """A batch is received, but the function is throttled: its messages stay hidden, and count as received."""
    DIES_BEFORE = "dies-before"
    """A worker dies before an effect, with all its messages."""
    DIES_AFTER = "dies-after"
    """It dies after it: done, and nobody knows."""
    BUSY = "busy"
    """A store or the bus refuses a call: throttled, or away for a moment."""
    ANSWER_LOST = "answer-lost"
    """The call succeeds, and its answer is lost."""
    SLOW = "slow"
    """A worker stands still, perhaps for longer than its messages stay hidden: then others work on them meanwhile."""
    SOME_ENTRIES = "some-entries"
    """PutEvents accepts some of its entries."""
    NOT_DELETED = "not-deleted"
    """A handled message is not deleted, and comes again."""
    STOPPED = "stopped"
    """An execution of the state machine is stopped from outside: no Catch sees it."""
    OUTAGE = "outage"
    """One service's table refuses everything for a while."""


AT_EFFECT: Final = (Fault.DIES_BEFORE, Fault.DIES_AFTER, Fault.BUSY, Fault.ANSWER_LOST, Fault.SLOW)
"""The faults that befall an effect; at most one each."""
QUIET: Final = 0.5
"""The chance that a kind of fault is absent from a schedule."""
LONGEST: Final = 900.0
"""Seconds after which nothing goes wrong any more, at most: then the system must come to rest by itself."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A service whose table refuses everything between two moments."""

    service: str
    start: float
    end: float


class Weather:
    """The faults of one schedule."""

    def __init__(self, chance: Random, allowed: frozenset[Fault] = frozenset(Fault)) -> None:
        self._chance = chance
        self.until = chance.uniform(5, LONGEST)
        drawn = {fault: _rate(chance) for fault in Fault}  # drawn for all, so that leaving one out changes little else
        self.rates = {fault: rate for fault, rate in drawn.items() if rate and fault in allowed}
        self.outage = _outage(chance, self.until) if Fault.OUTAGE in self.rates else None
        self.struck: dict[Fault, int] = {}
        self._at_effect = [(fault, self.rates[fault]) for fault in AT_EFFECT if fault in self.rates]
        self._any_at_effect = sum(rate for _, rate in self._at_effect)

    def strikes(self, fault: Fault, now: float) -> bool:
        """Whether this fault happens here and now."""
        if now > self.until or self._chance.random() >= self.rates.get(fault, 0.0):
            return False
        self._count(fault)
        return True

    def at_effect(self, service: str, now: float) -> Fault | None:
        """What befalls an effect of this service's worker."""
        if now > self.until:
            return None
        if self.outage and self.outage.service == service and self.outage.start <= now < self.outage.end:
            self._count(Fault.OUTAGE)
            return Fault.OUTAGE
        place = self._chance.random()
        if place >= self._any_at_effect:
            return None
        for fault, rate in self._at_effect:
            place -= rate
            if place < 0:
                self._count(fault)
                return fault
        return None

    def _count(self, fault: Fault) -> None:
        self.struck[fault] = self.struck.get(fault, 0) + 1


def _rate(chance: Random) -> float:
    """None, or from one in two hundred to one in seven."""
    absent, exponent = chance.random() < QUIET, chance.uniform(-2.3, -0.85)
    return 0.0 if absent else 10.0**exponent


def _outage(chance: Random, until: float) -> Outage:
    start, end = sorted((chance.uniform(0, until), chance.uniform(0, until)))
    return Outage(chance.choice([*CATALOG.legs]), start, end)


class Pace(Protocol):
    """How long things take, in seconds."""

    def bus(self) -> float:
        """From PutEvents until the event is in a queue."""

    def start(self) -> float:
        """From a message that can be received until a function works on it."""

    def first_task(self) -> float:
        """From StartExecution until the first function works."""

    def next_task(self) -> float:
        """From a task's answer until the next task's function works."""

    def effect(self, effect: Effect) -> float:
        """A call of a function: to a table, to the bus."""


class AnyPace:
    """Whatever may be: mostly milliseconds, so that everything meets everything; the unlikely is a fault's business."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._bus = chance.choice((0.02, 0.2, 2.0))
        self._start = chance.choice((0.005, 0.05, 1.0))
        self._effect = chance.choice((0.002, 0.02, 0.2))

    def bus(self) -> float:
        return self._chance.expovariate(1.0) * self._bus

    def start(self) -> float:
        return self._chance.random() * self._start

    def first_task(self) -> float:
        return self.start()

    def next_task(self) -> float:
        return self.start()

    def effect(self, effect: Effect) -> float:  # noqa: ARG002 - all alike
        return self._chance.random() * self._effect
