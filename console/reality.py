"""What a rehearsal reads of a deployed stage: tables, executions, and the settings its functions really have."""

from collections.abc import Mapping
from functools import cache, cached_property

from botocore.exceptions import ClientError

from console.connection import Target
from infra.catalog import ORCHESTRATOR
from sandbox.memory.routing import Routes, routes_of
from sandbox.world import Inbox
from shared.aws.ledger import DynamoLedger
from shared.aws.saga_log import DynamoSagaLog
from shared.aws.settings import machine_from
from shared.saga.starter import Standing

STARTER = Inbox(ORCHESTRATOR, "start")


class StageReality:
    """`Reality` of a stage, by reads alone, with the operator's own credentials."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.environment = cache(self._environment)

    @property
    def routes(self) -> Routes:
        return routes_of(self._target.stage)

    @cached_property
    def log(self) -> DynamoSagaLog:
        return self._target.log

    @cached_property
    def executions(self) -> "StageExecutions":
        return StageExecutions(self._target, self)

    def ledger(self, service: str) -> DynamoLedger:
        return DynamoLedger(self._target.client("dynamodb"), self._target.names.table(service))

    def _environment(self, inbox: Inbox) -> Mapping[str, str]:
        name = self._target.names.function(*inbox)
        told = self._target.client("lambda").get_function_configuration(FunctionName=name)
        variables: Mapping[str, str] = told["Environment"]["Variables"]
        return variables


class StageExecutions:
    """`Executions` of a stage."""

    def __init__(self, target: Target, reality: StageReality) -> None:
        self._client = target.client("stepfunctions")
        self._reality = reality

    @cached_property
    def arn(self) -> str:
        """The state machine, as the function that starts executions knows it."""
        return machine_from(self._reality.environment(STARTER))

    def standing(self, name: str) -> Standing | None:
        arn = f"{self.arn.replace(':stateMachine:', ':execution:')}:{name}"
        try:
            found = self._client.describe_execution(executionArn=arn)
        except self._client.exceptions.ExecutionDoesNotExist:
            return None
        return Standing.described(found)

    def running(self) -> frozenset[str]:
        """The trips whose execution is running; none on a stage without an orchestrator."""
        try:
            pages = self._client.get_paginator("list_executions").paginate(
                stateMachineArn=self.arn, statusFilter="RUNNING"
            )
            names = [execution["name"] for page in pages for execution in page["executions"]]
        except ClientError as error:
            if error.response["Error"]["Code"] in ("ResourceNotFoundException", "StateMachineDoesNotExist"):
                return frozenset()
            raise
        return frozenset(name.partition(".")[0] for name in names)
