"""Stopping one part of a running stage, and starting it again."""

from collections.abc import Iterator
from contextlib import contextmanager

from infra.catalog import CATALOG, OBSERVER
from infra.rules import all_rules
from infra.stages import named
from sandbox.compare.arena import Arena, EngineArena
from sandbox.world import TASK, Inbox

IMPATIENT_SECONDS = "3"
"""After which a dead worker's messages go to another while workers are killed on purpose; otherwise 90."""


@contextmanager
def stopped(arena: Arena, service: str) -> Iterator[bool]:
    """A service does nothing: no queue of its is read, no task of its can be called. False: the stage has no such service."""
    inboxes = inboxes_of(arena.mode.stage, service)
    called = [Inbox(service, TASK)] if service in CATALOG.legs else []
    for inbox in (*inboxes, *called):
        arena.world.pause(inbox)
    try:
        yield bool(inboxes)
    finally:
        for inbox in (*called, *inboxes):
            arena.world.resume(inbox)


@contextmanager
def impatient(arena: Arena) -> Iterator[None]:
    """The messages of a worker that died come again soon."""
    if not isinstance(arena, EngineArena):
        yield
        return
    sqs = arena.world.engine.clients.client("sqs")
    queues = [
        arena.world.queue_url(inbox) for service in CATALOG.legs for inbox in inboxes_of(arena.mode.stage, service)
    ]
    before = sqs.get_queue_attributes(QueueUrl=queues[0], AttributeNames=["VisibilityTimeout"])["Attributes"]
    for queue in queues:
        sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": IMPATIENT_SECONDS})
    try:
        yield
    finally:
        for queue in queues:
            sqs.set_queue_attributes(QueueUrl=queue, Attributes=before)


def inboxes_of(stage: str, service: str) -> list[Inbox]:
    """The queues that a service reads on a stage."""
    heard = {Inbox(rule.service, rule.role) for rule in all_rules(CATALOG, named(stage)) if rule.service == service}
    return sorted(heard | ({Inbox(OBSERVER, "watch")} if service == OBSERVER else set()))
