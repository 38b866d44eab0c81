"""Modes as a person names them on the command line."""

from console.trouble import Exit, Trouble
from sandbox.modes import MODES, Mode


def modes_named(told: str) -> list[Mode]:
    """The modes of those names, separated by commas, in that order. Raises Trouble (usage)."""
    wanted = list(dict.fromkeys(name.strip() for name in told.split(",")))
    if unknown := [name for name in wanted if name not in MODES]:
        raise Trouble(f"there is no mode {', '.join(unknown)!r}: choose from {', '.join(MODES)}", Exit.USAGE)
    return [MODES[name] for name in wanted]
