"""A function with a role and a log group of its own, fed by its inbox."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.constructs.alarms import function_trouble
from infra.constructs.inbox import Inbox
from infra.constructs.reasons import acknowledge
from infra.constructs.service_stack import ServiceStack
from infra.names import BOARD
from infra.units import Unit


class Worker(Construct):
    """One unit of a service, able to do what its entry in `infra/units.py` says and nothing else."""

    def __init__(
        self,
        scope: ServiceStack,
        unit: Unit,
        *,
        code: Path,
        settings: Mapping[str, str],
        inbox: Inbox | None = None,
    ) -> None:
        super().__init__(scope, unit.role.capitalize())
        self.stack = scope
        self.unit = unit
        self.name = scope.names.function(scope.service, unit.role)
        self.log_group = scope.names.log_group(scope.service, unit.role)
        group = logs.LogGroup(
            self,
            "Logs",
            log_group_name=self.log_group,
            retention=retention(scope.stage.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.function = self._function(code, settings, group, self._role(inbox))
        if inbox:
            self._drain(inbox)
        for alarm in function_trouble(self.name):
            scope.alarm(alarm)

    def _function(
        self, code: Path, settings: Mapping[str, str], group: logs.LogGroup, role: iam.Role
    ) -> lambda_.Function:
        stage = self.stack.stage
        function = lambda_.Function(
            self,
            "Function",
            function_name=self.name,
            runtime=lambda_.Runtime(stage.platform.runtime),
            architecture=_architecture(stage.platform.architecture),
            handler=self.unit.handler(self.stack.catalog.package, self.stack.service),
            code=lambda_.Code.from_asset(str(code)),
            memory_size=stage.memory_mb,
            timeout=Duration.seconds(stage.timeout_seconds),
            environment=dict(settings),
            tracing=lambda_.Tracing.ACTIVE,
            log_group=group,
            role=role.without_policy_updates(),
        )
        why = (
            "Its queue has the dead-letter queue; Lambda's own would serve asynchronous calls only."
            if self.unit.has_queue
            else "Its callers wait for the answer (operators, the state machine); no asynchronous call exists to lose."
        )
        acknowledge(function, "Serverless-LambdaDLQ", why)
        return function

    def _drain(self, inbox: Inbox) -> None:
        stage = self.stack.stage
        mapping = lambda_.CfnEventSourceMapping(
            self,
            "Mapping",
            event_source_arn=inbox.queue.queue_arn,
            function_name=self.function.function_name,
            batch_size=stage.batch_size,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(
                maximum_concurrency=stage.maximum_concurrency
            ),
        )
        acknowledge(
            mapping,
            "Serverless-LambdaEventSourceMappingDestination",
            "Lambda offers no failure destination for a queue; the queue's redrive policy does it.",
        )

    def _role(self, inbox: Inbox | None) -> iam.Role:
        statements = [*self._log_and_trace()]
        if self.unit.table_actions:
            statements += self._keep_records()
        if self.unit.starts_executions:
            statements += self._start_executions()
        if self.unit.publishes:
            statements.append(self._announce())
        if inbox:
            statements += _receive(inbox)
        role = iam.Role(
            self,
            "Role",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=f"What {self.name} may do",
            inline_policies={"own": iam.PolicyDocument(statements=statements)},
        )
        acknowledge(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            "X-Ray offers no resource to name: PutTraceSegments and PutTelemetryRecords take * alone.",
        )
        streams = _seen_by_nag(self._streams(), self.stack)
        acknowledge(
            role,
            f"AwsSolutions-IAM5[Resource::{streams}]",
            "Lambda names the streams of the function's own log group itself, one per environment.",
        )
        if self.unit.starts_executions:
            executions = _seen_by_nag(self.stack.place.executions(self.stack.names.machine), self.stack)
            acknowledge(
                role,
                f"AwsSolutions-IAM5[Resource::{executions}]",
                "Executions are named after trips; it reads what one of this machine was started with.",
            )
        acknowledge(
            role,
            "Serverless-LambdaStarPermissions",
            "Its only stars are X-Ray's, the log streams' and a machine's executions', each acknowledged under IAM5.",
        )
        return role

    def _streams(self) -> str:
        return f"{self.stack.place.log_group(self.log_group)}:*"

    def _log_and_trace(self) -> list[iam.PolicyStatement]:
        return [
            _allow(["logs:CreateLogStream", "logs:PutLogEvents"], self._streams()),
            _allow(["xray:PutTelemetryRecords", "xray:PutTraceSegments"], "*"),
        ]

    def _keep_records(self) -> list[iam.PolicyStatement]:
        table = self.stack.place.table(self.stack.table_name)
        statements = [_allow(list(self.unit.table_actions), table)]
        if self.unit.index_actions:
            statements.append(_allow(list(self.unit.index_actions), f"{table}/index/{BOARD}"))
        return statements

    def _start_executions(self) -> list[iam.PolicyStatement]:
        """Start the stage's machine, and read back what an execution was started with."""
        place, machine = self.stack.place, self.stack.names.machine
        return [
            _allow(["states:StartExecution"], place.machine(machine)),
            _allow(["states:DescribeExecution"], place.executions(machine)),
        ]

    def _announce(self) -> iam.PolicyStatement:
        """Put events on the stage's bus, in its own service's name only."""
        bus = self.stack.place.bus(self.stack.names.bus)
        mine = {"StringEquals": {"events:source": self.stack.catalog.saga.source_of(self.stack.service)}}
        return _allow(["events:PutEvents"], bus, conditions=mine)


def _receive(inbox: Inbox) -> list[iam.PolicyStatement]:
    """Take messages, delay their return, and put away the unreadable."""
    take = [
        "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
    ]
    return [
        _allow(take, inbox.queue.queue_arn),
        _allow(["sqs:SendMessage"], inbox.dead_letters.queue_arn),
    ]


def _allow(actions: list[str], resource: str, conditions: Mapping[str, object] | None = None) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=[resource], conditions=conditions)


def _seen_by_nag(arn: str, stack: ServiceStack) -> str:
    """An ARN as cdk-nag prints it: what only the deployment knows stands in angle brackets."""
    unknown = {
        stack.partition: "<AWS::Partition>",
        stack.region: "<AWS::Region>",
        stack.account: "<AWS::AccountId>",
    }
    for token, shown in unknown.items():
        if token.startswith("${Token["):
            arn = arn.replace(token, shown)
    return arn


def _architecture(name: str) -> lambda_.Architecture:
    return lambda_.Architecture.ARM_64 if name == "arm64" else lambda_.Architecture.X86_64


def retention(days: int) -> logs.RetentionDays:
    """CDK's name for a number of days; ValueError if CloudWatch does not offer it."""
    offered = {
        7: logs.RetentionDays.ONE_WEEK,
        14: logs.RetentionDays.TWO_WEEKS,
        90: logs.RetentionDays.THREE_MONTHS,
    }
    if days not in offered:
        raise ValueError(f"log retention of {days} days: choose one of {sorted(offered)}")
    return offered[days]
