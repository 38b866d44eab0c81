"""Adapters to run each port's suite on: the fakes, moto in this process, and the local engine.

moto's tests see neither the network nor the settings of the person who runs them.
"""

import socket
import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import boto3
import pytest
from moto import mock_aws

from infra.synth import synth
from sandbox.local_world import LocalWorld
from sandbox.memory.ledger import MemoryLedger
from sandbox.memory.log import MemorySagaLog
from shared.aws.ledger import DynamoLedger
from shared.aws.saga_log import DynamoSagaLog
from shared.aws.stock import DynamoStock
from shared.observer.effects import SagaLog
from shared.ports import Ledger
from tests.infra.templates import read

REGION = "us-east-1"
ENGINES = ("moto", "local")


@pytest.fixture(autouse=True)
def _nobodys_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No profile, file, proxy or endpoint of this person; credentials that are good for nothing."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture(autouse=True)
def _loopback_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anywhere else is an error, so that a mock with a hole is seen."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test wanted to connect to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


class Aws(NamedTuple):
    """An AWS to talk to."""

    name: str
    local: LocalWorld | None

    def client(self, service: str) -> Any:
        return self.local.engine.clients.client(service) if self.local else boto3.client(service)

    def table(self, service: str) -> str:
        """A new table, as the service's template has it."""
        return new_table(self.client("dynamodb"), service)


@cache
def _definition(service: str) -> dict[str, Any]:
    (table,) = read(synth("local"))[f"wayfare-local-{service}"].all("AWS::DynamoDB::Table")
    wanted = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
    return {name: table.properties[name] for name in wanted if name in table.properties}


def new_table(client: Any, service: str) -> str:
    """Create a table like the service's, under a name of its own."""
    name = f"ports-{uuid.uuid4().hex[:12]}"
    client.create_table(TableName=name, **_definition(service))
    return name


@pytest.fixture
def moto() -> Iterator[Aws]:
    """AWS, mocked in this process."""
    with mock_aws():
        yield Aws("moto", None)


@pytest.fixture(params=ENGINES)
def aws(request: pytest.FixtureRequest) -> Aws:
    """Each AWS in turn."""
    if request.param == "moto":
        mocked: Aws = request.getfixturevalue("moto")
        return mocked
    return Aws("local", request.getfixturevalue("local"))


class Bookkeeping(NamedTuple):
    """A ledger, and the desk that lists the same stock."""

    ledger: Ledger
    desk: MemoryLedger | DynamoStock


@pytest.fixture(params=("memory", *ENGINES))
def bookkeeping(request: pytest.FixtureRequest) -> Bookkeeping:
    """Each ledger in turn, empty."""
    if request.param == "memory":
        memory = MemoryLedger()
        return Bookkeeping(memory, memory)
    return _on_dynamo(_aws(request))


@pytest.fixture(params=("memory", "local"))
def busy_bookkeeping(request: pytest.FixtureRequest) -> Bookkeeping:
    """Each ledger that many threads may use at once."""
    if request.param == "memory":
        memory = MemoryLedger()
        return Bookkeeping(memory, memory)
    return _on_dynamo(_aws(request))


@pytest.fixture(params=("memory", *ENGINES))
def saga_log(request: pytest.FixtureRequest) -> SagaLog:
    """Each saga log in turn, empty."""
    if request.param == "memory":
        return MemorySagaLog()
    where = _aws(request)
    return DynamoSagaLog(where.client("dynamodb"), where.table("trip"))


def _aws(request: pytest.FixtureRequest) -> Aws:
    if request.param == "moto":
        mocked: Aws = request.getfixturevalue("moto")
        return mocked
    return Aws("local", request.getfixturevalue("local"))


def _on_dynamo(where: Aws) -> Bookkeeping:
    client, table = where.client("dynamodb"), where.table("hotel")
    return Bookkeeping(DynamoLedger(client, table), DynamoStock(client, table))
