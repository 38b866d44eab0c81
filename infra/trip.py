"""The observer's stack: the saga log and status of every trip, and the watch over those overdue."""

from pathlib import Path

from constructs import Construct

from infra import settings
from infra.catalog import OBSERVER, Catalog
from infra.constructs.alarms import Alarm
from infra.constructs.records import records_table
from infra.constructs.service_stack import ServiceStack
from infra.rules import observer_rules
from infra.service import add_workers
from infra.stages import Stage
from infra.units import OBSERVER_UNITS


class TripStack(ServiceStack):
    """A table with the board of open trips, and the functions that observe and watch."""

    def __init__(self, scope: Construct, stage: Stage, catalog: Catalog, code: Path) -> None:
        super().__init__(scope, stage, OBSERVER, f"Wayfare {stage.name}: the trips as observed")
        records_table(self, with_board=True)
        add_workers(
            self,
            OBSERVER_UNITS,
            rules=observer_rules(catalog, stage),
            code=code,
            environment=settings.observer(catalog, stage, OBSERVER),
        )
        self.alarm(
            Alarm(
                of=self.names.stack(OBSERVER),
                metric="OldestOpenTrip",
                namespace=self.names.metrics_namespace,
                dimension=("service", OBSERVER),
                statistic="Maximum",
                above=stage.deadline_seconds,  # the metric counts from the deadline
                minutes=3,
                meaning="A trip has no outcome long after its deadline: something does not answer",
            )
        )
        self.leave_out()
