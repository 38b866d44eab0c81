"""Logs and metrics: one structured line per announcement and per message that went wrong. Never what a trip contains."""

import warnings
from collections.abc import Sequence
from datetime import timedelta

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from shared.message import Fact
from shared.ports import DeadLetters, Publisher

warnings.filterwarnings("ignore", "No application metrics to publish")  # a batch may have nothing to count

logger = Logger()
metrics = Metrics()


class LoggedPublisher:
    """A publisher that tells the log what it put, and counts it by kind."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher

    def publish(self, facts: Sequence[Fact]) -> Sequence[Exception | None]:
        answers = self._publisher.publish(facts)
        for fact, failure in zip(facts, answers, strict=True):
            ids = {
                "tripId": fact.metadata.trip_id,
                "eventId": fact.metadata.event_id,
                "causationId": fact.metadata.causation_id,
            }
            if failure is None:
                logger.info(f"announced {fact.detail_type}", extra=ids)
                metrics.add_metric(name=fact.detail_type, unit=MetricUnit.Count, value=1)
            else:
                logger.warning(f"could not announce {fact.detail_type}", extra={**ids, "failure": str(failure)})
        return answers


class LoggedDeadLetters:
    """Dead letters that tell the log why, and count."""

    def __init__(self, dead_letters: DeadLetters) -> None:
        self._dead_letters = dead_letters

    def park(self, body: str, reason: str) -> None:
        self._dead_letters.park(body, reason)
        logger.error("quarantined a message", extra={"reason": reason, "characters": len(body)})
        metrics.add_metric(name="Quarantined", unit=MetricUnit.Count, value=1)


def gave_back(message_id: str, attempt: int, failure: Exception) -> None:
    """A message was not handled and will be delivered again."""
    logger.warning(
        "gave a message back",
        extra={"messageId": message_id, "attempt": attempt, "failure": f"{type(failure).__name__}: {failure}"},
    )
    metrics.add_metric(name="GivenBack", unit=MetricUnit.Count, value=1)


def gauge(name: str, duration: timedelta) -> None:
    """How long something takes, or is late."""
    metrics.add_metric(name=name, unit=MetricUnit.Seconds, value=duration.total_seconds())
