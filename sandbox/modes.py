"""The three ways to coordinate the same trips, as data."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to coordinate a trip: the stage that offers it, and what a request says to get it."""

    name: str
    stage: str
    request_mode: str | None = None
    """What a request's `mode` says; None: nothing."""

    def ask(self, trip: Mapping[str, Any]) -> dict[str, Any]:
        """The request for this trip in this mode."""
        return dict(trip) if self.request_mode is None else {**trip, "mode": self.request_mode}


CHOREOGRAPHY: Final = Mode("choreography", "local")
REVERSE: Final = Mode("choreography-reverse", "local-reverse")
ORCHESTRATION: Final = Mode("orchestration", "local", "orchestration")

MODES: Final[Mapping[str, Mode]] = MappingProxyType(
    {mode.name: mode for mode in (CHOREOGRAPHY, REVERSE, ORCHESTRATION)}
)
