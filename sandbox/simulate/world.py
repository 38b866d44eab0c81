"""The system in memory under virtual time: every delivery, every call and every fault at a moment of its own."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from typing import Any, Final

from infra.stages import Stage
from sandbox.memory.executions import Executions
from sandbox.memory.hiring import Worker
from sandbox.memory.world import MemoryWorld
from sandbox.simulate.agenda import Action, Agenda
from sandbox.simulate.executions import TimedExecutions
from sandbox.simulate.poller import Poller
from sandbox.simulate.queue import Letter
from sandbox.simulate.watchman import Watchman
from sandbox.simulate.weather import Fault, Pace, Weather
from sandbox.simulate.words import described, told, trip_of
from sandbox.world import TASK, Inbox, Parked
from shared.saga.driver import Result
from shared.saga.effects import Core, Decide, Effect, Release

START: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
TICK: Final = 60.0
"""Seconds between two ticks of the observer's clock."""
PATIENCE: Final = 4 * 3600.0
"""Seconds after the last fault within which everything must have come to rest: the longest waits of queues (15 minutes)
and of the observer (an hour) add up."""

_ALL_TIME, _ALL = datetime.max.replace(tzinfo=UTC), 1_000_000

Tell = Callable[[float, str, str], None]
"""Told each thing that happens: when, to whom, what."""
Tamper = Callable[[Inbox, Core[Any]], Core[Any]]
"""Puts a fault of our own into a core, to see that it is found."""


class NotAtRest(Exception):
    """Something went on for longer than it may."""


