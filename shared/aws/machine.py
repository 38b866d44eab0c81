"""`Machine` on Step Functions."""

import json
from collections.abc import Mapping
from typing import Any

from shared.aws.clients import understanding
from shared.saga.starter import Standing, start_once


class StepFunctionsMachine:
    """One state machine (Standard). `client` is a boto3 Step Functions client."""

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def start(self, name: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        with understanding():
            return start_once(self._begin, name, request)

    def _begin(self, name: str, request: Mapping[str, Any]) -> Standing | None:
        text = json.dumps(request, sort_keys=True)
        try:
            self._client.start_execution(stateMachineArn=self._arn, name=name, input=text)
        except self._client.exceptions.ExecutionAlreadyExists:
            arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"
            found = self._client.describe_execution(executionArn=arn)
            return Standing.described(found)
        return None
