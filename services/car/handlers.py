"""Car's functions: names, no logic."""

from services.car.participant import CAR
from shared.aws.entry import booking_consumer, compensation_consumer
from shared.aws.stock import stock_desk
from shared.aws.tasks import task_desk

book = booking_consumer(CAR)
compensate = compensation_consumer(CAR)
stock = stock_desk(CAR)
task = task_desk(CAR)
