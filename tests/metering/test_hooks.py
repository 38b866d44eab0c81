"""Each hook of the engine's meter counts what AWS would bill, called as anybody may call it.

What is called from here is an operator's; the counts of functions are those of `test_a_trip.py`.
"""

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.engine import Engine
from sandbox.engine.process import wait_until
from sandbox.local_world import LocalWorld
from sandbox.metering.counts import (
    EVENTS,
    INVOCATIONS,
    LOG_BYTES,
    QUEUE_REQUESTS,
    READ_UNITS,
    TRANSITIONS,
    UNMETERED,
    WRITE_UNITS,
    Counts,
)
from sandbox.metering.meter import Meter, MeterError

KB = 1024
TABLE = "metered"
KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}]
BOARD = {
    "IndexName": "board",
    "KeySchema": [{"AttributeName": "board", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}

Counting = Callable[[Callable[[], object]], Counts]


@pytest.fixture
def counting(meter: Meter) -> Counting:
    """What the engine counts while something is done."""

    def count(act: Callable[[], object]) -> Counts:
        before = meter.snapshot()
        act()
        return meter.snapshot() - before

    return count


def refused(act: Callable[[], object]) -> Callable[[], object]:
    """The same, refused by AWS."""

    def refusal() -> None:
        with pytest.raises(ClientError):
            act()

    return refusal


@pytest.fixture(scope="module")
def table(metered: LocalWorld) -> Iterator[Any]:
    """A client of DynamoDB, and a table with an index that copies keys alone."""
    client = metered.engine.clients.client("dynamodb")
    texts: Any = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "board")]
    client.create_table(
        TableName=TABLE,
        KeySchema=KEYS,  # type: ignore[arg-type]
        AttributeDefinitions=texts,
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[BOARD],  # type: ignore[list-item]
    )
    yield client
    client.delete_table(TableName=TABLE)


def an_item(size: int, **more: str) -> dict[str, Any]:
    """An item of that many KB or a little less, under a key of its own."""
    return {
        "pk": {"S": uuid.uuid4().hex},
        "text": {"S": "x" * (size * KB - 100)},
        **{k: {"S": v} for k, v in more.items()},
    }


def kept(table: Any, item: Mapping[str, Any]) -> dict[str, Any]:
    """Put it, and answer its key."""
    table.put_item(TableName=TABLE, Item=item)
    return {"pk": item["pk"]}


def test_a_put_costs_its_item_and_what_it_replaces(table: Any, counting: Counting) -> None:
    large, small = an_item(3), an_item(1)
    assert counting(lambda: kept(table, large)).by_meter() == {WRITE_UNITS: 3}
    assert counting(lambda: kept(table, {**small, "pk": large["pk"]})).by_meter() == {WRITE_UNITS: 3}
    assert counting(lambda: kept(table, small)).by_meter() == {WRITE_UNITS: 1}


def test_an_update_and_a_delete_cost_the_larger_image(table: Any, counting: Counting) -> None:
    key = kept(table, an_item(2))

    def shorten() -> None:
        table.update_item(
            TableName=TABLE,
            Key=key,
            UpdateExpression="SET #text = :text",
            ExpressionAttributeNames={"#text": "text"},
            ExpressionAttributeValues={":text": {"S": "short"}},
        )

    assert counting(shorten).by_meter() == {WRITE_UNITS: 2}
    assert counting(shorten).by_meter() == {WRITE_UNITS: 1}
    assert counting(lambda: table.delete_item(TableName=TABLE, Key=key)).by_meter() == {WRITE_UNITS: 1}


def test_a_failed_condition_costs_the_item_that_stands(table: Any, counting: Counting) -> None:
    """However large the item is that was not written; and one unit where nothing stands."""
    key = kept(table, an_item(2))
    nobody = {"pk": {"S": "nobody"}}

    def put_again() -> None:
        table.put_item(TableName=TABLE, Item={**an_item(5), **key}, ConditionExpression="attribute_not_exists(pk)")

    def delete_nobody() -> None:
        table.delete_item(TableName=TABLE, Key=nobody, ConditionExpression="attribute_exists(pk)")

    assert counting(refused(put_again)).by_meter() == {WRITE_UNITS: 2}
    assert counting(refused(delete_nobody)).by_meter() == {WRITE_UNITS: 1}


