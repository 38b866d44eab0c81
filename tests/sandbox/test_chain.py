"""What the local engine must get right about AWS, seen from outside."""

import pytest
from botocore.exceptions import ClientError

from sandbox.engine.process import wait_until
from tests.sandbox import chain
from tests.sandbox.world import PATIENCE, ChainWorld


def test_an_event_reaches_the_table_through_rule_queue_and_function(world: ChainWorld) -> None:
    """A put event is written once by the consumer, and its queue is empty afterwards."""
    world.put("order-1")
    assert world.saw("order-1")
    assert wait_until(lambda: not any("order-1" in one.body for one in world.queued()), PATIENCE)
    assert world.times_seen("order-1") == 1


def test_a_partial_batch_keeps_only_what_failed(world: ChainWorld) -> None:
    """Of one batch, the good orders are written once and deleted; the bad one waits to be retried."""
    world.put("good-1", "bad-1", "good-2")
    assert world.saw("good-1")
    assert world.saw("good-2")

    def settled() -> bool:
        ours = [one for one in world.queued() if "-1" in one.body or "good-2" in one.body]
        return [one.receives for one in ours if "bad-1" in one.body] == [1] and len(ours) == 1

    assert wait_until(settled, PATIENCE)
    assert (world.times_seen("good-1"), world.times_seen("good-2")) == (1, 1)


def test_an_exception_keeps_its_class_name_and_the_worker_lives_on(world: ChainWorld) -> None:
    """A state machine can catch by name, and the next call is warm."""
    worker = world.ask("describe")["pid"]
    failure = world.ask("fail", message="no seat left")
    assert failure["errorType"] == "SoldOut"
    assert failure["errorMessage"] == "no seat left"
    assert "in fail" in "".join(failure["stackTrace"])
    assert world.ask("describe")["pid"] == worker


def test_a_function_sees_its_own_settings_and_nothing_of_the_person(
    world: ChainWorld,
) -> None:
    """No variable of this machine reaches a function, nor one that changes how libraries log."""
    seen = world.ask("describe")["environment"]
    assert seen["TABLE"] == chain.TABLE
    assert seen["HOME"] == str(world.engine.process.folder)
    assert not seen.keys() & {"AUTH", "LOG_LEVEL", "VIRTUAL_ENV", "PYTEST_CURRENT_TEST", "USER"}


def test_a_handler_can_import_neither_our_tools_nor_our_code(world: ChainWorld) -> None:
    """What a handler needs must be in its zip: only boto3 comes with the runtime."""
    wanted = ["boto3", "typer", "rich", "msgspec", "aws_lambda_powertools", "sandbox", "shared"]
    assert world.ask("importable", modules=wanted) == ["boto3"]


def test_a_role_may_write_its_own_table_and_no_other(world: ChainWorld) -> None:
    """IAM is enforced on what functions do, by resource."""
    assert world.ask("write", table=chain.TABLE) == "written"
    assert world.ask("write", table=chain.OTHER_TABLE) == "AccessDeniedException"


def test_a_role_may_put_only_the_events_of_its_source(world: ChainWorld) -> None:
    """The condition key events:source allows hotel to speak for hotel, and for nobody else."""
    publisher = world.act_as_publisher()
    world.put("order-2", source="travel.hotel", **publisher)
    with pytest.raises(ClientError, match="AccessDenied"):
        world.put("order-3", source="travel.flight", **publisher)


def test_one_foreign_event_among_its_own_is_refused(world: ChainWorld) -> None:
    """A batch does not smuggle an event of another source past the condition."""
    events = world.engine.clients.client("events", **world.act_as_publisher())
    with pytest.raises(ClientError, match="AccessDenied"):
        events.put_events(
            Entries=[
                {
                    "Source": source,
                    "DetailType": "Booked",
                    "Detail": "{}",
                    "EventBusName": chain.BUS,
                }
                for source in ("travel.hotel", "travel.flight")
            ]
        )


def test_a_tls_only_queue_takes_messages(world: ChainWorld) -> None:
    """The policy that production needs does not lock the local clients out."""
    sqs = world.engine.clients.client("sqs")
    url = sqs.get_queue_url(QueueName=chain.QUEUE)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody='{"detail": {"order": "order-4"}}')
    assert world.saw("order-4")


def test_an_unknown_access_key_is_refused(world: ChainWorld) -> None:
    """Authentication is on: only the keys we print act as root."""
    stranger = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "x"}
    with pytest.raises(ClientError, match=r"UnrecognizedClientException|InvalidClientTokenId"):
        world.engine.clients.client("dynamodb", **stranger).list_tables()


def test_what_a_function_prints_is_in_its_log_group(world: ChainWorld) -> None:
    """Logs are read where they are read on AWS."""
    world.ask("say", words="the last seat is gone")
    logs = world.engine.clients.client("logs")

    def found() -> bool:
        events = logs.filter_log_events(logGroupName=chain.LOG_GROUP)["events"]
        return any("the last seat is gone" in event["message"] for event in events)

    assert wait_until(found, PATIENCE)
