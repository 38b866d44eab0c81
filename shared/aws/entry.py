"""Entry points: a Lambda handler for a queue. It reads the batch, drives its cores, and answers message by message."""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.aws.clients import client
from shared.aws.dossiers import DynamoDossiers
from shared.aws.ledger import DynamoLedger
from shared.aws.publisher import EventBridgePublisher
from shared.aws.queues import OwnQueue
from shared.aws.settings import Settings, settings_from, terms_from
from shared.aws.telemetry import LoggedDeadLetters, LoggedPublisher, gave_back, metrics
from shared.ports import Ledger
from shared.saga.dossier import DossierLedger
from shared.saga.driver import drive
from shared.saga.effects import Core, Ports
from shared.saga.faults import WorkerDied, with_faults
from shared.saga.finishing import handle_finish
from shared.saga.intake import Terms
from shared.saga.participant import Participant
from shared.saga.runtime import Delivery, handle_booking, handle_notice

Event = dict[str, Any]
Handler = Callable[[Event, LambdaContext], Any]
Handling = Callable[[Participant, Terms, Delivery], Core[None]]
DesksCore = Callable[[Delivery], Core[None]]

BATCH = 10
"""Messages in a batch, at most: as many run side by side."""


@dataclass(frozen=True)
class Desk:
    """What one function works with, made once: how it handles a delivery, through which ports, from which queue."""

    core: DesksCore
    ports: Any
    queue: OwnQueue
    max_receives: int


def booking_consumer(participant: Participant) -> Handler:
    """The function behind a participant's book queue."""
    return queue_consumer(partial(_participant_desk, participant, handle_booking, "book"))


def compensation_consumer(participant: Participant) -> Handler:
    """The function behind a participant's compensate queue."""
    return queue_consumer(partial(_participant_desk, participant, handle_notice, "compensate"))


def finish_consumer(participant: Participant) -> Handler:
    """The function behind the pivot's finish queue."""
    return queue_consumer(partial(_participant_desk, participant, handle_finish, "finish"))


def ledger_of(participant: Participant, settings: Settings) -> Ledger:
    """Where the participant keeps its records."""
    if participant.saga.keeps_dossier:
        return DossierLedger(DynamoDossiers(client("dynamodb"), settings.table), participant)
    return DynamoLedger(client("dynamodb"), settings.table)


def _participant_desk(participant: Participant, handle: Handling, step: str) -> Desk:
    settings, queue = own_queue()
    terms = terms_from(os.environ)
    ports = Ports(ledger_of(participant, settings), publisher_of(settings), LoggedDeadLetters(queue))

    def core(delivery: Delivery) -> Core[None]:
        handling = handle(participant, terms, delivery)
        return with_faults(handling, participant, step, delivery.attempt) if terms.faults_allowed else handling

    return Desk(core, ports, queue, settings.max_receives)


def own_queue() -> tuple[Settings, OwnQueue]:
    """The function's settings, and its queue."""
    settings = settings_from(os.environ)
    return settings, OwnQueue(partial(client, "sqs"), settings.queue_url, settings.dead_letter_url)


def publisher_of(settings: Settings) -> LoggedPublisher:
    """The publisher on the stage's bus."""
    return LoggedPublisher(EventBridgePublisher(client("events"), settings.bus))


def at_cold_start(make: Callable[[], Any]) -> Callable[[], Any]:
    """Make a function's desk once: while it starts on AWS (so that a wrong deployment fails at once), on first use elsewhere."""
    made = cache(make)
    if "WAYFARE_STAGE" in os.environ:
        made()
    return made


def queue_consumer(make: Callable[[], Desk]) -> Handler:
    """A handler that drives every message's core and reports the ones to be delivered again."""
    desk_of = at_cold_start(make)

    @metrics.log_metrics
    def handler(event: Event, context: LambdaContext) -> PartialItemFailureResponse:
        failures = _drive(desk_of(), [SQSRecord(record) for record in event["Records"]])

        def settle(record: SQSRecord) -> None:
            if failure := failures.get(record.message_id):
                raise failure

        processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
        return process_partial_response(event=event, record_handler=settle, processor=processor, context=context)

    return handler


def _drive(desk: Desk, records: Sequence[SQSRecord]) -> dict[str, Exception]:
    now = datetime.now(UTC)
    attempts = [int(record.attributes.approximate_receive_count) for record in records]
    cores = [
        desk.core(Delivery(record.body, now, attempt, attempt >= desk.max_receives))
        for record, attempt in zip(records, attempts, strict=True)
    ]
    try:
        outcomes = drive(cores, desk.ports, _pool() if len(cores) > 1 else None)
    except WorkerDied:
        os._exit(70)  # as a killed worker would: no answer, no clean-up
    failures = {}
    for record, attempt, failure in zip(records, attempts, outcomes, strict=True):
        if failure is not None:
            failures[record.message_id] = failure
            gave_back(record.message_id, attempt, failure)
            desk.queue.put_off(record.receipt_handle, attempt)
    return failures


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(BATCH)
