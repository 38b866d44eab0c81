"""The participant's descriptor: all that the runtime needs to know of a service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.message import Booked, BookingFailed, Cancelled, source_of
from shared.saga.plan import Planning
from shared.saga.record import StockKey

PARTS = ("Booked", "BookingFailed", "Cancelled", "CompensationDelayed", "CompensationParked")
"""What a participant can announce; the fact's detail-type is the participant's name before it."""


class Speaker(Protocol):
    """Whoever may answer a request: the first leg, or the orchestrator's starter (leg 0)."""

    @property
    def name(self) -> str: ...
    @property
    def leg(self) -> int: ...
    @property
    def source(self) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Participant:
    """A service that takes part in the saga.

    `leg` orders participants; the last one is the `pivot`, whose record commits the trip. `plan` is called with the
    trip and the stage's capacity for unlisted stock (None: the service's own default). `shelve` names a stock item from
    what a person calls it, and raises `ValueError` with the cure. `step` is what the saga log calls this leg.
    """

    name: str
    leg: int
    booked: type[Booked]
    failed: type[BookingFailed]
    cancelled: type[Cancelled]
    plan: Callable[[Mapping[str, Any], int | None], Planning]
    shelve: Callable[[str, str], StockKey]
    step: str
    pivot: bool = False

    @property
    def title(self) -> str:
        return title_of(self.name)

    @property
    def source(self) -> str:
        return source_of(self.name)


def title_of(participant: str) -> str:
    """The prefix of a participant's detail-types: `Hotel` for `hotel`."""
    return participant[:1].upper() + participant[1:]
