"""What a run of chaos found, as data."""

import msgspec

from sandbox.auditor import Violation


class Killed(msgspec.Struct, frozen=True):
    """So many processes of a function, at that moment of their work."""

    function: str
    moment: str
    count: int


class Chaos(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Times are seconds."""

    seed: int
    modes: list[str]
    trips: int
    ends: dict[str, int]
    """How the trips ended: status and reason."""
    kills: int
    """Function processes that were killed by SIGKILL, each in the middle of handling something."""
    killed: list[Killed]
    kills_asked: int
    power_cuts: int
    dark_seconds: float
    """From the cuts until the engine answered again."""
    aborted: int
    """Executions that a power cut ended."""
    pauses: int
    poison: int
    put_aside: int
    """Poison that lies among the dead letters at the end."""
    redriven: int
    """Messages that queues had given up, sent back by an operator."""
    reminded: int
    """Trips whose deadline the observer had to bring to the pivot."""
    lost: int
    stuck: int
    violations: list[Violation]
    disturbed_seconds: float
    drain_seconds: float
    """From the last disturbance to the last end."""
    seconds: float

    @property
    def clean(self) -> bool:
        """Nothing is wrong, nothing is missing, and what was asked for was done."""
        return not (self.violations or self.lost or self.stuck) and self.kills >= self.kills_asked