def test_a_transaction_costs_double_and_so_does_a_cancelled_one(table: Any, counting: Counting) -> None:
    """An index's copy costs single. Cancelled: every item as it stands, twice."""
    standing = kept(table, an_item(2))
    fresh = an_item(1, board="OPEN")

    def transaction(condition: str) -> None:
        update = {
            "TableName": TABLE,
            "Key": standing,
            "UpdateExpression": "SET seen = :one",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        table.transact_write_items(TransactItems=[{"Put": {"TableName": TABLE, "Item": fresh}}, {"Update": update}])

    assert counting(refused(lambda: transaction("attribute_not_exists(pk)"))).by_meter() == {WRITE_UNITS: 2 * (1 + 2)}
    done = counting(lambda: transaction("attribute_exists(pk)"))
    assert [(key.what, units) for key, units in done] == [
        ("TransactWriteItems", 2 * (1 + 2)),
        ("TransactWriteItems in index board", 1),
    ]


def test_an_index_costs_when_its_copy_changes(table: Any, counting: Counting) -> None:
    item = an_item(1, board="OPEN")
    assert counting(lambda: kept(table, item)).by_meter() == {WRITE_UNITS: 1 + 1}
    assert counting(lambda: kept(table, {**item, "text": {"S": "new"}})).by_meter() == {WRITE_UNITS: 1}
    assert counting(lambda: kept(table, {**item, "board": {"S": "ENDED"}})).by_meter() == {WRITE_UNITS: 1 + 2}


def test_a_batch_of_writes_costs_each(table: Any, counting: Counting) -> None:
    gone = kept(table, an_item(2))
    batch = [{"PutRequest": {"Item": an_item(3)}}, {"DeleteRequest": {"Key": gone}}]
    assert counting(lambda: table.batch_write_item(RequestItems={TABLE: batch})).by_meter() == {WRITE_UNITS: 3 + 2}


def test_keys_are_read_each_by_itself_there_or_not(table: Any, counting: Counting) -> None:
    large, absent = kept(table, an_item(5)), {"pk": {"S": "nobody"}}

    def get(*, strong: bool) -> Counts:
        return counting(lambda: table.get_item(TableName=TABLE, Key=large, ConsistentRead=strong))

    def batch(*, strong: bool) -> Counts:
        asked = {"Keys": [large, absent], "ConsistentRead": strong}
        return counting(lambda: table.batch_get_item(RequestItems={TABLE: asked}))

    transaction = [{"Get": {"TableName": TABLE, "Key": large}}]
    assert get(strong=False).by_meter() == {READ_UNITS: 1}
    assert get(strong=True).by_meter() == {READ_UNITS: 2}
    assert batch(strong=False).by_meter() == {READ_UNITS: 1 + 0.5}
    assert batch(strong=True).by_meter() == {READ_UNITS: 2 + 1}
    assert counting(lambda: table.transact_get_items(TransactItems=transaction)).by_meter() == {READ_UNITS: 2 * 2}


def test_a_query_costs_what_it_looked_at_before_the_filter(table: Any, counting: Counting) -> None:
    key = kept(table, an_item(9))
    query = {
        "TableName": TABLE,
        "KeyConditionExpression": "pk = :pk",
        "FilterExpression": "attribute_exists(nothing)",
        "ExpressionAttributeValues": {":pk": key["pk"]},
    }
    assert counting(lambda: table.query(**query)).by_meter() == {READ_UNITS: 1.5}
    assert counting(lambda: table.query(**query, ConsistentRead=True)).by_meter() == {READ_UNITS: 3}
    nothing = {**query, "ExpressionAttributeValues": {":pk": {"S": "nobody"}}}
    assert counting(lambda: table.query(**nothing)).by_meter() == {READ_UNITS: 0.5}


def test_a_refused_request_costs_nothing(table: Any, counting: Counting) -> None:
    for act in (
        lambda: table.get_item(TableName=TABLE, Key={"wrong": {"S": "key"}}),
        lambda: table.put_item(TableName=TABLE, Item={"no": {"S": "key"}}),
        lambda: table.put_item(TableName="absent", Item=an_item(1)),
    ):
        assert not counting(refused(act))


def test_what_no_rule_covers_is_told(table: Any, counting: Counting) -> None:
    statement = f'SELECT * FROM "{TABLE}"'  # noqa: S608 - a fixed name
    assert counting(lambda: table.execute_statement(Statement=statement)).by_meter() == {UNMETERED: 1}


def test_events_are_counted_by_source_and_size(metered: LocalWorld, counting: Counting) -> None:
    """Three entries, one of them in three chunks; AWS's own events and refused ones are free."""
    events = metered.engine.clients.client("events")
    detail = json.dumps({"text": "x" * 130 * KB})
    entries: Any = [
        {"Source": source, "DetailType": "Nothing", "Detail": text, "EventBusName": metered.names.bus}
        for source, text in (("elsewhere", "{}"), ("elsewhere", detail), ("travel.hotels", "{}"), ("aws.s3", "{}"))
    ]
    counted = counting(lambda: events.put_events(Entries=entries))
    assert {key.resource: units for key, units in counted if key.meter == EVENTS} == {
        f"{metered.names.bus}/elsewhere": 4,
        f"{metered.names.bus}/travel.hotels": 1,
    }
    assert counted[QUEUE_REQUESTS] == 1  # the unknown source, on its way to the quarantine
    metered.engine.clients.client("sqs").purge_queue(
        QueueUrl=f"{metered.engine.endpoint}/queue/{metered.names.quarantine}"
    )


def test_queue_requests_are_counted_by_what_they_carry(metered: LocalWorld, counting: Counting) -> None:
    """Sends, receives (the empty one too), and what is done with a message."""
    sqs = metered.engine.clients.client("sqs")
    url = sqs.create_queue(QueueName="metered")["QueueUrl"]

    def receive() -> Any:
        return sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=30)

    assert counting(receive)[QUEUE_REQUESTS] == 1
    assert counting(lambda: sqs.send_message(QueueUrl=url, MessageBody="x" * 100 * KB))[QUEUE_REQUESTS] == 2
    assert counting(lambda: sqs.send_message_batch(QueueUrl=url, Entries=three_entries()))[QUEUE_REQUESTS] == 3
    received: list[Any] = []
    assert counting(lambda: received.extend(receive()["Messages"]))[QUEUE_REQUESTS] == 4  # 250 KB
    handle = {"QueueUrl": url, "ReceiptHandle": received[0]["ReceiptHandle"]}
    assert counting(lambda: sqs.change_message_visibility(**handle, VisibilityTimeout=5)).by_meter() == {
        QUEUE_REQUESTS: 1
    }
    assert counting(lambda: sqs.delete_message(**handle))[QUEUE_REQUESTS] == 1
    sqs.delete_queue(QueueUrl=url)


