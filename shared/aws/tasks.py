"""The function behind a participant's task: called by a state machine, it answers with what is recorded."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.aws.entry import Event, Handler, at_cold_start, ledger_of, publisher_of
from shared.aws.settings import settings_from, terms_from
from shared.aws.telemetry import metrics
from shared.saga.driver import drive
from shared.saga.effects import Ports
from shared.saga.faults import WorkerDied
from shared.saga.intake import Terms
from shared.saga.participant import Participant
from shared.saga.tasks import Answer, collect, handle_call


class NoDeadLetters:
    """A task has no message to put away: what it cannot read is the caller's error."""

    def park(self, body: str, reason: str) -> None:
        raise NotImplementedError(f"{reason}: {len(body)} characters")


def task_desk(participant: Participant) -> Handler:
    """A participant's task function."""
    desk_of: Callable[[], tuple[Ports, Terms]] = at_cold_start(partial(_open, participant))

    @metrics.log_metrics
    def handler(event: Event, _context: LambdaContext) -> Any:
        ports, terms = desk_of()
        answers = list[Answer]()
        core = handle_call(participant, terms, event, datetime.now(UTC))
        try:
            (failure,) = drive([collect(core, answers)], ports)
        except WorkerDied:
            os._exit(70)
        if failure:
            raise failure
        return msgspec.to_builtins(answers[0])

    return handler


def _open(participant: Participant) -> tuple[Ports, Terms]:
    settings = settings_from(os.environ)
    ports = Ports(ledger_of(participant, settings), publisher_of(settings), NoDeadLetters())
    return ports, terms_from(os.environ)
