"""The observer of trips: every fact of a trip, and who is overdue."""

from functools import partial

from shared.observer import observing
from shared.trip import TRIP

observe = partial(observing.observe, TRIP)
watch = partial(observing.watch, TRIP)
remind = partial(observing.remind, TRIP)
