"""Every function that is deployed, and exactly what it may do: the policies are made from this."""

from dataclasses import dataclass
from typing import Final

from infra.catalog import CATALOG, ORCHESTRATOR, Catalog

# A transaction is authorised by the actions that it contains.
_DECIDE: Final = ("dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One function of a service: the handler of its role, and its permissions."""

    role: str
    table_actions: tuple[str, ...] = ()
    index_actions: tuple[str, ...] = ()
    has_queue: bool = True
    """False: it is called directly, by an operator or by the state machine."""
    publishes: bool = True
    """True: it may put events on the bus, under its own service's source only."""
    starts_executions: bool = False
    """True: it may start executions of the stage's state machine, and read what they were started with."""
    ticks: bool = False
    """True: a schedule puts a message into its queue every minute."""

    def handler(self, package: str, service: str) -> str:
        """The dotted name of its code."""
        return f"{package}.{service}.handlers.{self.role}"


PARTICIPANT_UNITS: Final = (
    Unit(role="book", table_actions=_DECIDE),
    Unit(role="compensate", table_actions=_DECIDE),
    Unit(
        role="stock",
        table_actions=("dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan"),
        has_queue=False,
        publishes=False,
    ),
    Unit(role="task", table_actions=_DECIDE, has_queue=False),
)
ORCHESTRATOR_UNITS: Final = (Unit(role="start", starts_executions=True),)
OBSERVER_UNITS: Final = (
    Unit(role="observe", table_actions=("dynamodb:PutItem", "dynamodb:UpdateItem")),
    Unit(
        role="watch",
        table_actions=("dynamodb:GetItem", "dynamodb:UpdateItem"),
        index_actions=("dynamodb:Query",),
        ticks=True,
    ),
)


_DOSSIERS: Final = ("dynamodb:GetItem", "dynamodb:PutItem")
DOSSIER_UNITS: Final = (
    Unit(role="book", table_actions=_DOSSIERS),
    Unit(role="compensate", table_actions=_DOSSIERS),
    Unit(role="task", table_actions=_DOSSIERS, has_queue=False),
)
"""A participant's whose records lie in a dossier: it keeps no stock."""
FINISH: Final = Unit(role="finish", table_actions=_DOSSIERS, publishes=False)
"""The pivot's, of a saga that keeps dossiers."""


def units_of(service: str, catalog: Catalog = CATALOG) -> tuple[Unit, ...]:
    """The functions of a service; a participant's unless it is named otherwise."""
    others = {catalog.saga.observer: OBSERVER_UNITS, ORCHESTRATOR: ORCHESTRATOR_UNITS}
    return others.get(service) or _participants_units(service, catalog)


def _participants_units(service: str, catalog: Catalog) -> tuple[Unit, ...]:
    if not catalog.saga.keeps_dossier:
        return PARTICIPANT_UNITS
    return (*DOSSIER_UNITS, FINISH) if service == catalog.pivot.name else DOSSIER_UNITS
