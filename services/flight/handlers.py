"""Flight's functions: names, no logic."""

from services.flight.participant import FLIGHT
from shared.aws.entry import booking_consumer, compensation_consumer
from shared.aws.stock import stock_desk
from shared.aws.tasks import task_desk

book = booking_consumer(FLIGHT)
compensate = compensation_consumer(FLIGHT)
stock = stock_desk(FLIGHT)
task = task_desk(FLIGHT)
