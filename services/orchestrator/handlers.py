"""The orchestrator's function: a name, no logic."""

from services.orchestrator.consumers import starting
from shared.aws.entry import queue_consumer

start = queue_consumer(starting)
