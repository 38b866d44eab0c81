"""The orchestrator's function: a name, no logic."""

from examples.records.saga import RECORDS
from shared.aws.starting import start_consumer

start = start_consumer(RECORDS)
