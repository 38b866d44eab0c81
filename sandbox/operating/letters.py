"""A message in a queue, as an operator sees it. What it is about is read leniently: most of these could not be handled."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from shared.message import Envelope, Unreadable, read_envelope
from shared.request import ID
from shared.saga.timeline import Facts


@dataclass(frozen=True)
class Letter:
    """A message. `received` counts its deliveries from this queue, `reason` is what somebody gave when it was put there.

    `attributes` are the message attributes it came with, `handle` is for whoever holds it.
    """

    id: str
    body: str
    received: int = 0
    sent_at: datetime | None = None
    reason: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    handle: str = ""

    @cached_property
    def event(self) -> Envelope | None:
        """The event in it, if it is one."""
        try:
            return read_envelope(self.body)
        except Unreadable:
            return None

    @property
    def what(self) -> str:
        """What it is, without a word of what a client wrote into it."""
        return f"{self.event.detail_type} from {self.event.source}" if self.event else f"no event ({self._size})"

    @property
    def detail_type(self) -> str:
        return self.event.detail_type if self.event else ""

    @property
    def trip_id(self) -> str | None:
        """The trip it names, if it names a possible one."""
        detail = self.event.detail if self.event else None
        if not isinstance(detail, dict):
            return None
        metadata = detail.get("metadata")
        found = (metadata if isinstance(metadata, dict) else detail).get("tripId")
        return found if ID.accepts(found) else None

    @property
    def _size(self) -> str:
        return f"{len(self.body)} characters"


def last_try(facts: Facts, participant: str) -> str:
    """What a compensation's last try met, as the saga log has it: a queue gives a message up without a word."""
    parked = facts.of(participant, "CompensationParked")
    return f"attempt {parked.attempt}: {parked.reason}" if parked else ""
