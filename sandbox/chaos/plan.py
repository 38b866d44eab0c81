"""What is asked for and what is disturbed, and when: made from a seed alone, before anything runs."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from infra.catalog import CATALOG
from infra.rules import all_rules
from infra.stages import named
from sandbox.compare.workload import CANCELLED, CONFIRMED, REFUSED, Mix, Order, deal
from sandbox.modes import MODES, ORCHESTRATION, Mode
from sandbox.world import Inbox

MIX: Final = Mix(shares={CONFIRMED: 0.5, **dict.fromkeys(REFUSED, 0.1), CANCELLED: 0.2}, cancel_within_seconds=4.0)
"""Three in ten are refused; two in ten are cancelled, before the commit or after it."""
RATE: Final = 8.0
"""Trips a second, over all modes: what two cores bear beside the deaths."""
ORCHESTRATED_RATE: Final = 3.0
KILL_SECONDS: Final = 1.0
"""Between two kills, on average: a new process takes about a second of a core to start."""
CALM: Final = 0.1
"""The share of the time at the end in which nothing new is disturbed."""
PAUSE_EVERY, PAUSED_SECONDS = 8.0, (1.0, 3.0)


class Do(StrEnum):
    """What can be done to a running stage."""

    KILL_NOW = "kill a process that is handling something"
    KILL_AT_A_CALL = "kill a process at its next calls"
    PAUSE = "stop a queue's consumer"
    RESUME = "start it again"
    POISON = "send what nobody can handle"
    CUT = "cut the power of everything"


class Deed(NamedTuple):
    """One disturbance, so many seconds after the start; `lot`, from 0 to 1, draws what the moment offers."""

    at: float
    do: Do
    lot: float
    stage: str = ""
    inbox: Inbox | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of everything. `deadline_seconds` is what a trip may take before its observer asks the pivot."""

    trips: int
    kills: int
    seed: int
    modes: tuple[Mode, ...] = tuple(MODES.values())
    restarts: int = 1
    deadline_seconds: float = 30.0

    @property
    def seconds(self) -> float:
        """How long trips come and things are disturbed."""
        orchestrated = self.trips / len(self.modes) / ORCHESTRATED_RATE if ORCHESTRATION in self.modes else 0.0
        return max(2.0, self.trips / RATE, self.kills * KILL_SECONDS, orchestrated)

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages that the modes need."""
        return tuple(dict.fromkeys(mode.stage for mode in self.modes))

    def orders(self, mode: Mode) -> tuple[Order, ...]:
        """This mode's share of the trips, spread over the whole time."""
        place = self.modes.index(mode)
        each, more = divmod(self.trips, len(self.modes))
        count = each + (place < more)
        return deal(MIX, count, count / self.seconds, self.seed * 10 + place) if count else ()

    def deeds(self) -> list[Deed]:
        """All disturbances, in their order."""
        chance = random.Random(f"chaos {self.seed}")  # noqa: S311 - a schedule, no secret
        deeds = [*self._kills(chance), *self._pauses(chance), *self._poison(chance), *self._cuts(chance)]
        return sorted(deeds, key=lambda deed: deed.at)

    def _kills(self, chance: random.Random) -> Iterator[Deed]:
        for number in range(self.kills):
            yield Deed(self._moment(chance), (Do.KILL_NOW, Do.KILL_AT_A_CALL)[number % 2], chance.random())

    def _pauses(self, chance: random.Random) -> Iterator[Deed]:
        for _ in range(max(1, int(self.seconds / PAUSE_EVERY))):
            stage = chance.choice(self.stages)
            at, inbox = self._moment(chance), chance.choice(inboxes(stage))
            yield Deed(at, Do.PAUSE, 0.0, stage, inbox)
            yield Deed(at + chance.uniform(*PAUSED_SECONDS), Do.RESUME, 0.0, stage, inbox)

    def _poison(self, chance: random.Random) -> Iterator[Deed]:
        for stage in self.stages:
            for inbox in inboxes(stage):
                yield Deed(self._moment(chance), Do.POISON, 0.0, stage, inbox)

    def _cuts(self, chance: random.Random) -> Iterator[Deed]:
        for number in range(self.restarts):
            share = (number + 1) / (self.restarts + 1)
            yield Deed(self.seconds * share + chance.uniform(-0.5, 0.5), Do.CUT, 0.0)

    def _moment(self, chance: random.Random) -> float:
        return chance.uniform(0.3, self.seconds * (1 - CALM))


def inboxes(stage: str) -> Sequence[Inbox]:
    """The queues of a stage whose functions read what is in a message (the clock's ticks need no reading)."""
    return sorted(
        {
            Inbox(rule.service, rule.role)
            for rule in all_rules(CATALOG, named(stage))
            if rule.service in CATALOG.services
        }
    )
