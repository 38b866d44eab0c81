"""What is explored: the handlers, rules and machine that are deployed. A mutant is the same with one part replaced."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra.catalog import CATALOG, ORCHESTRATOR, Catalog
from infra.machine import definition
from infra.rules import Rule, all_rules
from infra.stages import Stage, named
from sandbox.explore.state import Job
from sandbox.explore.tape import Call, Ended, Run, Tape
from sandbox.memory.hiring import Worker, Workplace, observers_workers, participants_workers, starters
from sandbox.memory.ledger import MemoryLedger
from sandbox.memory.machine import StateMachine
from sandbox.world import TASK, Inbox
from shared.saga.driver import drive
from shared.saga.effects import Core
from shared.saga.record import Record
from shared.saga.runtime import Delivery
from shared.saga.tasks import Answer, collect

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
"""Every handler's clock: nothing the saga does depends on how much time passes, and a standing clock keeps the states few."""
LATE = NOW.replace(year=2027)
"""The observer's clock when it looks for trips that are overdue."""
RETRIES = 1
"""A task of an execution is tried twice here; what lies between more tries are states that were there before."""


def _untwisted(_inbox: Inbox, _delivery: Delivery, core: Core[Any]) -> Core[Any]:
    return core


def _keeps(_service: str, _record: Record) -> None:
    """Records outlive everything, and no hold expires."""


@dataclass(frozen=True)
class Parts:
    """One system. `twist` stands around each core (a mutant's changes what it does), `deadline`: the observer has its rule.

    `decay`: what may happen to a record by itself, at any moment: nothing, unless a mutant says so.
    """

    catalog: Catalog
    stage: Stage
    ledger: Callable[[], MemoryLedger]
    rules: Sequence[Rule]
    machine: StateMachine
    twist: Callable[[Inbox, Delivery, Core[Any]], Core[Any]] = _untwisted
    deadline: bool = True
    decay: Callable[[str, Record], Call | None] = _keeps

    def run(self, job: Job, deliveries: Sequence[Delivery]) -> Run:
        """A worker's job, as it runs in its function: a batch in the driver, or a task."""

        def run(tape: Tape) -> Ended:
            worker = hired(self.catalog, self.stage, tape)[job.inbox]
            if job.inbox.role != TASK:
                cores = [self.twist(job.inbox, it, worker.core(it)) for it in deliveries]
                return Ended(tuple(drive(cores, worker.ports)))
            answers, task = list[Answer](), Delivery(job.task, NOW)
            core = collect(self.twist(job.inbox, task, worker.core(task)), answers)
            return Ended(tuple(drive([core], worker.ports)), answers[0] if answers else None)

        return run


def shipped(stage: str, catalog: Catalog = CATALOG) -> Parts:
    """What is deployed to a stage."""
    found = named(stage, catalog.saga)
    return Parts(catalog, found, MemoryLedger, all_rules(catalog, found), machine(definition(catalog, str, str)))


def machine(deployed: Mapping[str, Any]) -> StateMachine:
    """A state machine whose functions and queues go by the names of their participants."""
    return StateMachine(deployed, RETRIES)


def hired(catalog: Catalog, stage: Stage, tape: Tape) -> dict[Inbox, Worker]:
    """The function behind each queue, and each task, with all that it touches on tape."""
    place = Workplace(catalog, stage, tape.port("bus"), lambda _inbox: tape.port("dead letters"), lambda _seconds: None)
    return dict(
        (
            *(pair for who in catalog.described for pair in participants_workers(place, who, tape.port(who.name))),
            *observers_workers(place, tape.port(catalog.saga.observer), lambda _lateness: None),
            *starters(place, tape.port(ORCHESTRATOR)),
        )
    )
