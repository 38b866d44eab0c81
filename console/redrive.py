"""Moving messages back to where they were meant to go: predicted first, moved one by one, followed to what became of them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, NamedTuple

from console.connection import Target
from console.dead_letters import Box, depth, held, url_of
from console.reality import StageReality
from sandbox.operating.letters import Letter
from sandbox.operating.rehearsal import NOWHERE, Fate, Prediction, Rehearsal
from sandbox.world import Inbox

PAUSE, LONGEST_PAUSE = 0.1, 2.0
GRACE = 5.0
"""Seconds to go on looking when all is done on record, but a queue is never seen empty: others may be using it."""

Tell = Callable[[str, int, int], None]


class Chosen(NamedTuple):
    """A message, what would become of it, and the queues it would go to."""

    letter: Letter
    prediction: Prediction
    to: tuple[Inbox, ...]


class Ended(NamedTuple):
    """What became of a message that was moved: it came `back`, or this is what there is left to do for it `now`."""

    chosen: Chosen
    back: bool
    now: Prediction

    @property
    def over(self) -> bool:
        """Whether there is nothing to wait for."""
        return self.back or self.now.fate.settled

    def __str__(self) -> str:
        if self.back:
            return f"came back: {self.now.why}"
        return f"{'done' if self.over else 'not done yet'}: {self.now.why}"


@contextmanager
def redriving(target: Target, box: Box, wanted: Callable[[Letter], bool]) -> Iterator["Redrive"]:
    """Hold the messages of a box, and predict those that are wanted. What is not moved is let go at the end."""
    sqs, reality = target.client("sqs"), StageReality(target)
    with held(sqs, url_of(sqs, box.queue)) as letters:
        yield Redrive(target, box, reality, letters, wanted)


class Redrive:
    """The redrive of one box, whose messages are held."""

    def __init__(
        self,
        target: Target,
        box: Box,
        reality: StageReality,
        letters: Sequence[Letter],
        wanted: Callable[[Letter], bool],
    ) -> None:
        self._names = target.names
        self._sqs = target.client("sqs")
        self._box = box
        self._url = url_of(self._sqs, box.queue)
        self._reality = reality
        self._seen = {letter.id for letter in letters}
        rehearsal = self._rehearsal()
        self.chosen = [self._choose(rehearsal, letter) for letter in letters if wanted(letter)]

    def going(self, *, force: bool) -> list[Chosen]:
        """Those that are to be moved: not what would come straight back, unless it is forced."""
        return [each for each in self.chosen if each.to and (force or not each.prediction.fate.comes_back)]

    def move(self, going: Sequence[Chosen], tell: Tell) -> None:
        """Send each message on, then delete it here: whatever dies in between leaves it twice, which does no harm."""
        for place, each in enumerate(going, start=1):
            for inbox in each.to:
                self._send(inbox, each.letter)
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=each.letter.handle)
            tell("moved", place, len(going))

    def follow(self, moved: Sequence[Chosen], patience: float, tell: Tell) -> list[Ended]:
        """Wait until everything that was moved is done or came back, at most so many seconds."""
        start, pause = time.monotonic(), PAUSE
        done_at: float | None = None
        told = -1
        while True:
            ended = self._ended(moved)
            if (over := sum(each.over for each in ended)) != told:
                told = over
                tell("settled", over, len(ended))
            now = time.monotonic()
            done_at = (done_at or now) if over == len(ended) else None
            rests = done_at is not None and (self._drained(moved) or now - done_at > GRACE)
            if rests or now - start > patience:
                return self._ended(moved)
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.5)

    def _choose(self, rehearsal: Rehearsal, letter: Letter) -> Chosen:
        prediction = rehearsal.predict(self._box.inbox, letter)
        found = tuple(rehearsal.destinations(self._box.inbox, letter))
        # what is still for nobody may at least go from the quarantine's own dead letters to the quarantine
        nowhere = (NOWHERE,) if self._queue(NOWHERE) != self._box.queue else ()
        return Chosen(letter, prediction, found or nowhere)

    def _ended(self, moved: Sequence[Chosen]) -> list[Ended]:
        """As it stands now; each is rehearsed alone, for what another one would do may not be done yet."""
        back = self._came_back({each.letter.body for each in moved})
        return [
            Ended(each, True, Prediction(Fate.POISON, back[each.letter.body]))
            if each.letter.body in back
            else Ended(each, False, self._rehearsal().predict(self._box.inbox, each.letter))
            for each in moved
        ]

    def _came_back(self, bodies: set[str]) -> Mapping[str, str]:
        """Of these bodies, those that lie in the box again, and why: a message that is given up anew has another id."""
        with held(self._sqs, self._url) as letters:
            fresh = [letter for letter in letters if letter.id not in self._seen and letter.body in bodies]
        return {letter.body: letter.reason or "given up again" for letter in fresh}

    def _drained(self, moved: Sequence[Chosen]) -> bool:
        queues = {self._queue(inbox) for each in moved for inbox in each.to}
        return not any(depth(self._sqs, url_of(self._sqs, queue)) for queue in queues)

    def _send(self, inbox: Inbox, letter: Letter) -> None:
        self._sqs.send_message(
            QueueUrl=url_of(self._sqs, self._queue(inbox)),
            MessageBody=letter.body,
            MessageAttributes=_kept(letter.attributes),
        )

    def _queue(self, inbox: Inbox) -> str:
        return self._names.quarantine if inbox == NOWHERE else self._names.queue(*inbox)

    def _rehearsal(self) -> Rehearsal:
        return Rehearsal(self._reality, datetime.now(UTC))


def _kept(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Every attribute; a reason becomes an earlier one, lest it be taken for that of a later failure."""
    return {"earlierReason" if name == "reason" else name: value for name, value in attributes.items()}
