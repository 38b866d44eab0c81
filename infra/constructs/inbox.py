"""A queue, its dead-letter queue and the rules that feed it."""

from collections.abc import Iterable

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.constructs.alarms import messages_in, messages_late
from infra.constructs.reasons import acknowledge
from infra.constructs.service_stack import ServiceStack
from infra.names import dead_letters
from infra.rules import Rule

RETRY_SECONDS = 86_400  # EventBridge's longest: a day of trouble delays a trip, it does not lose it
RETRY_ATTEMPTS = 185
_LATE_SECONDS = 300


class Inbox(Construct):
    """Where a worker's messages wait: encrypted, over TLS only, with one dead-letter queue.

    The dead-letter queue takes what the queue gave up on, what EventBridge could not deliver and what the
    worker itself found unreadable; so a lost message is in one place.
    """

    def __init__(self, scope: ServiceStack, id_: str, *, name: str, max_receives: int, read_by: str) -> None:
        super().__init__(scope, id_)
        self.name = name
        self.stack = scope
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            queue_name=dead_letters(name),
            retention_period=Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            removal_policy=scope.data_removal,
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=name,
            retention_period=Duration.days(4),
            visibility_timeout=Duration.seconds(scope.stage.visibility_seconds),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            removal_policy=scope.data_removal,
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=max_receives),
        )
        acknowledge(
            self.dead_letters,
            "Serverless-SQSRedrivePolicy",
            f"This is itself the dead-letter queue of {name}; people empty it, and an alarm calls them.",
        )
        given_up = f"A message for {read_by} was given up: read its reason, mend, then redrive"
        scope.alarm(messages_in(dead_letters(name), given_up))
        scope.alarm(messages_late(name, _LATE_SECONDS, read_by))

    def hear(self, rules: Iterable[Rule]) -> None:
        """Feed the queue from rules on the stage's bus."""
        bus = self.stack.names.bus
        heard = [(rule.purpose, self.stack.names.rule(rule.service, rule.role, rule.purpose), rule) for rule in rules]
        self._admit([self.stack.place.rule(bus, name) for _, name, _ in heard])
        for purpose, name, rule in heard:
            events.CfnRule(
                self,
                f"Rule-{purpose}",
                name=name,
                description=rule.description,
                event_bus_name=bus,
                event_pattern=rule.pattern,
                targets=[self._target()],
            )

    def tick_every_minute(self, name: str) -> None:
        """Feed the queue from a schedule (AWS keeps schedules on the default bus)."""
        self._admit([self.stack.place.arn("events", f"rule/{name}")])
        events.CfnRule(
            self,
            "Schedule",
            name=name,
            description=f"Once a minute: look for {self.stack.catalog.saga.noun.lower()}s that are due",
            schedule_expression="rate(1 minute)",
            targets=[self._target()],
        )

    def _admit(self, rules: list[str]) -> None:
        """Let EventBridge send here, for these rules and no others."""
        for queue in (self.queue, self.dead_letters):
            queue.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal("events.amazonaws.com")],
                    actions=["sqs:SendMessage"],
                    resources=[queue.queue_arn],
                    conditions={"ArnEquals": {"aws:SourceArn": rules}},
                )
            )

    def _target(self) -> events.CfnRule.TargetProperty:
        return events.CfnRule.TargetProperty(
            id="inbox",
            arn=self.queue.queue_arn,
            retry_policy=events.CfnRule.RetryPolicyProperty(
                maximum_event_age_in_seconds=RETRY_SECONDS,
                maximum_retry_attempts=RETRY_ATTEMPTS,
            ),
            dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self.dead_letters.queue_arn),
        )
