"""Counts what AWS would bill, where it happens: inside the engine (pinned: ministack==1.5.33).

Each hook wraps one function of MiniStack and changes nothing of what it does; the engine refuses to start when a name is
gone. `GET /_wayfare/meter` tells the counts since the start; who wants those of a run takes two and subtracts. A count is
made before its message leaves its queue, so when all queues are empty everything has been counted.
"""

import json
import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib import import_module
from typing import Any

from sandbox.engine import billing, table_meter
from sandbox.engine.patches import Application, Scope, require

PATH = "/_wayfare/meter"
TEMPORARY_KEY = "ASIA"
"""How the access keys of functions begin; whoever else calls is an operator, and no part of the system."""

_operator: ContextVar[bool] = ContextVar("operator", default=False)
_in_a_call: ContextVar[bool] = ContextVar("in_a_call", default=False)
"""Whether SQS's API is at work, which sends a batch message by message."""


@dataclass
class Runs:
    """The invocations of one function; `max_ms` is the longest since the engine started."""

    memory_mb: int = 0
    invocations: int = 0
    billed_ms: int = 0
    max_ms: int = 0
    cold_starts: int = 0
    init_ms: int = 0


@dataclass
class Tally:
    """All counts since the start, by meter, resource, what was done, and whether an operator did it."""

    counts: dict[tuple[str, str, str, bool], float] = field(default_factory=dict)
    runs: defaultdict[str, Runs] = field(default_factory=lambda: defaultdict(Runs))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, meter: str, resource: str, what: str, quantity: float, *, asked: bool = False) -> None:
        """Count so much; `asked`: a call of an API, which an operator may have made."""
        with self.lock:
            key = (meter, resource, what, asked and _operator.get())
            self.counts[key] = self.counts.get(key, 0) + quantity

    def ran(self, name: str, memory_mb: int, billed_ms: int, init_ms: int | None) -> None:
        """Count an invocation; `init_ms` tells how long its environment took to start, None when it was warm."""
        with self.lock:
            runs = self.runs[name]
            runs.memory_mb = memory_mb
            runs.invocations += 1
            runs.billed_ms += billed_ms
            runs.max_ms = max(runs.max_ms, billed_ms)
            runs.cold_starts += init_ms is not None
            runs.init_ms += init_ms or 0

    def told(self) -> bytes:
        """All counts, as JSON."""
        names = ("meter", "resource", "what", "operator", "quantity")
        with self.lock:
            counts = [dict(zip(names, (*key, quantity), strict=True)) for key, quantity in sorted(self.counts.items())]
            runs = {name: asdict(runs) for name, runs in sorted(self.runs.items())}
        return json.dumps({"counts": counts, "functions": runs}).encode()


def apply() -> None:
    """Hook the meter into the MiniStack of this process. Call after `patches.apply`, before `ministack.app.main`."""
    tally = Tally()
    count_events(tally)
    count_queue_requests(tally)
    count_pollers(tally)
    count_invocations(tally)
    count_table_units(tally)
    count_transitions(tally)
    count_log_bytes(tally)
    serve(tally)


def count_events(tally: Tally) -> None:
    """Each accepted entry of PutEvents; AWS services' own events are free."""
    events: Any = import_module("ministack.services.eventbridge")
    put = require(events, "_put_events")

    def put_events(data: dict[str, Any], allow_aws_source: bool = False) -> Any:
        answer = put(data, allow_aws_source)
        results = json.loads(answer[2]).get("Entries", ())
        for entry, result in zip(data.get("Entries", ()), results, strict=False):
            if "ErrorCode" not in result and not allow_aws_source:
                resource = f"{entry.get('EventBusName', 'default')}/{entry.get('Source', '')}"
                tally.add("events", resource, entry.get("DetailType", ""), billing.event_chunks(entry))
        return answer

    events._put_events = put_events  # noqa: SLF001 - so are all hooks


def count_queue_requests(tally: Tally) -> None:
    """Every call of the SQS API, and every message that EventBridge and Step Functions send."""
    sqs: Any = import_module("ministack.services.sqs")
    events: Any = import_module("ministack.services.eventbridge")
    dispatch, send, deliver = (
        require(sqs, "_dispatch"),
        require(sqs, "_act_send_message"),
        require(events, "_dispatch_to_sqs"),
    )

    async def call(action: str, data: dict[str, Any], url: str) -> Any:
        within = _in_a_call.set(True)
        try:
            answer = await dispatch(action, data, url)
        finally:
            _in_a_call.reset(within)
        queue = (data.get("QueueUrl") or url).rsplit("/", 1)[-1]
        tally.add("queue_requests", queue, action, billing.message_chunks(_payloads(data, answer)), asked=True)
        return answer

    def sent_by_a_machine(data: dict[str, Any], url: str) -> Any:
        answer = send(data, url)
        if not _in_a_call.get():
            tally.add(
                "queue_requests", url.rsplit("/", 1)[-1], "SendMessage", billing.message_chunks(_payloads(data, {}))
            )
        return answer

    def sent_by_a_rule(target: Any, payload: str, parameters: Any = None) -> None:
        tally.add("queue_requests", target.resource, "SendMessage", billing.message_chunks([len(payload.encode())]))
        deliver(target, payload, parameters)

    sqs._dispatch, sqs._act_send_message = call, sent_by_a_machine  # noqa: SLF001
    events._dispatch_to_sqs = sent_by_a_rule  # noqa: SLF001


