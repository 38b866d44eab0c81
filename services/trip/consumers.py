"""What trip's functions work with: the observer on its log, and the watch over what is overdue."""

import os
from functools import partial

from services.trip.effects import TripPorts
from services.trip.log import DynamoSagaLog
from services.trip.observer import observe, watch
from shared.aws.clients import client
from shared.aws.entry import Desk, DesksCore, own_queue, publisher_of
from shared.aws.settings import client_source_from, legs_from
from shared.aws.telemetry import LoggedDeadLetters, gauge


def observation() -> Desk:
    """The function behind the observe queue."""
    legs, client_source = legs_from(os.environ), client_source_from(os.environ)
    return _desk(lambda delivery: observe(legs, client_source, delivery.body))


def reminder() -> Desk:
    """The function behind the watch queue: whatever the message, it is a tick of the clock."""
    legs = legs_from(os.environ)
    return _desk(lambda delivery: watch(legs, delivery.at))


def _desk(core: DesksCore) -> Desk:
    settings, queue = own_queue()
    ports = TripPorts(
        DynamoSagaLog(client("dynamodb"), settings.table),
        publisher_of(settings),
        LoggedDeadLetters(queue),
        partial(gauge, "OldestOpenTrip"),
    )
    return Desk(core, ports, queue, settings.max_receives)
