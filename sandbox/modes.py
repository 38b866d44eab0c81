"""The ways to coordinate a trip that can be compared, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to coordinate a trip: the stage that offers it, and what a request says to get it."""

    name: str
    stage: str
    request_mode: str | None = None
    """What a request's `mode` says; None: nothing."""


MODES: Final[Mapping[str, Mode]] = MappingProxyType(
    {
        mode.name: mode
        for mode in (
            Mode("choreography", "local"),
            Mode("choreography-reverse", "local-reverse"),
        )
    }
)
