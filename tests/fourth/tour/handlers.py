"""Tour's functions: names, no logic."""

from shared.aws.entry import booking_consumer, compensation_consumer
from shared.aws.stock import stock_desk
from shared.aws.tasks import task_desk
from tests.fourth.tour.participant import TOUR

book = booking_consumer(TOUR)
compensate = compensation_consumer(TOUR)
stock = stock_desk(TOUR)
task = task_desk(TOUR)
