"""The permission that the documents give to a client, tried as it stands with IAM enforced."""

import json
import re
import uuid
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from sandbox.local_world import LocalWorld
from shared.observer.standing import Summary
from shared.saga.timeline import Status
from tests.saga.story import example

PAGE = Path(__file__).parents[2] / "docs" / "deploying.md"


@pytest.fixture(scope="module")
def keys(local: LocalWorld) -> dict[str, str]:
    """The access key of a client who has the documented policy, and nothing else."""
    text = re.search(r"## The permission a client needs.*?```json\n(.*?)```", PAGE.read_text(), re.S)
    assert text is not None
    place = {"REGION": local.engine.region, "ACCOUNT": local.engine.account, "wayfare-dev": local.names.bus}
    policy = text.group(1)
    for word, value in place.items():
        policy = policy.replace(word, value)
    iam, name = local.engine.clients.client("iam"), f"client-{uuid.uuid4().hex[:8]}"
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="put", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}


def test_a_client_may_ask_for_a_trip(local: LocalWorld, keys: dict[str, str]) -> None:
    """As travel.client; the trip is booked."""
    trip = {**example("trip-success"), "tripId": str(uuid.uuid4()), "hotel": "client's", "car": "client's"}
    entry = {
        "Source": "travel.client",
        "DetailType": "TripRequested",
        "EventBusName": local.names.bus,
        "Detail": json.dumps(trip),
    }
    assert local.engine.clients.client("events", **keys).put_events(Entries=[entry])["FailedEntryCount"] == 0  # type: ignore[list-item]
    local.settle()
    summary: Summary | None = local.known(trip["tripId"]).summary
    assert summary is not None
    assert summary.status is Status.CONFIRMED


@pytest.mark.parametrize("source", ["travel.hotel", "travel.trip", "travel.orchestrator"])
def test_a_client_may_not_speak_for_a_service(local: LocalWorld, keys: dict[str, str], source: str) -> None:
    """Whoever could would tell the others lies."""
    entry = {"Source": source, "DetailType": "HotelBooked", "EventBusName": local.names.bus, "Detail": "{}"}
    with pytest.raises(ClientError, match="AccessDenied"):
        local.engine.clients.client("events", **keys).put_events(Entries=[entry])  # type: ignore[list-item]


def test_a_client_may_not_read_a_table(local: LocalWorld, keys: dict[str, str]) -> None:
    """The policy grants one action."""
    with pytest.raises(ClientError, match="AccessDenied"):
        local.engine.clients.client("dynamodb", **keys).scan(TableName=local.names.table("hotel"))
