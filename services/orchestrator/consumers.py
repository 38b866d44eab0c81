"""What the orchestrator's function works with: the starter on the stage's state machine."""

import os

from services.orchestrator.machine import StepFunctionsMachine
from services.orchestrator.starter import StarterPorts, start
from shared.aws.clients import client
from shared.aws.entry import Desk, own_queue, publisher_of
from shared.aws.settings import machine_from, terms_from
from shared.aws.telemetry import LoggedDeadLetters


def starting() -> Desk:
    """The function behind the start queue."""
    settings, queue = own_queue()
    terms, machine = terms_from(os.environ), StepFunctionsMachine(client("stepfunctions"), machine_from(os.environ))
    ports = StarterPorts(machine, publisher_of(settings), LoggedDeadLetters(queue))
    return Desk(lambda delivery: start(terms, delivery.body, delivery.at), ports, queue, settings.max_receives)
