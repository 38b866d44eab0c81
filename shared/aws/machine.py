"""`Machine` on Step Functions."""

import json
from collections.abc import Mapping
from typing import Any

from shared.aws.clients import understanding

BROKEN_OFF = ("ABORTED", "TIMED_OUT")
"""An execution that was ended from outside: when its request is put again, another one goes over the same steps."""
MOST = 5
"""Executions of one trip; every step is safe to go over again, but nobody should have to that often."""


class StepFunctionsMachine:
    """One state machine (Standard), whose executions are named after trips; a trip's second one has `.2` behind its name.

    `client` is a boto3 Step Functions client.
    """

    def __init__(self, client: Any, arn: str) -> None:
        self._client = client
        self._arn = arn

    def start(self, name: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        text = json.dumps(request, sort_keys=True)
        with understanding():
            for number in range(1, MOST + 1):
                mine = name if number == 1 else f"{name}.{number}"  # no trip id has a dot
                try:
                    self._client.start_execution(stateMachineArn=self._arn, name=mine, input=text)
                except self._client.exceptions.ExecutionAlreadyExists:
                    standing = self._standing(mine)
                    if standing["status"] not in BROKEN_OFF:
                        return started_with(standing)
                else:
                    return request
        return started_with(standing)

    def _standing(self, name: str) -> Mapping[str, Any]:
        arn = f"{self._arn.replace(':stateMachine:', ':execution:')}:{name}"
        found: Mapping[str, Any] = self._client.describe_execution(executionArn=arn)
        return found


def started_with(execution: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request that an execution was started with."""
    request: Mapping[str, Any] = json.loads(execution["input"])
    return request
