"""Hotel's functions: names, no logic."""

from services.hotel.participant import HOTEL
from shared.aws.entry import booking_consumer, compensation_consumer
from shared.aws.stock import stock_desk
from shared.aws.tasks import task_desk

book = booking_consumer(HOTEL)
compensate = compensation_consumer(HOTEL)
stock = stock_desk(HOTEL)
task = task_desk(HOTEL)
