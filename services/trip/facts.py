"""What trip announces: outcomes, for whoever wants to act on them, and its two requests to the pivot."""

from shared.observer import facts


class TripConfirmed(facts.Confirmed, frozen=True, kw_only=True):
    """Hotel, flight and car are booked."""


class TripFailed(facts.Failed, frozen=True, kw_only=True):
    """A leg refused, or the deadline passed; nothing is held."""


class TripCancelled(facts.Cancelled, frozen=True, kw_only=True):
    """The user cancelled, before or after the commit; nothing is held."""


class TripExpired(facts.Expired, frozen=True, kw_only=True):
    """The deadline passed with the outcome open: the pivot is to decide, everyone to announce again. `nudge` counts from 1."""


class TripCancelRequested(facts.CancelRequested, frozen=True, kw_only=True):
    """The user's cancel, repeated because no answer to it was seen. `nudge` counts from 1."""
