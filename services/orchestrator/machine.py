"""`Machine` on Step Functions."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from shared.aws.clients import understood


class StepFunctionsMachine:
    """One state machine (Standard). `client` is a boto3 Step Functions client."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def start(self, name: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        try:
            self._client.start_execution(
                stateMachineArn=self._arn, name=name, input=json.dumps(request, sort_keys=True)
            )
        except self._client.exceptions.ExecutionAlreadyExists:
            return self._standing(name)
        except (ClientError, BotoCoreError) as error:
            raise understood(error) from error
        return request

    def _standing(self, name: str) -> Mapping[str, Any]:
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"
        try:
            started: Mapping[str, Any] = json.loads(self._client.describe_execution(executionArn=arn)["input"])
        except (ClientError, BotoCoreError) as error:
            raise understood(error) from error
        return started
