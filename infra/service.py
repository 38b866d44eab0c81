"""What every service with functions has in common: a table, and a worker with an inbox per unit."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from infra import settings
from infra.constructs.inbox import Inbox
from infra.constructs.service_stack import ServiceStack
from infra.constructs.worker import Worker
from infra.rules import Rule
from infra.units import Unit


def add_workers(
    stack: ServiceStack,
    units: Iterable[Unit],
    *,
    rules: Sequence[Rule],
    code: Path,
    environment: Mapping[str, str],
) -> None:
    """Add each unit's function, and for those with a queue an inbox that hears the unit's rules."""
    for unit in units:
        inbox = _inbox(stack, unit, rules) if unit.has_queue else None
        urls = settings.inbox(stack.stage, inbox.queue.queue_url, inbox.dead_letters.queue_url) if inbox else {}
        Worker(stack, unit, code=code, settings={**environment, **urls}, inbox=inbox)


def _inbox(stack: ServiceStack, unit: Unit, rules: Sequence[Rule]) -> Inbox:
    inbox = Inbox(
        stack,
        f"{unit.role.capitalize()}Inbox",
        name=stack.names.queue(stack.service, unit.role),
        max_receives=stack.stage.max_receives,
        read_by=f"{stack.service} {unit.role}",
    )
    if unit.ticks:
        inbox.tick_every_minute(stack.names.rule(stack.service, unit.role, "minute"))
    heard = [rule for rule in rules if rule.role == unit.role]
    if heard:
        inbox.hear(heard)
    return inbox
