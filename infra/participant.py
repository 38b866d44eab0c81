"""The stack of any participant: hotel, flight, car, and whichever comes next."""

from pathlib import Path

from constructs import Construct

from infra import settings
from infra.catalog import Catalog, Participant
from infra.constructs.records import records_table
from infra.constructs.service_stack import ServiceStack
from infra.rules import participant_rules
from infra.service import add_workers
from infra.stages import Stage
from infra.units import units_of


class ParticipantStack(ServiceStack):
    """A table, the inboxes for booking and compensating, and the functions; deployable by itself."""

    def __init__(self, scope: Construct, stage: Stage, catalog: Catalog, me: Participant, code: Path) -> None:
        what = f"{catalog.app.capitalize()} {stage.name}: {me.name}, leg {me.leg} of the {me.saga.noun.lower()}"
        super().__init__(scope, stage, catalog, me.name, what)
        if not catalog.saga.keeps_dossier:
            records_table(self)
        add_workers(
            self,
            units_of(me.name, catalog),
            rules=participant_rules(catalog, stage, me),
            code=code,
            environment=settings.participant(catalog, stage, me),
        )
        self.leave_out()
