"""Virtual time: what is to happen, in the order of its moments."""

from collections.abc import Callable
from heapq import heappop, heappush

Action = Callable[[], object]


class Agenda:
    """A clock that jumps from one thing that happens to the next. `now` is in seconds since it began."""

    def __init__(self) -> None:
        self.now = 0.0
        self._entries: list[tuple[float, int, Action]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._entries)

    @property
    def upcoming(self) -> float:
        """The moment of the next thing that happens."""
        return self._entries[0][0]

    def after(self, seconds: float, action: Action) -> None:
        """Let something happen later; of two things at one moment, the one entered first."""
        self._count += 1
        heappush(self._entries, (self.now + seconds, self._count, action))

    def step(self) -> None:
        """Let the next thing happen."""
        self.now, _, action = heappop(self._entries)
        action()
