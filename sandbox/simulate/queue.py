"""A queue with the delivery semantics of SQS: at least once, in no order, hidden while it is worked on, given up in the end."""

from collections.abc import Callable
from functools import partial

from sandbox.simulate.agenda import Agenda
from sandbox.simulate.words import described


class Letter:
    """A message in a queue. `receives` counts its deliveries, and is the receipt of the latest one."""

    __slots__ = ("body", "deleted", "hidings", "in_flight", "number", "receives")

    def __init__(self, number: int, body: str) -> None:
        self.number = number
        self.body = body
        self.receives = 0
        self.hidings = 0
        self.in_flight = False
        self.deleted = False

    def __str__(self) -> str:
        again = f", delivery {self.receives}" if self.receives > 1 else ""
        return f"[{self.number}] {described(self.body)}{again}"


class Queue:
    """One queue. A received letter stays hidden for `visibility` seconds; after `max_receives` deliveries it is given up.

    `arrived` is told whenever something can be received; `gone` of every letter that will not come again, and whether
    it was given up.
    """

    def __init__(
        self,
        agenda: Agenda,
        visibility: float,
        max_receives: int,
        *,
        arrived: Callable[[], None],
        gone: Callable[[Letter, bool], None],
    ) -> None:
        self.visible: list[Letter] = []
        self._agenda = agenda
        self._visibility = visibility
        self._max_receives = max_receives
        self._arrived = arrived
        self._gone = gone

    def send(self, letter: Letter) -> None:
        """A letter arrives."""
        self.visible.append(letter)
        self._arrived()

    def receive(self, place: int) -> Letter | None:
        """Take one of the visible letters, and hide it; None if it has used up its deliveries, and is given up."""
        letter = self.visible[place]
        self.visible[place] = self.visible[-1]
        self.visible.pop()
        if letter.receives >= self._max_receives:
            self._remove(letter, given_up=True)
            return None
        letter.receives += 1
        letter.in_flight = True
        self._hide(letter, self._visibility)
        return letter

    def put_off(self, letter: Letter, receipt: int, seconds: float) -> None:
        """Hide a letter for so long from now; nothing happens if it is no longer in flight by this receipt."""
        if letter.in_flight and letter.receives == receipt:
            self._hide(letter, seconds)

    def delete(self, letter: Letter) -> None:
        """Delete a letter, wherever it is."""
        if letter.deleted:
            return
        if not letter.in_flight:
            self.visible.remove(letter)
        self._remove(letter, given_up=False)

    def _remove(self, letter: Letter, *, given_up: bool) -> None:
        letter.deleted = True
        self._gone(letter, given_up)

    def _hide(self, letter: Letter, seconds: float) -> None:
        letter.hidings += 1
        self._agenda.after(seconds, partial(self._reappear, letter, letter.hidings))

    def _reappear(self, letter: Letter, hiding: int) -> None:
        """Only the end of the latest hiding counts."""
        if not letter.deleted and letter.hidings == hiding:
            letter.in_flight = False
            self.send(letter)
