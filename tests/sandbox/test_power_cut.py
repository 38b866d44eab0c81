"""The engine dies by SIGKILL in the middle of everything; what it acknowledged is there when it starts again."""

import json
from collections.abc import Iterator

import pytest

from sandbox.engine import environment
from sandbox.engine.engine import Engine, EngineError
from sandbox.engine.process import wait_until
from sandbox.engine.queues import depth

WAITING = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}}


@pytest.fixture
def durable() -> Iterator[Engine]:
    """An engine whose state outlives it."""
    environment.ensure()
    with Engine.start(durable=True) as engine:
        yield engine


def test_what_was_acknowledged_is_there_after_a_power_cut(durable: Engine) -> None:
    """Items and messages, to the last; the same port answers."""
    tables, queues = durable.clients.client("dynamodb"), durable.clients.client("sqs")
    tables.create_table(
        TableName="things",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    url = queues.create_queue(QueueName="words")["QueueUrl"]
    for number in range(50):
        tables.put_item(TableName="things", Item={"pk": {"S": str(number)}})
        queues.send_message(QueueUrl=url, MessageBody=str(number))
    before, pid = durable.endpoint, durable.process.pid
    durable.cut_power()
    assert not durable.process.alive()
    durable.restart()
    assert (durable.endpoint, durable.process.pid == pid) == (before, False)
    assert tables.scan(TableName="things")["Count"] == 50
    assert depth(durable, "words") == 50


def test_an_execution_that_ran_counts_as_stopped_from_outside(durable: Engine) -> None:
    """It does not go on (on AWS it would); no Catch of its heard of it."""
    machines = durable.clients.client("stepfunctions")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    role = durable.clients.client("iam").create_role(RoleName="anyone", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    machine = machines.create_state_machine(name="waits", definition=json.dumps(WAITING), roleArn=role)
    execution = machines.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]
    durable.cut_power()
    durable.restart()
    assert wait_until(lambda: machines.describe_execution(executionArn=execution)["status"] == "ABORTED", 5)


def test_only_a_durable_engine_can_lose_its_power(engine: Engine) -> None:
    """Another one says so, and lives on."""
    with pytest.raises(EngineError, match="durable=True"):
        engine.cut_power()
    assert engine.process.alive()
