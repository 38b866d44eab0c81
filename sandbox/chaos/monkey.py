"""Carries out what the plan disturbs, and notes what really happened."""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode

from infra.names import Names
from sandbox.chaos.client import UNREACHABLE, insist
from sandbox.chaos.plan import Deed, Do
from sandbox.engine.engine import Engine
from sandbox.engine.trap import KILL, TRAPS
from sandbox.local_world import LocalWorld
from sandbox.world import Inbox

POISON: Final = "this is no event"
FARTHEST: Final = 12
"""A trap lets so many calls of functions pass at most."""
PREY_SECONDS, LOOK_SECONDS = 1.0, 0.01
"""How long to look for a process that is handling something, and how often."""
MAKE_UP_SECONDS, LOOK_AGAIN_SECONDS = 240.0, 4.0
"""How long to make up for kills that found nobody, and how long to wait before more traps are set."""
NOW: Final = "while handling"


@dataclass(slots=True)
class Toll:
    """What was done. `kills` counts processes by function and by the moment: while handling, before or after a call."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    done: Counter[Do] = field(default_factory=Counter)
    poisoned: set[tuple[str, Inbox]] = field(default_factory=set)
    missed: int = 0
    """Disturbances that found nobody to disturb."""
    dark_seconds: float = 0.0
    """From the cuts of the power until the engine answered again."""


class Monkey:
    """Disturbs the stages of one engine. Call from one thread."""

    def __init__(self, worlds: Sequence[LocalWorld], report: Callable[[str], None]) -> None:
        self.toll = Toll()
        self._worlds = {world.names.stage: world for world in worlds}
        self._report = report
        self._paused: set[tuple[str, Inbox]] = set()
        self._deeds: Mapping[Do, Callable[[Deed], None]] = {
            Do.KILL_NOW: self._kill_now,
            Do.KILL_AT_A_CALL: self._kill_at_a_call,
            Do.PAUSE: self._pause,
            Do.RESUME: self._resume,
            Do.POISON: self._poison,
            Do.CUT: self._cut,
        }

    def carry_out(self, deeds: Sequence[Deed], start: float) -> Toll:
        """Do everything at its moment after the start (of the monotonic clock)."""
        for deed in deeds:
            time.sleep(max(0.0, start + deed.at - time.monotonic()))
            try:
                self._deeds[deed.do](deed)
            except UNREACHABLE:
                self.toll.missed += 1
            self._report(deed.do)
        return self.toll

    def calm(self) -> None:
        """Stop disturbing: every consumer runs, no trap is left."""
        for stage, inbox in sorted(self._paused):
            self._resume(Deed(0.0, Do.RESUME, 0.0, stage, inbox))
        self._gather()

    def make_up_for(self, kills: int, chance: random.Random) -> None:
        """Kill as many more as it takes to have had so many: whoever is still at work, or sees to the clock."""
        end = time.monotonic() + MAKE_UP_SECONDS
        while self.toll.kills.total() < kills and time.monotonic() < end:
            with suppress(*UNREACHABLE):
                self._gather()
                short = kills - self.toll.kills.total()
                self._engine.ask(TRAPS, [{"when": chance.choice(("before", "after"))} for _ in range(short)])
            time.sleep(LOOK_AGAIN_SECONDS)

    def _kill_now(self, deed: Deed) -> None:
        end = time.monotonic() + PREY_SECONDS
        while time.monotonic() < end:
            found = self._engine.ask(f"{KILL}?{urlencode({'lot': deed.lot})}", {})
            if found.get("pid"):
                self.toll.kills[self._plain(found["function"]), NOW] += 1
                return
            time.sleep(LOOK_SECONDS)
        self._kill_at_a_call(deed)  # nobody was caught at work: whoever is next

    def _kill_at_a_call(self, deed: Deed) -> None:
        when = "before" if deed.lot < 0.5 else "after"
        self._engine.ask(TRAPS, [{"when": when, "nth": 1 + int(deed.lot * 2 * FARTHEST) % FARTHEST}])

    def _pause(self, deed: Deed) -> None:
        if deed.inbox:
            self._worlds[deed.stage].pause(deed.inbox)
            self._paused.add((deed.stage, deed.inbox))
            self.toll.done[Do.PAUSE] += 1

    def _resume(self, deed: Deed) -> None:
        world, inbox = self._worlds[deed.stage], deed.inbox
        if inbox:
            insist(lambda: world.resume(inbox))
            self._paused.discard((deed.stage, inbox))

    def _poison(self, deed: Deed) -> None:
        world, inbox = self._worlds[deed.stage], deed.inbox
        if inbox:
            insist(lambda: world.send(inbox, POISON))
            self.toll.done[Do.POISON] += 1
            self.toll.poisoned.add((deed.stage, inbox))

    def _cut(self, _: Deed) -> None:
        waiting = self._gather()
        began = time.monotonic()
        self._engine.cut_power()
        self._engine.restart()
        self._engine.ask(TRAPS, [{"when": trap["when"], "nth": trap["nth"]} for trap in waiting])
        self.toll.dark_seconds += time.monotonic() - began
        self.toll.done[Do.CUT] += 1

    def _gather(self) -> list[dict[str, Any]]:
        """Take all traps away, and count those that sprang; answers the others."""
        traps = self._engine.ask(f"{TRAPS}?clear=1", [])
        for trap in traps:
            if trap["victim"]:
                self.toll.kills[self._plain(trap["victim"].split()[0]), f"{trap['when']} a call"] += 1
        return [trap for trap in traps if not trap["victim"]]

    def _plain(self, function: str) -> str:
        """A function's name without its stage."""
        for stage in sorted(self._worlds, key=len, reverse=True):
            prefix = Names(stage).function("", "").rstrip("-") + "-"
            if function.startswith(prefix):
                return function.removeprefix(prefix)
        return function

    @property
    def _engine(self) -> Engine:
        return next(iter(self._worlds.values())).engine
