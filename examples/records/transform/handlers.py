"""Transform's functions: names, no logic."""

from examples.records.transform.participant import TRANSFORM
from shared.aws.entry import booking_consumer, compensation_consumer
from shared.aws.tasks import task_desk

book = booking_consumer(TRANSFORM)
compensate = compensation_consumer(TRANSFORM)
task = task_desk(TRANSFORM)
