"""The scene of a stage that is up, for the stuck detector: tables, queues and executions, read and left as they are."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from console.audit import books_of, known_of
from console.connection import Target
from console.dead_letters import boxes, depth, held, url_of
from console.reality import StageReality
from infra.catalog import CATALOG
from infra.names import PLATFORM
from sandbox.engine import queues
from sandbox.operating.letters import Letter
from sandbox.operating.stuck import Lying, Scene
from sandbox.world import Inbox

MOST = 1000
"""Dead letters looked at in one queue."""


class Depth(NamedTuple):
    """About how many messages are in a queue that is served."""

    inbox: Inbox
    messages: int


def scene_of(target: Target) -> Scene:
    """Everything on record. It is not read in one instant: what moves meanwhile may be seen twice, or between two places."""
    lying = [*_dead(target), *_in_flight(target)]
    books = books_of(target)
    open_trips = {summary.trip_id for summary in target.log.recent(datetime.now(UTC), MOST) if summary.open}
    named = {found.letter.trip_id for found in lying if found.letter.trip_id}
    recorded = {trip_id for book in books.values() for trip_id in book.records}
    known = known_of(target, sorted(recorded | open_trips | named))
    return Scene(
        now=datetime.now(UTC),
        books=books,
        known=known,
        lying=lying,
        running=StageReality(target).executions.running() if target.stage.orchestrator else frozenset(),
        legs=CATALOG.legs,
        reverse=target.stage.compensation == "reverse",
    )


def depths_of(target: Target) -> list[Depth]:
    """The queues that are served: AWS lets nobody look into them without taking part in their deliveries."""
    sqs = target.client("sqs")
    return [Depth(inbox, depth(sqs, url_of(sqs, target.names.queue(*inbox)))) for inbox in _served(target)]


def _served(target: Target) -> list[Inbox]:
    return [box.inbox for box in boxes(target.names) if box.inbox.service != PLATFORM]


def _dead(target: Target) -> Iterator[Lying]:
    sqs = target.client("sqs")
    for box in boxes(target.names):
        url = url_of(sqs, box.queue)
        if depth(sqs, url):
            with held(sqs, url, MOST) as letters:
                yield from [Lying(box.inbox, letter, parked=True) for letter in letters]


def _in_flight(target: Target) -> Iterator[Lying]:
    """What lies in the served queues, where the engine shows it; on AWS nothing."""
    for inbox in _served(target) if target.engine else ():
        for message in queues.peek(target.engine, target.names.queue(*inbox)) if target.engine else ():
            letter = Letter(message.message_id, message.body, received=message.receives)
            yield Lying(inbox, letter, parked=False)