def three_entries() -> Any:
    return [{"Id": str(number), "MessageBody": "x" * 50 * KB} for number in range(3)]


def test_a_pollers_batch_is_one_receive_and_one_delete(metered: LocalWorld, counting: Counting) -> None:
    """Two messages that waited for their consumer: two sends, but one receive, one call, one delete."""
    functions = metered.engine.clients.client("lambda")
    watch = f"{metered.names.bus}-trip-watch"
    (mapping,) = functions.list_event_source_mappings(FunctionName=watch)["EventSourceMappings"]

    def switch(*, on: bool, batch: int) -> None:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=on, BatchSize=batch)

    def two_ticks() -> None:
        switch(on=False, batch=10)
        metered.tick()
        metered.tick()
        switch(on=True, batch=10)
        metered.settle()

    counted = counting(two_ticks).only(lambda key: key.resource == watch)
    switch(on=True, batch=1)
    requests = {key.what: units for key, units in counted if key.meter == QUEUE_REQUESTS}
    assert requests == {"SendMessage": 2, "ReceiveMessage": 1, "DeleteMessageBatch": 1}
    assert counted[INVOCATIONS] == 1


def test_a_call_is_billed_for_its_time_and_a_cold_one_starts_apart(metered: LocalWorld, meter: Meter) -> None:
    """Two calls of a function that nobody called before: one cold start, whose time is not in the billed time."""
    name = metered.names.function("car", "stock")
    before = meter.functions().get(name)
    for _ in range(2):
        metered.invoke("car", "stock", {"do": "list"})
    runs = meter.functions()[name]
    assert runs.invocations - (before.invocations if before else 0) == 2
    assert runs.cold_starts == 1
    assert runs.init_ms > runs.max_ms >= 1
    assert runs.max_ms <= runs.billed_ms
    assert runs.memory_mb == 512


