"""The orchestrator's function: a name, no logic."""

from shared.aws.starting import start_consumer
from shared.trip import TRIP

start = start_consumer(TRIP)