def _payloads(data: Mapping[str, Any], answer: Mapping[str, Any]) -> list[int]:
    """The sizes of the messages that a call of the SQS API carries, either way."""
    sent = [data, *data.get("Entries", ())]
    bodies = [(entry["MessageBody"], entry.get("MessageAttributes")) for entry in sent if "MessageBody" in entry]
    bodies += [(message["Body"], message.get("MessageAttributes")) for message in answer.get("Messages", ())]
    return [billing.message_size(body, attributes) for body, attributes in bodies]


def count_pollers(tally: Tally) -> None:
    """What Lambda's pollers ask for: a receive that brought messages, and the delete of a batch.

    Empty receives belong to the stage's fixed cost (`infra/idle_cost.py`): their number depends on time, not on trips.
    """
    sqs: Any = import_module("ministack.services.sqs")
    receive, delete = require(sqs, "_receive_messages_for_esm"), require(sqs, "_delete_messages_for_esm")

    def received(url: str, at_most: int) -> Any:
        messages = receive(url, at_most)
        if messages:
            sizes = [billing.message_size(message["body"], message["message_attributes"]) for message in messages]
            tally.add("queue_requests", url.rsplit("/", 1)[-1], "ReceiveMessage", billing.message_chunks(sizes))
        return messages

    def deleted(url: str, handles: set[str]) -> None:
        if handles:
            tally.add("queue_requests", url.rsplit("/", 1)[-1], "DeleteMessageBatch", 1)
        delete(url, handles)

    sqs._receive_messages_for_esm, sqs._delete_messages_for_esm = received, deleted  # noqa: SLF001


def count_invocations(tally: Tally) -> None:
    """A function's run: from the event handed to its runtime to the answer's arrival, and its start apart."""
    worker: Any = require(import_module("ministack.core.lambda_runtime"), "ProvidedWorker")
    invoke, spawn, record = require(worker, "invoke"), require(worker, "_spawn"), require(worker, "_record_result")

    def timed_invoke(self: Any, *event: Any, **more: Any) -> Any:
        self.wayfare_started, self.wayfare_answered, self.wayfare_init = time.perf_counter(), None, None
        try:
            return invoke(self, *event, **more)
        finally:
            took = (self.wayfare_answered or time.perf_counter()) - self.wayfare_started
            init = None if self.wayfare_init is None else _milliseconds(self.wayfare_init)
            name, memory = self.config["FunctionName"], int(self.config.get("MemorySize", 128))
            tally.ran(name, memory, _milliseconds(took), init)

    def timed_spawn(self: Any, *timeout: Any, **more: Any) -> None:
        began = time.perf_counter()
        try:
            spawn(self, *timeout, **more)
        finally:
            self.wayfare_started = time.perf_counter()
            self.wayfare_init = self.wayfare_started - began

    def timed_record(self: Any, *result: Any) -> Any:
        answered = time.perf_counter()
        if not self._response_ready.is_set():
            self.wayfare_answered = answered
        return record(self, *result)

    worker.invoke, worker._spawn, worker._record_result = timed_invoke, timed_spawn, timed_record  # noqa: SLF001


def _milliseconds(seconds: float) -> int:
    return max(1, math.ceil(seconds * 1000))


def count_table_units(tally: Tally) -> None:
    """Every call of DynamoDB's API, from the request, its outcome, and the items before and after."""
    table_meter.hook(partial(tally.add, asked=True))


def count_transitions(tally: Tally) -> None:
    """Each state that an execution enters, and each retry of one. States inside Map or Parallel are not seen: `unmetered`."""
    machines: Any = import_module("ministack.services.stepfunctions")
    note, branch = require(machines, "_add_event"), require(machines, "_run_sub_machine")

    def noted(execution: dict[str, Any], kind: str, details: Any = None) -> Any:
        machine = execution["stateMachineArn"].rsplit(":", 1)[-1]
        if kind.endswith("StateEntered"):
            execution["wayfare_tries"] = 0
            tally.add("transitions", machine, details["stateEnteredEventDetails"]["name"], 1)
        elif kind == "TaskScheduled":
            execution["wayfare_tries"] += 1
            if execution["wayfare_tries"] > 1:
                tally.add("transitions", machine, "retry", 1)
        return note(execution, kind, details)

    def branched(states: Any, start: str, data: Any, execution: dict[str, Any], context: Any) -> Any:
        tally.add("unmetered", execution["stateMachineArn"].rsplit(":", 1)[-1], "states of a branch", 1)
        return branch(states, start, data, execution, context)

    machines._add_event, machines._run_sub_machine = noted, branched  # noqa: SLF001


def count_log_bytes(tally: Tally) -> None:
    """Bytes of every line that reaches a log group, Lambda's own START, END and REPORT among them."""
    logs: Any = import_module("ministack.services.cloudwatch_logs")
    forward = require(logs, "_fanout_to_subscription_filters")

    def forwarded(group: str, stream: str, lines: list[dict[str, Any]]) -> Any:
        tally.add("log_bytes", group, "lines", sum(len(line["message"].encode()) for line in lines))
        return forward(group, stream, lines)

    logs._fanout_to_subscription_filters = forwarded  # noqa: SLF001


def serve(tally: Tally) -> None:
    """Answer `PATH`, and remember of every other request whether an operator sent it."""
    server: Any = import_module("ministack.app")
    stock: Application = require(server, "app")

    async def application(scope: Scope, receive: Callable[[], Any], send: Callable[[Any], Any]) -> None:
        if scope["type"] != "http":
            await stock(scope, receive, send)
        elif scope["path"] == PATH:
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": tally.told()})
        else:
            signed = dict(scope["headers"]).get(b"authorization", b"")
            _operator.set(f"Credential={TEMPORARY_KEY}".encode() not in signed)
            await stock(scope, receive, send)

    server.app = application
