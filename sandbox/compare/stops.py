"""Stopping one part of a running stage, and starting it again."""

from collections.abc import Iterator
from contextlib import contextmanager

from infra.catalog import CATALOG, OBSERVER
from infra.names import Names
from infra.rules import all_rules
from infra.stages import named
from sandbox.compare.arena import Arena, EngineArena
from sandbox.world import Inbox

IMPATIENT_SECONDS = "3"
"""After which a dead worker's messages go to another while workers are killed on purpose; otherwise 90."""


@contextmanager
def stopped(arena: Arena, service: str) -> Iterator[bool]:
    """A service does nothing: no queue of its is read, no function of its can be called. False: the stage has no such service."""
    inboxes = inboxes_of(arena.mode.stage, service)
    for inbox in inboxes:
        arena.world.pause(inbox)
    barred = _bar(arena, service)
    try:
        yield bool(inboxes)
    finally:
        _admit(arena, barred)
        for inbox in inboxes:
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


def _bar(arena: Arena, service: str) -> list[str]:
    """Let nobody call the service's functions that have no queue; answers their names."""
    if not isinstance(arena, EngineArena):
        return []
    functions = arena.world.engine.clients.client("lambda")
    prefix = Names(arena.mode.stage).function(service, "")
    roles = {inbox.role for inbox in inboxes_of(arena.mode.stage, service)}
    pages = functions.get_paginator("list_functions").paginate()
    names = [found["FunctionName"] for page in pages for found in page["Functions"]]
    barred = [name for name in names if name.startswith(prefix) and name.removeprefix(prefix) not in roles]
    for name in barred:
        functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    return barred


def _admit(arena: Arena, barred: list[str]) -> None:
    if isinstance(arena, EngineArena):
        for name in barred:
            arena.world.engine.clients.client("lambda").delete_function_concurrency(FunctionName=name)