def test_log_lines_are_counted_in_bytes(metered: LocalWorld, counting: Counting) -> None:
    logs = metered.engine.clients.client("logs")
    logs.create_log_group(logGroupName="metered")
    logs.create_log_stream(logGroupName="metered", logStreamName="one")
    lines = [{"timestamp": 1_700_000_000_000, "message": text} for text in ("Zürich", "ok")]
    counted = counting(lambda: logs.put_log_events(logGroupName="metered", logStreamName="one", logEvents=lines))
    assert counted.by_meter() == {LOG_BYTES: 7 + 2}


def test_states_and_retries_are_transitions(metered: LocalWorld, counting: Counting) -> None:
    """Pass, Task (tried three times), Choice, Fail: four states and two retries."""
    states = {
        "First": {"Type": "Pass", "Next": "Try"},
        "Try": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "nobody"},
            "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 0, "MaxAttempts": 2}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Which"}],
            "End": True,
        },
        "Which": {"Type": "Choice", "Choices": [], "Default": "Last"},
        "Last": {"Type": "Fail", "Error": "Refused"},
    }
    counted = counting(lambda: run_machine(metered.engine, "metered-retries", {"StartAt": "First", "States": states}))
    assert {key.what: units for key, units in counted if key.meter == TRANSITIONS} == {
        "First": 1,
        "Try": 1,
        "retry": 2,
        "Which": 1,
        "Last": 1,
    }


def test_states_of_a_branch_are_told_as_unmetered(metered: LocalWorld, counting: Counting) -> None:
    """Nobody here uses Parallel or Map; whoever does must teach the meter first."""
    branch = {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": True}}}
    states = {"Both": {"Type": "Parallel", "Branches": [branch, branch], "End": True}}
    counted = counting(lambda: run_machine(metered.engine, "metered-branches", {"StartAt": "Both", "States": states}))
    assert (counted[TRANSITIONS], counted[UNMETERED]) == (1, 2)


def test_a_machine_that_sends_a_message_pays_for_it(metered: LocalWorld, counting: Counting) -> None:
    """Step Functions calls the queue past its API."""
    url = metered.engine.clients.client("sqs").create_queue(QueueName="metered-machine")["QueueUrl"]
    send = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": url, "MessageBody": "x" * 70 * KB},
        "End": True,
    }
    counted = counting(
        lambda: run_machine(metered.engine, "metered-send", {"StartAt": "Send", "States": {"Send": send}})
    )
    assert {key.resource: units for key, units in counted if key.meter == QUEUE_REQUESTS} == {"metered-machine": 2}


def run_machine(engine: Engine, name: str, definition: Mapping[str, Any]) -> None:
    """Run a Standard workflow to its end."""
    machines: Any = engine.clients.client("stepfunctions")
    role = f"arn:aws:iam::{engine.account}:role/{a_role(engine)}"
    machine = machines.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)[
        "stateMachineArn"
    ]
    execution = machines.start_execution(stateMachineArn=machine)["executionArn"]
    assert wait_until(lambda: machines.describe_execution(executionArn=execution)["status"] != "RUNNING", 20)


def a_role(engine: Engine) -> str:
    """A role that Step Functions may take; what it may do is not asked."""
    name = f"metered-{uuid.uuid4().hex[:8]}"
    trusted = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = {"Version": "2012-10-17", "Statement": [trusted]}
    engine.clients.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(policy))
    return name


def test_an_engine_without_a_meter_says_so() -> None:
    """A comparison must not take no counts for no cost."""
    with (
        Engine.start(metered=False) as engine,
        pytest.raises(MeterError, match="counts nothing: start it with metered"),
    ):
        Meter(engine).snapshot()


def test_an_engine_that_is_gone_says_so() -> None:
    with Engine.start() as engine:
        meter = Meter(engine)
    with pytest.raises(MeterError, match="does not answer"):
        meter.snapshot()
