"""What an observer announces: outcomes, for whoever wants to act on them, and its two requests to the pivot.

The saga's noun stands before the name on the bus: `TripConfirmed`.
"""

from shared.message import Data


class Confirmed(Data, frozen=True, kw_only=True):
    """Every leg is booked."""


class Failed(Data, frozen=True, kw_only=True):
    """A leg refused, or the deadline passed; nothing is held."""

    reason: str
    message: str


class Cancelled(Data, frozen=True, kw_only=True):
    """The user cancelled, before or after the commit; nothing is held."""

    reason: str


class Expired(Data, frozen=True, kw_only=True):
    """The deadline passed with the outcome open: the pivot is to decide, everyone to announce again. `nudge` counts from 1."""

    nudge: int


class CancelRequested(Data, frozen=True, kw_only=True):
    """The user's cancel, repeated because no answer to it was seen. `nudge` counts from 1."""

    nudge: int
