"""The yardstick: three hops over the same engine whose handlers do nothing but pass a batch on."""

import io
import json
import zipfile
from typing import Any, Final

from infra.packaging import BOOTSTRAP
from sandbox.engine.engine import Engine
from sandbox.engine.queues import depth

HOPS: Final = 3
NAME: Final = "empty"

HANDLER: Final = """
import json, os
import boto3

events = boto3.client("events")


def handle(event, context):
    if step := os.environ["NEXT"]:
        entries = [
            {"EventBusName": os.environ["BUS"], "Source": "empty", "DetailType": step,
             "Detail": json.dumps(json.loads(record["body"])["detail"])}
            for record in event["Records"]
        ]
        events.put_events(Entries=entries)
    return {"batchItemFailures": []}
"""


class EmptyChain:
    """Bus, rule, queue, function, three times over."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._client = engine.clients.client
        self._role = self._make_role()
        self._client("events").create_event_bus(Name=NAME)
        for hop in range(1, HOPS + 1):
            self._make_hop(hop)

    def put(self, details: list[dict[str, Any]]) -> None:
        """Start one run for each detail; ten to a call."""
        for start in range(0, len(details), 10):
            entries: Any = [
                {"EventBusName": NAME, "Source": "empty", "DetailType": "hop-1", "Detail": json.dumps(detail)}
                for detail in details[start : start + 10]
            ]
            self._client("events").put_events(Entries=entries)

    def at_rest(self) -> bool:
        """Whether every message went all the way."""
        return not any(depth(self._engine, f"{NAME}-{hop}") for hop in range(1, HOPS + 1))

    def _make_role(self) -> str:
        trust = {
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ]
        }
        may = {"Statement": [{"Effect": "Allow", "Action": "events:PutEvents", "Resource": "*"}]}
        iam = self._client("iam")
        role: str = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName=NAME, PolicyName="put", PolicyDocument=json.dumps(may))
        return role

    def _make_hop(self, hop: int) -> None:
        name, step = f"{NAME}-{hop}", f"hop-{hop}"
        sqs, events, functions = self._client("sqs"), self._client("events"), self._client("lambda")
        url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "90"})["QueueUrl"]
        queue = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = json.dumps({"source": ["empty"], "detail-type": [step]})
        events.put_rule(Name=name, EventBusName=NAME, EventPattern=pattern)
        events.put_targets(Rule=name, EventBusName=NAME, Targets=[{"Id": "queue", "Arn": queue}])
        functions.create_function(
            FunctionName=name,
            Runtime="provided.al2023",
            Handler="app.handle",
            Role=self._role,
            Code={"ZipFile": _zip()},
            Timeout=15,
            MemorySize=512,
            Environment={"Variables": {"BUS": NAME, "NEXT": f"hop-{hop + 1}" if hop < HOPS else ""}},
        )
        functions.create_event_source_mapping(
            EventSourceArn=queue, FunctionName=name, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"]
        )


def _zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text, mode in (("bootstrap", BOOTSTRAP, 0o755), ("app.py", HANDLER, 0o644)):
            entry = zipfile.ZipInfo(name)
            entry.external_attr = mode << 16
            archive.writestr(entry, text)
    return content.getvalue()
