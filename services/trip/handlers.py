"""Trip's functions: names, no logic."""

from shared.aws.observing import observation_consumer, watch_consumer
from shared.trip import TRIP

observe = observation_consumer(TRIP)
watch = watch_consumer(TRIP)
