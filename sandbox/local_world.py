"""A `World` on the local AWS engine: the synthesised templates, real handler code, boto3."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from botocore.exceptions import ClientError

from infra.catalog import CATALOG, Catalog
from infra.names import PLATFORM, QUARANTINE, Names, Place, dead_letters
from infra.synth import synth
from infra.units import units_of
from sandbox.books import books_in, read_books, read_dossiers
from sandbox.engine import environment
from sandbox.engine.deploy import Deployer
from sandbox.engine.engine import Engine
from sandbox.modes import CHOREOGRAPHY, Mode
from sandbox.world import TASK, Books, Inbox, Parked
from shared.aws.saga_log import DynamoSagaLog
from shared.observer.standing import Known, Rejection
from shared.saga.dossier import Dossier

BOUND = 120.0
"""Seconds after which a condition that does not come true is an error."""
PAUSE, LONGEST_PAUSE = 0.01, 0.3
"""Seconds between two looks, growing: a look at full queues takes the engine's time from those who empty them."""


class WorldError(Exception):
    """The engine answered what it should not, or a condition did not come true in time."""


class LocalWorld:
    """A stage that is deployed on an engine."""

    name = "local"

    def __init__(
        self, engine: Engine, stage: str = "local", mode: Mode = CHOREOGRAPHY, catalog: Catalog = CATALOG
    ) -> None:
        self.engine = engine
        self.catalog = catalog
        self.saga = catalog.saga
        self.names = Names(stage, catalog.app)
        self.mode = mode
        self.log = DynamoSagaLog(engine.clients.client("dynamodb"), self.names.table(self.saga.observer))
        self._paused: set[str] = set()

    @classmethod
    @contextmanager
    def running(cls, *stages: str, wait_scale: float = 1.0, catalog: Catalog = CATALOG) -> Iterator["LocalWorld"]:
        """Start an engine, deploy the stages (by default `local`), and stop it at the end; the world is the first stage.

        `wait_scale` is what a second of a state machine's retries lasts.
        """
        environment.ensure()
        with Engine.start(wait_scale=wait_scale) as engine:
            for stage in stages or ("local",):
                Deployer(engine.clients).deploy(synth(stage, catalog.templates))
            yield cls(engine, stages[0] if stages else "local", catalog=catalog)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC)

    def put(self, detail: Any, detail_type: str | None = None, source: str | None = None) -> str:
        said = {"Source": source or self.saga.source_of("client"), "DetailType": detail_type or self.saga.requested}
        text = detail if isinstance(detail, str) else json.dumps(detail)
        return self.put_raw([{**said, "Detail": text}])[0]

    def put_raw(self, entries: list[dict[str, Any]]) -> list[str]:
        """Put entries as they are; answers the events' ids."""
        named: Any = [{"EventBusName": self.names.bus, **entry} for entry in entries]
        answer = self.engine.clients.client("events").put_events(Entries=named)
        if answer["FailedEntryCount"]:
            raise WorldError(f"PutEvents: {answer['Entries']}")
        return [entry["EventId"] for entry in answer["Entries"]]

    def send(self, inbox: Inbox, body: str) -> None:
        self._sqs.send_message(QueueUrl=self.queue_url(inbox), MessageBody=body)

    def pause(self, inbox: Inbox) -> None:
        self._switch(inbox, on=False)
        self._paused.add(self._queue(inbox))

    def resume(self, inbox: Inbox) -> None:
        self._switch(inbox, on=True)
        self._paused.discard(self._queue(inbox))

    def waiting(self, inbox: Inbox) -> list[str]:
        return [message["Body"] for message in self._messages().get(self._queue(inbox), ())]

    def drop(self, inbox: Inbox) -> None:
        self._sqs.purge_queue(QueueUrl=self.queue_url(inbox))

    def parked(self, inbox: Inbox) -> list[Parked]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url(dead_letters(self._queue(inbox))),
            MaxNumberOfMessages=10,
            VisibilityTimeout=0,
            MessageAttributeNames=["All"],
        )
        return [
            Parked(message["Body"], message.get("MessageAttributes", {}).get("reason", {}).get("StringValue", ""))
            for message in answer.get("Messages", ())
        ]

    def tick(self) -> None:
        self.send(Inbox(self.saga.observer, "watch"), "{}")

    def wait_until(self, moment: datetime) -> None:
        self.wait_for(lambda: datetime.now(UTC) >= moment, f"{moment} to come")

    def settle(self) -> None:
        self.wait_for(self._at_rest, "every message to be handled, and every execution to end")

    def executions(self, status: str) -> list[str]:
        client = self.engine.clients.client("stepfunctions")
        try:
            pages = list(
                client.get_paginator("list_executions").paginate(stateMachineArn=self.machine, statusFilter=status)
            )
        except client.exceptions.StateMachineDoesNotExist:
            return []
        return [execution["name"] for page in pages for execution in page["executions"]]

    def execution(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.engine.clients.client("stepfunctions").describe_execution(
            executionArn=self._execution(name)
        )
        return found

    def stop(self, name: str) -> bool:
        client = self.engine.clients.client("stepfunctions")
        try:
            client.stop_execution(executionArn=self._execution(name))
        except ClientError:  # it has just ended
            return False
        return True

    def tasks(self, name: str) -> list[str]:
        client = self.engine.clients.client("stepfunctions")
        events = client.get_execution_history(executionArn=self._execution(name), maxResults=1000)["events"]
        entered, found = "", []
        for event in events:
            entered = event.get("stateEnteredEventDetails", {}).get("name", entered)
            found += [entered] if event["type"] == "TaskScheduled" else []
        return found

    @property
    def machine(self) -> str:
        """The ARN of the stage's state machine."""
        return Place(self.engine.account, self.engine.region).machine(self.names.machine)

    def _execution(self, name: str) -> str:
        return f"{self.machine.replace(':stateMachine:', ':execution:')}:{name}"

    def _at_rest(self) -> bool:
        """Looked at twice around the executions: a message may have become one, or one a message, in between."""
        return not (self._outstanding() or self.executions("RUNNING") or self._outstanding())

    def set_stock(self, service: str, item: str, unit: str, capacity: int) -> None:
        answer = self.invoke(service, "stock", {"do": "set", "item": item, "unit": unit, "capacity": capacity})
        if "error" in answer:
            raise WorldError(answer["error"])

    def invoke(self, service: str, role: str, payload: Any) -> Any:
        """Call a function directly, and answer what it returns."""
        name = self.names.function(service, role)
        answer = self.engine.clients.client("lambda").invoke(FunctionName=name, Payload=json.dumps(payload).encode())
        result = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise WorldError(f"{name} failed: {result}")
        return result

    def books(self, service: str) -> Books:
        if self.saga.keeps_dossier:
            return books_in(self.dossiers(), service)
        return read_books(self.engine.clients.client("dynamodb"), self.names.table(service))

    def dossiers(self) -> dict[str, Dossier]:
        """All dossiers, of a saga that keeps them."""
        return read_dossiers(self.engine.clients.client("dynamodb"), self.names.dossiers)

    def known(self, trip_id: str) -> Known:
        return self.log.recall(trip_id)

    def rejection(self, request_id: str) -> Rejection | None:
        return self.log.rejection(request_id)

    def queue_url(self, inbox: Inbox) -> str:
        """Where a queue answers."""
        return self._url(self._queue(inbox))

    def wait_for(self, condition: Callable[[], bool], what: str, bound: float = BOUND) -> None:
        """Wait until a condition holds; a `WorldError` tells what did not come in time."""
        end, pause = time.monotonic() + bound, PAUSE
        while not condition():
            if time.monotonic() > end:
                raise WorldError(f"waited {bound:g} s for {what}; outstanding: {self._outstanding()}")
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * 1.2)

    def _outstanding(self) -> dict[str, int]:
        queues = self._messages()
        at_rest = {dead_letters(name) for name in queues} | {self.names.quarantine} | self._paused
        return {name: len(messages) for name, messages in queues.items() if messages and name not in at_rest}

    def _messages(self) -> dict[str, list[dict[str, Any]]]:
        """Every message in every queue of this stage, taken or not; a handled one is in its queue until its facts are out."""
        with urllib.request.urlopen(f"{self.engine.endpoint}/_ministack/sqs/messages") as answer:  # noqa: S310 - loopback
            by_account = json.load(answer)["messages"]
        queues = by_account[self.engine.account][self.engine.region].items()
        names = ((url.rsplit("/", 1)[1], messages) for url, messages in queues)
        return {name: messages for name, messages in names if name in self._own}

    @cached_property
    def _own(self) -> frozenset[str]:
        """The stage's queues; another stage's name may begin as this one's does."""
        inboxes = [
            Inbox(service, unit.role) for service in self.catalog.services for unit in units_of(service, self.catalog)
        ]
        queues = [self.names.quarantine, *(self._queue(inbox) for inbox in inboxes)]
        return frozenset([*queues, *map(dead_letters, queues)])

    def _switch(self, inbox: Inbox, *, on: bool) -> None:
        functions, name = self.engine.clients.client("lambda"), self.names.function(*inbox)
        if inbox.role == TASK and on:
            functions.delete_function_concurrency(FunctionName=name)
            return
        if inbox.role == TASK:
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
            return
        (mapping,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=on)

    def _queue(self, inbox: Inbox) -> str:
        return self.names.quarantine if inbox == (PLATFORM, QUARANTINE) else self.names.queue(*inbox)

    def _url(self, queue: str) -> str:
        return f"{self.engine.endpoint}/{self.engine.account}/{queue}"

    @property
    def _sqs(self) -> Any:
        return self.engine.clients.client("sqs")
