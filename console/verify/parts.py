"""The parts of `make verify`: each is a command that a person could type, and answers in JSON."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Part:
    """A command (after `wayfare`) and what it proves; `quick` is the same command as a slice."""

    name: str
    proves: str
    command: tuple[str, ...]
    quick: tuple[str, ...]

    def line(self) -> str:
        """As a person types it."""
        return " ".join(("wayfare", *self.command))


PARTS: Final = (
    Part(
        "exploration",
        "every interleaving of the shipped handlers in every case",
        ("explore", "--all"),
        ("explore", "conflict", "last-room"),
    ),
    Part(
        "mutants",
        "each protective measure is needed",
        ("explore", "--mutant", "all"),
        ("explore", "--mutant", "write-first"),
    ),
    Part(
        "schedules",
        "random schedules with every fault, audited one by one",
        ("simulate", "--schedules", "200000", "--processes", "2"),
        ("simulate", "--schedules", "100"),
    ),
    Part(
        "paper",
        "a thousand trips a second for an hour, on paper, in all modes",
        ("simulate", "--rate", "1000", "--minutes", "60"),
        ("simulate", "--rate", "100", "--minutes", "1"),
    ),
    Part(
        "chaos",
        "real processes killed, queues paused, everything restarted, on the local engine",
        ("chaos", "--trips", "1000", "--kills", "200"),
        ("chaos", "--trips", "40", "--kills", "8"),
    ),
)
