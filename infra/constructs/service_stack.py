"""The base of every stack: its stage, the names in it, its alarms."""

from aws_cdk import CfnResource, Environment, RemovalPolicy, Stack, Tags
from constructs import Construct

from infra.catalog import Catalog
from infra.constructs.alarms import Alarm
from infra.names import Names, Place
from infra.settings import shares_dossiers
from infra.stages import Stage


class ServiceStack(Stack):
    """One service, or the platform, in one stage. It refers to other stacks by name only."""

    def __init__(self, scope: Construct, stage: Stage, catalog: Catalog, service: str, description: str) -> None:
        self.names = Names(stage.name, catalog.app)
        name = self.names.stack(service)
        super().__init__(
            scope,
            name,
            stack_name=name,
            description=description,
            env=_environment(stage),
            termination_protection=stage.protects_data,
        )
        self.stage = stage
        self.catalog = catalog
        self.service = service
        self.place = Place(self.account, self.region, self.partition)
        Tags.of(self).add("wayfare:stage", stage.name)
        Tags.of(self).add("wayfare:service", service)

    @property
    def table_name(self) -> str:
        """The table of the service's functions."""
        shared = shares_dossiers(self.catalog, self.service)
        return self.names.dossiers if shared else self.names.table(self.service)

    @property
    def data_removal(self) -> RemovalPolicy:
        """What a destroyed stack does to whatever may still hold a trip."""
        return RemovalPolicy.RETAIN if self.stage.protects_data else RemovalPolicy.DESTROY

    def alarm(self, alarm: Alarm) -> None:
        """Have an alarm tell the stage's topic."""
        short = alarm.of.removeprefix(self.names.stack(""))  # the same id in every stage
        alarm.add_to(self, f"Alarm-{short}-{alarm.metric}", self.place.topic(self.names.alarm_topic))

    def leave_out(self) -> None:
        """Drop the resources whose type the stage's engine does not know; call when all is added."""
        for resource in self.node.find_all():
            if isinstance(resource, CfnResource) and resource.cfn_resource_type in self.stage.leaves_out:
                parent = resource.node.scope
                if parent is not None:
                    parent.node.try_remove_child(resource.node.id)


def _environment(stage: Stage) -> Environment | None:
    """None leaves account and region to whoever deploys, so that synth needs neither."""
    if stage.account is None:
        return None
    return Environment(account=stage.account, region=stage.region)
