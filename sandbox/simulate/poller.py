"""A queue and the function behind it: received in batches, worked on side by side, deleted or delivered again."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from sandbox.memory.hiring import Worker
from sandbox.simulate.invocation import Invocation
from sandbox.simulate.queue import Letter, Queue
from sandbox.simulate.weather import Fault
from sandbox.world import Inbox, Parked
from shared.aws.queues import wait_before
from shared.saga.runtime import Delivery

if TYPE_CHECKING:
    from sandbox.simulate.world import SimulatedWorld


class Poller:
    """Lambda's side of one queue: `maximum_concurrency` batches at a time, each reported message by message."""

    def __init__(self, world: "SimulatedWorld", inbox: Inbox, worker: Worker) -> None:
        self.inbox = inbox
        self.paused = False
        self._world = world
        self._worker = worker
        self._running = 0
        self._invocations = 0
        self._asked = False
        stage = world.stage
        self.queue = Queue(
            world.agenda, stage.visibility_seconds, stage.max_receives, arrived=self.arrived, gone=self._gone
        )

    def arrived(self) -> None:
        """Something can be received: ask for it, unless that is under way."""
        if not (self._asked or self.paused or self._running >= self._world.stage.maximum_concurrency):
            self._asked = True
            self._world.agenda.after(self._world.pace.start(), self._receive)

    def _receive(self) -> None:
        self._asked = False
        chance, visible = self._world.chance, self.queue.visible
        size = min(len(visible), chance.randint(1, self._world.stage.batch_size)) if not self.paused else 0
        drawn = (self.queue.receive(chance.randrange(len(visible))) for _ in range(size))
        letters = [letter for letter in drawn if letter is not None]
        if letters:
            self._invoke(letters)
        if visible:
            self.arrived()

    def _invoke(self, letters: Sequence[Letter]) -> None:
        world = self._world
        self._invocations += 1
        name = f"{self.inbox.service} {self.inbox.role} #{self._invocations}"
        world.started(name, self.inbox, letters)
        if world.weather.strikes(Fault.UNSTARTED, world.agenda.now):
            world.tell(name, "is throttled, and never starts")
            return
        self._running += 1
        world.outstanding += 1  # a worker that stands still may outlive its messages
        receipts = [letter.receives for letter in letters]
        cores = [self._worker.core(self._delivery(letter)) for letter in letters]
        Invocation(
            world, name, self.inbox.service, cores, self._worker.ports, partial(self._ended, name, letters, receipts)
        )

    def _delivery(self, letter: Letter) -> Delivery:
        return Delivery(
            letter.body, self._world.now, letter.receives, letter.receives >= self._world.stage.max_receives
        )

    def _ended(
        self,
        name: str,
        letters: Sequence[Letter],
        receipts: Sequence[int],
        outcomes: Sequence[Exception | None] | None,
    ) -> None:
        self._running -= 1
        self._world.outstanding -= 1
        if self.queue.visible:
            self.arrived()
        if outcomes is None:  # its messages come again when they are visible again
            return
        for letter, receipt, failure in zip(letters, receipts, outcomes, strict=True):
            if failure is None:
                self._delete(name, letter, receipt)
            else:
                self._give_back(name, letter, receipt, failure)

    def _delete(self, name: str, letter: Letter, receipt: int) -> None:
        """Best effort; by the receipt of an earlier delivery it may not work."""
        world = self._world
        stale = letter.receives != receipt and world.chance.random() < 0.5
        if stale or world.weather.strikes(Fault.NOT_DELETED, world.agenda.now):
            world.tell(name, "does not get deleted: ", [letter])
        else:
            self.queue.delete(letter)

    def _give_back(self, name: str, letter: Letter, receipt: int, failure: Exception) -> None:
        """The shipped back-off, or the queue's own timeout where even that call fails."""
        world = self._world
        world.tell(name, f"gives back ({failure}): ", [letter])
        if not world.weather.strikes(Fault.BUSY, world.agenda.now):
            self.queue.put_off(letter, receipt, wait_before(receipt, world.chance.randint))

    def _gone(self, letter: Letter, given_up: bool) -> None:
        self._world.outstanding -= 1
        if given_up:
            self._world.tell(f"{self.inbox.service} {self.inbox.role}", "is given up: ", [letter])
            self._world.park(self.inbox, Parked(letter.body, f"delivered {letter.receives} times"))
