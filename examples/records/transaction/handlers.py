"""The observer's functions: names, no logic."""

from examples.records.saga import RECORDS
from shared.aws.observing import observation_consumer, watch_consumer

observe = observation_consumer(RECORDS)
watch = watch_consumer(RECORDS)
