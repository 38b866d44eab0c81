"""`Machine` on Step Functions: an execution's name is taken once, whoever asks, and whatever becomes of it."""

import json
import time
import uuid
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber

from sandbox.local_world import LocalWorld
from shared.aws.machine import StepFunctionsMachine
from shared.message import Unreadable
from shared.ports import Busy
from tests.ports.conftest import Aws

REQUEST = {"tripId": "trip-1", "requestHash": "a", "trip": {"hotel": "Zum 𠜎 🏨"}}
ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:m"


@pytest.fixture
def made(local: LocalWorld) -> tuple[StepFunctionsMachine, Any]:
    """A machine of its own on the local engine, which ends at once, and a client to look with."""
    client = Aws("local", local).client("stepfunctions")
    definition = {"StartAt": "End", "States": {"End": {"Type": "Succeed"}}}
    role = client.describe_state_machine(stateMachineArn=local.machine)["roleArn"]
    name = f"ports-{uuid.uuid4().hex[:12]}"
    arn = client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)["stateMachineArn"]
    return StepFunctionsMachine(client, arn), client


def ended(client: Any, arn: str) -> Any:
    """The execution, when it is over."""
    for _ in range(100):
        found = client.describe_execution(executionArn=arn)
        if found["status"] != "RUNNING":
            return found
        time.sleep(0.02)
    raise AssertionError(f"{arn} does not end")


def test_a_name_stands_for_its_first_request(made: tuple[StepFunctionsMachine, Any]) -> None:
    """Running or over: whoever asks again is answered what it was started with."""
    machine, client = made
    assert machine.start("trip-1", REQUEST) == REQUEST
    (execution,) = client.list_executions(stateMachineArn=machine._arn)["executions"]
    assert execution["name"] == "trip-1"
    assert json.loads(ended(client, execution["executionArn"])["input"]) == REQUEST
    assert machine.start("trip-1", REQUEST) == REQUEST
    assert machine.start("trip-1", {**REQUEST, "requestHash": "another"}) == REQUEST
    assert len(client.list_executions(stateMachineArn=machine._arn)["executions"]) == 1


class Refusing:
    """Step Functions, stubbed: the next calls are answered as told."""

    def __init__(self, moto: Aws) -> None:
        self.client = moto.client("stepfunctions")
        self.stub = Stubber(self.client)
        self.stub.activate()
        self.machine = StepFunctionsMachine(self.client, ARN)

    def error(self, call: str, code: str, status: int = 400) -> None:
        self.stub.add_client_error(call, service_error_code=code, http_status_code=status)


@pytest.fixture
def refusing(moto: Aws) -> Refusing:
    return Refusing(moto)


@pytest.mark.parametrize(
    ("code", "status", "meaning"),
    [
        ("ThrottlingException", 400, Busy),
        ("ServiceUnavailable", 503, Busy),
        ("ValidationException", 400, Unreadable),
    ],
)
def test_an_error_of_aws_is_understood(refusing: Refusing, code: str, status: int, meaning: type[Exception]) -> None:
    """In the saga's words: try again, or never."""
    refusing.error("start_execution", code, status)
    with pytest.raises(meaning):
        refusing.machine.start("trip-1", REQUEST)


def test_a_machine_that_is_not_there_is_a_wrong_deployment(refusing: Refusing) -> None:
    """Raised as it is; the message comes again, and in the end is a dead letter."""
    refusing.error("start_execution", "StateMachineDoesNotExist")
    with pytest.raises(refusing.client.exceptions.StateMachineDoesNotExist):
        refusing.machine.start("trip-1", REQUEST)


def test_an_execution_that_cannot_be_read_yet_is_tried_again(refusing: Refusing) -> None:
    """AWS describes executions with a delay: never is the request taken for another."""
    refusing.error("start_execution", "ExecutionAlreadyExists")
    refusing.error("describe_execution", "ExecutionDoesNotExist")
    with pytest.raises(refusing.client.exceptions.ExecutionDoesNotExist):
        refusing.machine.start("trip-1", REQUEST)
    refusing.error("start_execution", "ExecutionAlreadyExists")
    refusing.error("describe_execution", "ThrottlingException")
    with pytest.raises(Busy):
        refusing.machine.start("trip-1", REQUEST)


def test_an_answer_that_is_lost_is_asked_for_again(refusing: Refusing, monkeypatch: pytest.MonkeyPatch) -> None:
    """The execution may have started: its name makes the next try harmless."""

    def lost(**_: Any) -> Any:
        raise ReadTimeoutError(endpoint_url="states")

    monkeypatch.setattr(refusing.client, "start_execution", lost)
    with pytest.raises(Busy, match="ReadTimeoutError"):
        refusing.machine.start("trip-1", REQUEST)
