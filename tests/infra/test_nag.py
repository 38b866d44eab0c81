"""cdk-nag has the last word: what it finds and nobody gave a reason for fails the synth."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from aws_cdk import App
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct, IConstruct

from infra.app import build
from infra.catalog import CATALOG
from infra.stages import PROD
from infra.synth import synth

STACK = "wayfare-prod-hotel"


def cfn(app: App, path: str) -> IConstruct:
    """The resource at a path inside hotel's stack."""
    found = app.node.find_child(STACK)
    for part in path.split("/"):
        found = found.node.find_child(part)
    return found


def open_role(app: App) -> None:
    role = cfn(app, "Book/Role")
    assert isinstance(role, iam.Role)
    role.add_to_policy(iam.PolicyStatement(actions=["dynamodb:*"], resources=["*"]))


def old_runtime(app: App) -> None:
    function = cfn(app, "Book/Function/Resource")
    assert isinstance(function, lambda_.CfnFunction)
    function.runtime = "python3.12"


def no_dead_letters(app: App) -> None:
    rule = cfn(app, "BookInbox/Rule-request")
    assert isinstance(rule, events.CfnRule)
    rule.targets = [events.CfnRule.TargetProperty(id="x", arn="arn:aws:sqs:eu-west-1:1:x")]


def plain_queue(app: App) -> None:
    inbox = cfn(app, "BookInbox")
    assert isinstance(inbox, Construct)
    sqs.Queue(inbox, "Another")


def no_restore(app: App) -> None:
    table = cfn(app, "Records/Resource")
    assert isinstance(table, dynamodb.CfnTable)
    table.point_in_time_recovery_specification = None


@pytest.mark.parametrize(
    ("break_it", "rule"),
    [
        (open_role, "AwsSolutions-IAM5[Action::dynamodb:*]"),
        (old_runtime, "AwsSolutions-L1"),
        (no_dead_letters, "Serverless-EventBusDLQ"),
        (plain_queue, "AwsSolutions-SQS4"),
        (no_restore, "AwsSolutions-DDB3"),
    ],
    ids=lambda value: value.__name__ if callable(value) else None,
)
def test_a_weakness_fails_the_synth(
    break_it: Callable[[App], None], rule: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Each by its own rule; the acknowledged findings of the same resources do not hide it."""
    app = App(outdir=str(tmp_path), analytics_reporting=False)
    build(app, PROD, CATALOG, ["hotel"])
    break_it(app)
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    assert rule in (tmp_path / "validation-report.json").read_text()
    capfd.readouterr()


def test_no_finding_is_left_in_any_stage(stage_name: str) -> None:
    """A synth that ends at all has passed both packs; its report agrees."""
    report = json.loads((synth(stage_name) / "validation-report.json").read_text())
    assert [plugin for plugin in report["pluginReports"] if plugin.get("violations")] == []
