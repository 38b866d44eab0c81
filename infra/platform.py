"""The platform's stack: the bus, the archive of requests, the quarantine, the alarm topic; the dossiers, if the saga keeps them."""

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from infra.catalog import Catalog
from infra.constructs.alarms import messages_in
from infra.constructs.inbox import Inbox
from infra.constructs.records import records_table
from infra.constructs.service_stack import ServiceStack
from infra.names import PLATFORM
from infra.rules import archive_pattern, platform_rules
from infra.stages import Stage

_LOOKS = 1_000  # SQS's most: people look into the quarantine, and looking must not move anything


class PlatformStack(ServiceStack):
    """All that the services of a stage share; deployed first, then they may come in any order."""

    def __init__(self, scope: Construct, stage: Stage, catalog: Catalog) -> None:
        super().__init__(
            scope, stage, catalog, PLATFORM, f"{catalog.app.capitalize()} {stage.name}: the bus between services"
        )
        told = f"Requests and facts of {catalog.saga.noun.lower()}s"
        bus = events.CfnEventBus(self, "Bus", name=self.names.bus, description=told)
        self._archive(bus)
        self._quarantine(bus, catalog)
        self._alarm_topic()
        if catalog.saga.keeps_dossier:
            records_table(self, name=self.names.dossiers)
        self.leave_out()

    def _archive(self, bus: events.CfnEventBus) -> None:
        archive = events.CfnArchive(
            self,
            "Requests",
            archive_name=self.names.archive,
            description="What clients asked for, to be replayed after a disaster",
            source_arn=bus.attr_arn,
            event_pattern=archive_pattern(self.stage),
            retention_days=self.stage.archive_retention_days,
        )
        archive.apply_removal_policy(self.data_removal)

    def _quarantine(self, bus: events.CfnEventBus, catalog: Catalog) -> None:
        quarantine = Inbox(
            self,
            "Quarantine",
            name=self.names.quarantine,
            max_receives=_LOOKS,
            read_by="whoever cares for misspelt events",
        )
        quarantine.hear(platform_rules(catalog, self.stage))
        quarantine.node.add_dependency(bus)
        seen = "An event that no service may or can handle was put on the bus"
        self.alarm(messages_in(self.names.quarantine, seen))

    def _alarm_topic(self) -> None:
        topic = sns.Topic(self, "Alarms", topic_name=self.names.alarm_topic, enforce_ssl=True)
        topic.add_to_resource_policy(
            # A topic with a policy of its own loses the default one, so alarms need to be let in.
            iam.PolicyStatement(
                sid="AlarmsOfThisStage",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={
                    "ArnLike": {"aws:SourceArn": self.place.arn("cloudwatch", f"alarm:{self.names.stack('*')}")},
                    "StringEquals": {"aws:SourceAccount": self.account},
                },
            )
        )
