"""Process's functions: names, no logic."""

from examples.records.process.participant import PROCESS
from shared.aws.entry import booking_consumer, compensation_consumer
from shared.aws.tasks import task_desk

book = booking_consumer(PROCESS)
compensate = compensation_consumer(PROCESS)
task = task_desk(PROCESS)
