"""The three ways to coordinate the same trips, as data."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared import message


@dataclass(frozen=True)
class Mode:
    """A way to coordinate: on which stage, and what a request says."""

    name: str
    stage: str
    request: message.Mode

    def ask(self, trip: Mapping[str, object]) -> dict[str, object]:
        """The request for this trip in this mode (choreography is what a request without a mode means)."""
        return dict(trip) if self.request is message.Mode.CHOREOGRAPHY else {**trip, "mode": str(self.request)}


CHOREOGRAPHY = Mode("choreography", "local", message.Mode.CHOREOGRAPHY)
REVERSE = Mode("choreography-reverse", "local-reverse", message.Mode.CHOREOGRAPHY)
ORCHESTRATION = Mode("orchestration", "local", message.Mode.ORCHESTRATION)

MODES: Mapping[str, Mode] = {mode.name: mode for mode in (CHOREOGRAPHY, REVERSE, ORCHESTRATION)}
