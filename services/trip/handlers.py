"""Trip's functions: names, no logic."""

from services.trip.consumers import observation, reminder
from shared.aws.entry import queue_consumer

observe = queue_consumer(observation)
watch = queue_consumer(reminder)
