"""A cloud assembly written by hand: bus -> rule -> queue -> function -> table, and a function to ask things.

It stands in for the synthesised one, so that the engine is tested without the CDK.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from sandbox.engine import toolkit
from sandbox.engine.clients import ACCOUNT, REGION

BUS, QUEUE, TABLE, OTHER_TABLE = "chain", "chain-orders", "chain-orders", "chain-others"
CONSUME, ASK, PUBLISHER = "chain-consume", "chain-ask", "chain-publisher"
LOG_GROUP = "/chain/ask"
STACK = "chain"

BOOTSTRAP = dedent(
    """\
    #!/bin/sh
    export PYTHONPATH="$LAMBDA_TASK_ROOT"
    exec python3 -m "${LAMBDA_RUNTIME_CLIENT:-awslambdaric}" "$_HANDLER"
    """
)

APP = dedent(
    '''\
    """Handlers of the chain."""
    import json, os
    from importlib.util import find_spec

    import boto3
    from botocore.exceptions import ClientError

    tables = boto3.resource("dynamodb")


    class SoldOut(Exception):
        pass


    def consume(event, context):
        failed = []
        for record in event["Records"]:
            order = json.loads(record["body"])["detail"]["order"]
            if order.startswith("bad"):
                failed.append({"itemIdentifier": record["messageId"]})
            else:
                tables.Table(os.environ["TABLE"]).update_item(
                    Key={"pk": order}, UpdateExpression="ADD seen :one",
                    ExpressionAttributeValues={":one": 1})
        return {"batchItemFailures": failed}


    def ask(event, context):
        return globals()[event.pop("do")](context, **event)


    def fail(context, message):
        raise SoldOut(message)


    def describe(context):
        return {
            "pid": os.getpid(), "environment": dict(os.environ), "request": context.aws_request_id,
            "function": context.function_name, "arn": context.invoked_function_arn,
            "left": context.get_remaining_time_in_millis()}


    def importable(context, modules):
        return [module for module in modules if find_spec(module)]


    def write(context, table):
        try:
            tables.Table(table).put_item(Item={"pk": "x"})
        except ClientError as error:
            return error.response["Error"]["Code"]
        return "written"


    def say(context, words):
        print(words)
    '''
)


def write_assembly(folder: Path, **stacks: Mapping[str, Any]) -> Path:
    """A cloud assembly with these stacks (name -> resources), as `cdk synth` would write it."""
    folder.mkdir(parents=True, exist_ok=True)
    artifacts: dict[str, Any] = {}
    for name, resources in stacks.items():
        template = json.dumps({"Resources": resources})
        (folder / f"{name}.template.json").write_text(template)
        key = f"{hashlib.sha256(template.encode()).hexdigest()}.json"
        files = [_file(f"{name}.template.json", "file", key), *_code_of(folder, resources)]
        manifest = {"files": {str(number): file for number, file in enumerate(files)}}
        (folder / f"{name}.assets.json").write_text(json.dumps(manifest))
        artifacts[f"{name}.assets"] = {
            "type": "cdk:asset-manifest",
            "properties": {"file": f"{name}.assets.json"},
        }
        artifacts[name] = {
            "type": "aws:cloudformation:stack",
            "properties": {"stackTemplateAssetObjectUrl": f"s3://{BUCKET}/{key}"},
            "dependencies": [f"{name}.assets"],
        }
    (folder / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    return folder


BUCKET = "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"
CODE_KEY = f"{hashlib.sha256((BOOTSTRAP + APP).encode()).hexdigest()}.zip"
CODE = {"S3Bucket": toolkit.BUCKET, "S3Key": CODE_KEY}


def _code_of(folder: Path, resources: Mapping[str, Any]) -> list[dict[str, Any]]:
    if CODE_KEY not in json.dumps(resources):
        return []
    code = folder / "code"
    code.mkdir(exist_ok=True)
    (code / "bootstrap").write_text(BOOTSTRAP)
    (code / "bootstrap").chmod(0o755)
    (code / "app.py").write_text(APP)
    return [_file("code", "zip", CODE_KEY)]


def _file(path: str, packaging: str, key: str) -> dict[str, Any]:
    destination = {"bucketName": BUCKET, "objectKey": key}
    return {
        "source": {"path": path, "packaging": packaging},
        "destinations": {"here": destination},
    }


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def grant(service: str, actions: str, resource: str, **more: Any) -> dict[str, Any]:
    """One Allow of a role's policy."""
    allowed = [f"{service}:{action}" for action in actions.split()]
    return {"Effect": "Allow", "Action": allowed, "Resource": arn(service, resource), **more}


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def _table(name: str) -> dict[str, Any]:
    return _resource(
        "DynamoDB::Table",
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
    )


def _role(principal: Mapping[str, str], *statements: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return _resource(
        "IAM::Role",
        AssumeRolePolicyDocument={"Version": "2012-10-17", "Statement": [trust]},
        Policies=[{"PolicyName": "own", "PolicyDocument": policy}],
        **more,
    )


def _function(name: str, handler: str, **more: Any) -> dict[str, Any]:
    return _resource(
        "Lambda::Function",
        FunctionName=name,
        Runtime="provided.al2023",
        Handler=handler,
        Code=CODE,
        Role={"Fn::GetAtt": ["Role", "Arn"]},
        Timeout=20,
        Environment={"Variables": {"TABLE": TABLE}},
        **more,
    )


ONLY_TLS = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "sqs:*",
    "Resource": arn("sqs", QUEUE),
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}

ONLY_HOTEL = {"StringEquals": {"events:source": "travel.hotel"}}

CHAIN: dict[str, Any] = {
    "Bus": _resource("Events::EventBus", Name=BUS),
    "Queue": _resource("SQS::Queue", QueueName=QUEUE, VisibilityTimeout=120),
    "QueuePolicy": _resource(
        "SQS::QueuePolicy",
        Queues=[{"Ref": "Queue"}],
        PolicyDocument={"Version": "2012-10-17", "Statement": [ONLY_TLS]},
    ),
    "Rule": _resource(
        "Events::Rule",
        EventBusName={"Ref": "Bus"},
        EventPattern={"source": ["shop"]},
        Targets=[{"Id": "queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}],
    ),
    "Table": _table(TABLE),
    "OtherTable": _table(OTHER_TABLE),
    "Role": _role(
        {"Service": "lambda.amazonaws.com"},
        grant("dynamodb", "PutItem UpdateItem", f"table/{TABLE}"),
        grant("sqs", "ReceiveMessage DeleteMessage GetQueueAttributes", QUEUE),
        grant("logs", "CreateLogStream PutLogEvents", "log-group:/chain/*"),
    ),
    "Publisher": _role(
        {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
        grant("events", "PutEvents", f"event-bus/{BUS}", Condition=ONLY_HOTEL),
        RoleName=PUBLISHER,
    ),
    "LogGroup": _resource("Logs::LogGroup", LogGroupName=LOG_GROUP),
    "Consume": _function(CONSUME, "app.consume"),
    "Ask": _function(ASK, "app.ask", LoggingConfig={"LogGroup": {"Ref": "LogGroup"}}),
    "Mapping": _resource(
        "Lambda::EventSourceMapping",
        EventSourceArn={"Fn::GetAtt": ["Queue", "Arn"]},
        FunctionName={"Ref": "Consume"},
        BatchSize=10,
        FunctionResponseTypes=["ReportBatchItemFailures"],
    ),
}
