"""What a rehearsal and the stuck detector read of a world in memory."""

from collections.abc import Mapping

from infra import settings
from infra.catalog import CATALOG, OBSERVER, ORCHESTRATOR
from sandbox.memory.ledger import MemoryLedger
from sandbox.memory.log import MemorySagaLog
from sandbox.memory.routing import Routes, routes_of
from sandbox.memory.world import MemoryWorld
from sandbox.world import Inbox
from shared.saga.starter import Standing


class MemoryReality:
    """`Reality` of a world in memory, and its `Executions`."""

    def __init__(self, world: MemoryWorld) -> None:
        self._world = world

    @property
    def routes(self) -> Routes:
        return routes_of(self._world.stage)

    @property
    def log(self) -> MemorySagaLog:
        return self._world.log

    @property
    def executions(self) -> "MemoryReality":
        return self

    def standing(self, name: str) -> Standing | None:
        """`Executions`."""
        try:
            found = self._world.execution(name)
        except KeyError:
            return None
        return Standing.described(found)

    def ledger(self, service: str) -> MemoryLedger:
        return self._world.ledgers[service]

    def environment(self, inbox: Inbox) -> Mapping[str, str]:
        stage = self._world.stage
        if inbox.service == OBSERVER:
            return settings.observer(CATALOG, stage, OBSERVER)
        if inbox.service == ORCHESTRATOR:
            return settings.orchestrator(CATALOG, stage, ORCHESTRATOR, "memory")
        return settings.participant(CATALOG, stage, CATALOG.named(inbox.service))
