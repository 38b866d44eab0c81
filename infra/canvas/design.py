"""A saga as it is meant: catalogue, rules, functions and their handlers, state machine. All of it is data, so a part can be left out."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from infra.catalog import ORCHESTRATOR, Catalog
from infra.machine import definition
from infra.names import PLATFORM, QUARANTINE, Names
from infra.packaging import ROOT
from infra.rules import Rule, all_rules
from infra.stages import Stage
from infra.units import Unit, units_of


class Place(NamedTuple):
    """A function, and the queue of the same name that feeds it."""

    service: str
    role: str

    def __str__(self) -> str:
        return f"{self.service} {self.role}"


QUARANTINED = Place(PLATFORM, QUARANTINE)
"""The one queue that nobody but a person reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What a stage of a saga consists of."""

    catalog: Catalog
    stage: Stage
    rules: tuple[Rule, ...]
    units: Mapping[Place, Unit]
    handlers: Mapping[Place, str]
    """For each name in a handlers module, which of the runtime's makers makes it."""
    machine: Mapping[str, Any] | None
    """The state machine; None where the stage has none."""

    @property
    def names(self) -> Names:
        return Names(self.stage.name, self.catalog.app)

    @property
    def queues(self) -> dict[Place, Unit | None]:
        """Every queue, and the function that it feeds."""
        return {QUARANTINED: None, **{place: unit for place, unit in self.units.items() if unit.has_queue}}

    def queue(self, place: Place) -> str:
        """A queue's name."""
        return self.names.quarantine if place == QUARANTINED else self.names.queue(*place)


def design_of(catalog: Catalog, stage: Stage) -> Design:
    """A saga as its code and catalogue mean it."""
    services = [name for name in catalog.services if name != ORCHESTRATOR or stage.orchestrator]
    names = Names(stage.name, catalog.app)
    machine = definition(catalog, lambda it: names.function(it, "task"), lambda it: names.queue(it, "compensate"))
    return Design(
        catalog=catalog,
        stage=stage,
        rules=all_rules(catalog, stage),
        units={Place(name, unit.role): unit for name in services for unit in units_of(name, catalog)},
        handlers={Place(name, role): maker for name in services for role, maker in _handlers(catalog, name)},
        machine=machine if stage.orchestrator else None,
    )


def _handlers(catalog: Catalog, service: str) -> Iterator[tuple[str, str]]:
    """The names in a handlers module, each with what makes it; read, not run: making one needs a deployed stage."""
    path = ROOT.joinpath(*catalog.package.split("."), service, "handlers.py")
    for statement in ast.parse(path.read_text()).body if path.exists() else ():
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=maker))):
                yield name, maker
            case ast.FunctionDef(name=name):
                yield name, "a function of its own"
