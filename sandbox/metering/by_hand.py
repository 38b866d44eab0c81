"""What a trip must cost, reckoned by hand: step by step, from the protocol and AWS's rules. The tests hold the meter to it.

The trip is `examples/trips/trip-success.json`: two nights, one traveller, two days of a car. Nothing is delivered twice,
and every batch has one message.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from sandbox.metering import choreographed, orchestrated
from sandbox.metering.steps import Step, Tally
from sandbox.modes import MODES


@dataclass(frozen=True, slots=True)
class Bill:
    """A trip's whole course in one mode."""

    mode: str
    outcome: str
    steps: tuple[Step, ...]

    @property
    def total(self) -> Tally:
        """All steps together."""
        total: Counter[tuple[str, str]] = Counter()
        for step in self.steps:
            total.update(step.costs)
        return total


COURSES: Final[Mapping[str, Mapping[str, Iterator[Step]]]] = {
    "choreography": choreographed.courses("hotel", "flight"),  # at once: in any order, on AWS
    "choreography-reverse": choreographed.courses("flight", "hotel"),
    "orchestration": orchestrated.courses(),
}

BILLS: Final = tuple(Bill(mode, outcome, tuple(steps)) for mode in MODES for outcome, steps in COURSES[mode].items())
"""Every trip that is reckoned, mode by mode."""

LACKING: Final = {
    ("orchestration", "cancelled before the commit"): (
        "the pivot is called, and no queue holds its booking back, so that no test can place a cancel just before it"
    )
}
"""Why a mode has no course to an outcome."""
