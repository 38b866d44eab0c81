"""`Machine` on Step Functions."""

import json
from collections.abc import Mapping
from typing import Any

from shared.aws.clients import understanding


class StepFunctionsMachine:
    """One state machine (Standard). `client` is a boto3 Step Functions client."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def start(self, name: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        text = json.dumps(request, sort_keys=True)
        with understanding():
            try:
                self._client.start_execution(stateMachineArn=self._arn, name=name, input=text)
            except self._client.exceptions.ExecutionAlreadyExists:
                return self._standing(name)
        return request

    def _standing(self, name: str) -> Mapping[str, Any]:
        """What the execution of that name was started with, be it running or over."""
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"
        started: Mapping[str, Any] = json.loads(self._client.describe_execution(executionArn=arn)["input"])
        return started
