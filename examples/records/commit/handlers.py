"""Commit's functions: names, no logic."""

from examples.records.commit.participant import COMMIT
from shared.aws.entry import booking_consumer, compensation_consumer, finish_consumer
from shared.aws.tasks import task_desk

book = booking_consumer(COMMIT)
compensate = compensation_consumer(COMMIT)
task = task_desk(COMMIT)
finish = finish_consumer(COMMIT)
