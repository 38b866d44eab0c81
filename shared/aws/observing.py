"""The functions of a saga's observer: it notes what it hears in its log, and watches over what is overdue."""

import os
from functools import partial

from shared.aws.clients import client
from shared.aws.entry import Desk, DesksCore, Handler, own_queue, publisher_of, queue_consumer
from shared.aws.saga_log import DynamoSagaLog
from shared.aws.settings import client_source_from, legs_from
from shared.aws.telemetry import LoggedDeadLetters, gauge
from shared.observer.effects import TripPorts
from shared.observer.observing import observe, watch
from shared.saga.declaration import Saga


def observation_consumer(saga: Saga) -> Handler:
    """The function behind the observe queue."""
    return queue_consumer(partial(_observation, saga))


def watch_consumer(saga: Saga) -> Handler:
    """The function behind the watch queue: whatever the message, it is a tick of the clock."""
    return queue_consumer(partial(_watch, saga))


def _observation(saga: Saga) -> Desk:
    legs, client_source = legs_from(os.environ), client_source_from(os.environ)
    return _desk(saga, lambda delivery: observe(saga, legs, client_source, delivery.body))


def _watch(saga: Saga) -> Desk:
    legs = legs_from(os.environ)
    return _desk(saga, lambda delivery: watch(saga, legs, delivery.at))


def _desk(saga: Saga, core: DesksCore) -> Desk:
    settings, queue = own_queue()
    ports = TripPorts(
        DynamoSagaLog(client("dynamodb"), settings.table),
        publisher_of(settings),
        LoggedDeadLetters(queue),
        partial(gauge, f"OldestOpen{saga.noun}"),
    )
    return Desk(core, ports, queue, settings.max_receives)
