"""The function that starts a saga's executions."""

import os
from functools import partial

from shared.aws.clients import client
from shared.aws.entry import Desk, Handler, own_queue, publisher_of, queue_consumer
from shared.aws.machine import StepFunctionsMachine
from shared.aws.settings import machine_from, terms_from
from shared.aws.telemetry import LoggedDeadLetters
from shared.saga.declaration import Saga
from shared.saga.starter import StarterPorts, start


def start_consumer(saga: Saga) -> Handler:
    """The function behind the start queue."""
    return queue_consumer(partial(_desk, saga))


def _desk(saga: Saga) -> Desk:
    settings, queue = own_queue()
    terms, machine = terms_from(os.environ), StepFunctionsMachine(client("stepfunctions"), machine_from(os.environ))
    ports = StarterPorts(machine, publisher_of(settings), LoggedDeadLetters(queue))
    return Desk(lambda delivery: start(saga, terms, delivery.body, delivery.at), ports, queue, settings.max_receives)
