"""The observer's stack: the saga log and status of every saga, and the watch over those overdue."""

from pathlib import Path

from constructs import Construct

from infra import settings
from infra.catalog import Catalog
from infra.constructs.alarms import Alarm
from infra.constructs.records import records_table
from infra.constructs.service_stack import ServiceStack
from infra.rules import observer_rules
from infra.service import add_workers
from infra.stages import Stage
from infra.units import OBSERVER_UNITS


class ObserverStack(ServiceStack):
    """A table with the board of open sagas, and the functions that observe and watch."""

    def __init__(self, scope: Construct, stage: Stage, catalog: Catalog, code: Path) -> None:
        noun, me = catalog.saga.noun, catalog.saga.observer
        super().__init__(
            scope, stage, catalog, me, f"{catalog.app.capitalize()} {stage.name}: the {noun.lower()}s as observed"
        )
        records_table(self, with_board=True)
        add_workers(
            self,
            OBSERVER_UNITS,
            rules=observer_rules(catalog, stage),
            code=code,
            environment=settings.observer(catalog, stage, me),
        )
        self.alarm(
            Alarm(
                of=self.names.stack(me),
                metric=f"OldestOpen{noun}",
                namespace=self.names.metrics_namespace,
                dimension=("service", me),
                statistic="Maximum",
                above=stage.deadline_seconds,  # the metric counts from the deadline
                minutes=3,
                meaning=f"A {noun.lower()} has no outcome long after its deadline: something does not answer",
            )
        )
        self.leave_out()
