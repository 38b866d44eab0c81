"""Words to tell stories of transactions with: what was asked, which steps there were, what is left."""

import uuid
from typing import Any, Self

from examples.records.deploy.catalog import RECORDS_CATALOG
from examples.records.saga import RECORDS
from infra.stages import named
from sandbox.auditor import audit
from sandbox.local_world import LocalWorld
from sandbox.memory.world import MemoryWorld
from sandbox.modes import Mode
from shared.saga.dossier import Dossier, Standing
from shared.saga.timeline import Facts, Status, facts_of, in_words, saga_log, verdict

RecordsWorld = MemoryWorld | LocalWorld

STEPS = {who.name: who.step for who in RECORDS_CATALOG.described}
GOOD = ("Start", "Process", "Transform", "Commit", "Finish")
FAILED = {
    "Process": ("Start", "Process (Error)", "ProcessRollback"),
    "Transform": ("Start", "Process", "Transform (Error)", "TransformRollback", "ProcessRollback"),
    "Commit": (
        *("Start", "Process", "Transform", "Commit (Error)"),
        *("CommitRollback", "TransformRollback", "ProcessRollback"),
    ),
}
"""The steps afterwards, by the step that failed."""


def in_memory(mode: Mode, stage: str | None = None, *, duplicates: int = 1) -> MemoryWorld:
    """A new world in memory."""
    named_stage = named(stage or mode.stage, RECORDS_CATALOG.saga)
    return MemoryWorld(named_stage, duplicates=duplicates, mode=mode, catalog=RECORDS_CATALOG)


def transaction(name: str, /, *, faults: Any = None, deadline: str | None = None, **details: Any) -> dict[str, Any]:
    """A request, in the shape of the example's."""
    request = {"Payload": {"TransactionDetails": {"TransactionId": name, **details}}}
    further = {"faults": faults, "deadline": deadline}
    return request | {key: value for key, value in further.items() if value is not None}


class Story:
    """A story in a world, and the transactions that it told of."""

    def __init__(self, world: RecordsWorld) -> None:
        self.world = world
        self.name = f"tx-{uuid.uuid4()}"
        self.names: set[str] = set()
        self.requests: list[str] = []

    def when(self, **asked: Any) -> Self:
        """The story's transaction is requested so, and everything comes to rest."""
        self.ask(transaction(self.name, **asked))
        self.world.settle()
        return self

    def ask(self, request: dict[str, Any]) -> None:
        """Put a request."""
        self.names.add(RECORDS.named(request) or "")
        self.requests.append(self.world.put(self.world.mode.ask(request)))

    @property
    def dossier(self) -> Dossier | None:
        """The transaction's item."""
        found = self.world.dossiers.all if isinstance(self.world, MemoryWorld) else self.world.dossiers()
        return found.get(self.name)

    @property
    def facts(self) -> Facts:
        return facts_of(RECORDS, self.world.known(self.name).noted, RECORDS_CATALOG.legs)

    @property
    def log(self) -> list[str]:
        return [in_words(line, RECORDS, STEPS.get(line.participant, "")) for line in saga_log(self.facts)]

    def committed(self) -> Self:
        """Three records, all steps, and every reader is told so."""
        dossier = self._ended(Standing.COMMITTED, Status.CONFIRMED)
        assert set(dossier.records) == {"process", "transform", "commit"}
        assert dossier.steps == GOOD
        return self

    def rolled_back(self, failed: str, *, in_order: bool = True) -> Self:
        """No record is left, the steps are the table's, and every reader is told of a failure."""
        dossier = self._ended(Standing.ROLLED_BACK, Status.FAILED)
        assert dossier.records == {}
        forward = len([step for step in FAILED[failed] if not step.endswith("Rollback")])
        assert dossier.steps[:forward] == FAILED[failed][:forward]
        undone = dossier.steps[forward:]
        wanted = FAILED[failed][forward:]
        assert undone == wanted if in_order else sorted(undone) == sorted(wanted)
        return self

    def _ended(self, standing: Standing, status: Status) -> Dossier:
        dossier, known = self.dossier, self.world.known(self.name)
        assert dossier is not None
        assert known.summary is not None
        assert dossier.status is standing, dossier.steps
        seen = verdict(self.facts).status, known.summary.status, known.summary.announced
        assert seen == (status, status, status), self.log
        return dossier

    def audit(self) -> None:
        """The invariants hold."""
        self.world.settle()
        legs = RECORDS_CATALOG.legs
        books = {name: self.world.books(name) for name in legs}
        known = {name: seen for name in self.names if (seen := self.world.known(name)).noted}
        assert audit(books, known, legs, self.names, RECORDS) == []
