"""The orchestrator's stack: the state machine, and the function that starts an execution for a trip.

Removable alone: without it, requests whose mode is orchestration find no taker, and all else goes on.
"""

from pathlib import Path

from aws_cdk import RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as stepfunctions
from constructs import Construct

from infra import settings
from infra.asl import checked
from infra.catalog import ORCHESTRATOR, Catalog
from infra.constructs.alarms import executions_stuck
from infra.constructs.reasons import acknowledge
from infra.constructs.service_stack import ServiceStack
from infra.constructs.worker import retention
from infra.machine import definition
from infra.rules import orchestrator_rules
from infra.service import add_workers
from infra.stages import Stage
from infra.units import ORCHESTRATOR_UNITS


class OrchestratorStack(ServiceStack):
    """A Standard state machine over the participants' task functions, which it finds by name."""

    def __init__(self, scope: Construct, stage: Stage, catalog: Catalog, code: Path) -> None:
        noun = catalog.saga.noun.lower()
        what = f"{catalog.app.capitalize()} {stage.name}: {noun}s as a state machine books them"
        super().__init__(scope, stage, catalog, ORCHESTRATOR, what)
        self._machine(catalog)
        machine = self.place.machine(self.names.machine)
        add_workers(
            self,
            ORCHESTRATOR_UNITS,
            rules=orchestrator_rules(catalog, stage),
            code=code,
            environment=settings.orchestrator(catalog, stage, ORCHESTRATOR, machine),
        )
        self.alarm(executions_stuck(machine, self.names.machine))
        self.leave_out()

    def _machine(self, catalog: Catalog) -> None:
        group = logs.LogGroup(
            self,
            "History",
            log_group_name=f"/aws/vendedlogs/states/{self.names.machine}",
            retention=retention(self.stage.log_retention_days),
            removal_policy=RemovalPolicy.DESTROY,
        )
        machine = stepfunctions.CfnStateMachine(
            self,
            "Machine",
            state_machine_name=self.names.machine,
            state_machine_type="STANDARD",
            role_arn=self._role(catalog).role_arn,
            definition_string=checked(definition(catalog, self._function, self._queue)),
            logging_configuration=stepfunctions.CfnStateMachine.LoggingConfigurationProperty(
                level="ALL",
                include_execution_data=False,  # a trip's content is no business of a log
                destinations=[
                    stepfunctions.CfnStateMachine.LogDestinationProperty(
                        cloud_watch_logs_log_group=stepfunctions.CfnStateMachine.CloudWatchLogsLogGroupProperty(
                            log_group_arn=group.log_group_arn
                        )
                    )
                ],
            ),
            tracing_configuration=stepfunctions.CfnStateMachine.TracingConfigurationProperty(enabled=True),
        )
        machine.node.add_dependency(group)

    def _role(self, catalog: Catalog) -> iam.Role:
        """Invoke the task functions, send to the compensate queues, log and trace: nothing else."""
        called = [self.place.function(self._function(leg.name)) for leg in catalog.participants]
        queues = [self.place.queue(self.names.queue(leg.name, "compensate")) for leg in catalog.undone[::-1]]
        role = iam.Role(
            self,
            "MachineRole",
            assumed_by=iam.ServicePrincipal("states.amazonaws.com"),
            description=f"What the state machine {self.names.machine} may do",
            inline_policies={
                "own": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(actions=["lambda:InvokeFunction"], resources=called),
                        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=queues),
                        iam.PolicyStatement(actions=[*_DELIVER_LOGS, *_TRACE], resources=["*"]),
                    ]
                )
            },
        )
        acknowledge(
            role,
            "AwsSolutions-IAM5[Resource::*]",
            "Log delivery and X-Ray offer a state machine no resource to name; AWS's own guide grants these on *.",
        )
        return role

    def _function(self, service: str) -> str:
        return self.names.function(service, "task")

    def _queue(self, service: str) -> str:
        """A queue's URL by convention, for a queue that lives in another stack."""
        return f"https://sqs.{self.region}.{self.url_suffix}/{self.account}/{self.names.queue(service, 'compensate')}"


_DELIVER_LOGS = [
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:DescribeLogGroups",
    "logs:DescribeResourcePolicies",
    "logs:GetLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:UpdateLogDelivery",
]
_TRACE = ["xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]
