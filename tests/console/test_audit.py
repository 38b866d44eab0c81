"""`wayfare audit` on a stage that is up."""

from typing import Any

import pytest

from console import audit
from console.audit import audit_stage
from console.commands.audit import CODES
from console.connection import on_engine
from infra.stages import named
from sandbox.local_world import LocalWorld
from tests.console.conftest import Wayfare
from tests.saga.story import Story, requested


def test_a_stage_on_which_trips_ended_well_is_clean(local: LocalWorld) -> None:
    story = Story(local)
    story.when(requested()).then()
    found = audit_stage(on_engine(named("local"), local.engine))
    assert found.trips >= 1
    assert found.violations == ()


def test_a_room_that_is_held_for_nobody_is_found(
    wayfare: Wayfare, local: LocalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hand in the table: the audit names the invariant and the item, its exit code the gravest; taken back, all is well."""
    monkeypatch.setattr(audit, "PAUSE", 0.0)
    story = Story(local)
    story.when(requested(failBookFlight=True)).then()
    target = on_engine(named("local"), local.engine)
    key = {"pk": {"S": f"TRIP#{story.trip['tripId']}"}, "sk": {"S": "RECORD"}}
    table, dynamodb = local.names.table("hotel"), local.engine.clients.client("dynamodb")
    before: Any = next(
        item for item in dynamodb.scan(TableName=table)["Items"] if story.trip["tripId"] in item["pk"]["S"]
    )
    key = {name: before[name] for name in ("pk", "sk")}
    dynamodb.update_item(
        TableName=table,
        Key=key,
        UpdateExpression="SET #state = :booked",
        ExpressionAttributeNames={"#state": "state"},
        ExpressionAttributeValues={":booked": {"S": "BOOKED"}},
    )
    try:
        assert {it.invariant for it in audit_stage(target).violations} >= {"L1", "S1"}
        assert wayfare("audit").exit_code == CODES["S1"]
    finally:
        dynamodb.put_item(TableName=table, Item=before)
    assert audit_stage(target).violations == ()
    assert wayfare("audit").exit_code == 0