class SimulatedWorld(MemoryWorld):
    """`MemoryWorld` whose messages and workers take their time. `chance` decides whatever is left to chance."""

    name = "simulated"

    def __init__(  # noqa: PLR0913, PLR0917 - what a run is made of
        self,
        stage: Stage,
        chance: Random,
        weather: Weather,
        pace: Pace,
        tell: Tell | None = None,
        tamper: Tamper | None = None,
    ) -> None:
        self.agenda = Agenda()
        super().__init__(stage)
        self.chance = chance
        self.weather = weather
        self.pace = pace
        self.watchman = Watchman(self.ledgers)
        self.outstanding = 0
        """Messages on their way, in a queue or with a worker; running executions."""
        self.effects = 0
        self._tell = tell
        self._letters = 0
        self._latest: dict[object, float] = {}
        self._workers = {inbox: _tampered(inbox, worker, tamper) for inbox, worker in self._workers.items()}
        self._pollers = {
            inbox: Poller(self, inbox, worker) for inbox, worker in self._workers.items() if inbox.role != TASK
        }

    @property
    def now(self) -> datetime:
        return START + timedelta(seconds=self.agenda.now)

    def tell(self, who: str, what: str, letters: Sequence[Letter] = ()) -> None:
        """Note what happens, if anybody listens."""
        if self._tell:
            self._tell(self.agenda.now, who, what + ", ".join(map(str, letters)))

    def worker(self, inbox: Inbox) -> Worker:
        """The function of that role."""
        return self._workers[inbox]

    def called(self, who: str, inbox: Inbox, payload: Mapping[str, Any]) -> None:  # noqa: ARG002 - for who records
        """The state machine calls a function."""
        self.tell(who, f"is asked to {payload['do']} {payload['tripId']}")

    def send(self, inbox: Inbox, body: str) -> None:
        self._pollers[inbox].queue.send(self._letter(body))

    def pause(self, inbox: Inbox) -> None:
        self._pollers[inbox].paused = True

    def resume(self, inbox: Inbox) -> None:
        poller = self._pollers[inbox]
        poller.paused = False
        if poller.queue.visible:
            poller.arrived()

    def waiting(self, inbox: Inbox) -> list[str]:
        return [letter.body for letter in self._pollers[inbox].queue.visible]

    def drop(self, inbox: Inbox) -> None:
        for letter in [*self._pollers[inbox].queue.visible]:
            self._pollers[inbox].queue.delete(letter)

    def park(self, inbox: Inbox, parked: Parked) -> None:
        """Put a message into a dead-letter queue."""
        self._parked[inbox].append(parked)

    def redrive(self, inbox: Inbox) -> None:
        """Send all of a dead-letter queue back to its queue, as an operator does."""
        for message in self.unpark(inbox):
            self.tell("operator", f"redrives to {inbox.service} {inbox.role}: {message.reason}")
            self.send(inbox, message.body)

    @property
    def parked_in(self) -> list[Inbox]:
        """The queues whose dead-letter queue is not empty."""
        return [inbox for inbox, parked in self._parked.items() if parked]

    def enter(self, at: float, action: Action) -> None:
        """Let something happen at that second; until then the system is not at rest."""
        self.outstanding += 1
        self.agenda.after(max(0.0, at - self.agenda.now), partial(self._do_entered, action))

    def _do_entered(self, action: Action) -> None:
        self.outstanding -= 1
        action()

    def wait_until(self, moment: datetime) -> None:
        arrived: list[bool] = []
        self.enter((moment - START).total_seconds(), partial(arrived.append, True))
        while not arrived:
            self.agenda.step()

    def settle(self) -> None:
        """Run until nothing is outstanding and no outcome is open; the observer's clock ticks meanwhile. Raises `NotAtRest`."""
        latest = max(self.weather.until, self.agenda.now) + PATIENCE
        tick = self._next_tick(self.agenda.now)
        while True:
            while self.outstanding and len(self.agenda):  # what a paused queue holds does not count
                self.agenda.step()
                if self.agenda.now >= tick:
                    tick = self._maybe_tick()
                if self.agenda.now > latest:
                    raise NotAtRest(f"{self.outstanding} messages are outstanding after {self.agenda.now:.0f} s")
            due = self._earliest_due()
            if due is None:
                return
            if due > latest:
                raise NotAtRest(
                    f"an outcome is open after {self.agenda.now:.0f} s, and nobody will speak before {due:.0f} s"
                )
            self.agenda.now = max(self.agenda.now, self._next_tick(due))
            tick = self._maybe_tick()

    def _executions(self) -> Executions:
        return TimedExecutions(self)

    def _next_tick(self, moment: float) -> float:
        return moment - moment % TICK + TICK

    def _maybe_tick(self) -> float:
        """A tick that finds nothing due does nothing, and is left out; answers when the next one comes."""
        if self.log.due(self.now):
            self.tick()
        return self._next_tick(self.agenda.now)

    def _earliest_due(self) -> float | None:
        """When the observer may speak up next; None if it waits for nothing."""
        waits = [
            max(summary.due, summary.not_before or summary.due)
            for summary in self.log.recent(_ALL_TIME, _ALL)
            if summary.open
        ]
        return (min(waits) - START).total_seconds() if waits else None

    def _deliver(self, inbox: Inbox, body: str) -> None:
        for _ in range(2 if self.weather.strikes(Fault.TWICE, self.agenda.now) else 1):
            self._send_off(inbox, body)

    def _send_off(self, inbox: Inbox, body: str) -> None:
        """What EventBridge does with an event for one queue: soon, late, or never."""
        now, delay = self.agenda.now, self.pace.bus()
        if self.weather.strikes(Fault.LOST, now):
            self.tell("bus", f"gives up on {inbox.service} {inbox.role}: {described(body)}")
            self.park(inbox, Parked(body, "EventBridge could not deliver it"))
            return
        if self.weather.strikes(Fault.LATE, now):
            delay += self.chance.uniform(1, 600)
        letter = self._letter(body)
        self.agenda.after(delay, partial(self._pollers[inbox].queue.send, letter))

    def _letter(self, body: str) -> Letter:
        self.outstanding += 1
        self._letters += 1
        return Letter(self._letters, body)

    def started(self, who: str, inbox: Inbox, letters: Sequence[Letter]) -> None:  # noqa: ARG002 - for who records
        """A worker begins with these letters of its queue."""
        self.tell(who, "receives ", letters)

    def done(self, who: str, service: str, effect: Effect, result: Result) -> None:
        """An effect was performed: what must hold in every state is looked at."""
        self.effects += 1
        value, failure = result
        if self._tell:
            self.tell(who, told(effect, value, failure))
        if failure is None and isinstance(effect, Decide | Release):
            self.watchman.wrote(service, effect)

    def meets_another(self, service: str, keys: frozenset[object], duration: float) -> bool:
        """Whether a write that took this long overlaps one that ended meanwhile; if not, it is the latest itself."""
        now, latest = self.agenda.now, self._latest
        if any(latest.get((service, key), -1.0) > now - duration for key in keys):
            return True
        latest.update({(service, key): now for key in keys})
        return False

    def _route(self, source: str, detail_type: str, detail: Any) -> str:
        self.watchman.announced(source, detail_type, detail)
        if self._tell and source == self.stage.client_source:
            self.tell("client", f"puts {detail_type} of {trip_of(detail)}")
        return super()._route(source, detail_type, detail)


def _tampered(inbox: Inbox, worker: Worker, tamper: Tamper | None) -> Worker:
    if tamper is None:
        return worker
    return Worker(lambda delivery: tamper(inbox, worker.core(delivery)), worker.ports)
