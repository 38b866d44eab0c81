"""The orchestrator's stack: the machine as it is deployed, and a stage that does without."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App

from infra import orchestrator
from infra.app import build
from infra.asl import InvalidMachine
from infra.catalog import CATALOG
from infra.machine import INVOKE, SEND, definition
from infra.stages import LOCAL, named
from tests.infra.templates import Template, Templates, plain, strings

MACHINE = "AWS::StepFunctions::StateMachine"


def machine(templates: list[Template]) -> dict[str, Any]:
    """The properties of the stage's one machine."""
    (found,) = [machine for template in templates for machine in template.all(MACHINE)]
    return found.properties


def test_the_machine_is_standard_traced_and_logged_without_the_trips_content(templates: list[Template]) -> None:
    """Express would start one trip twice; who flies where is no business of a log."""
    properties = machine(templates)
    assert properties["StateMachineType"] == "STANDARD"
    assert properties["TracingConfiguration"] == {"Enabled": True}
    logging = properties["LoggingConfiguration"]
    assert (logging["Level"], logging["IncludeExecutionData"]) == ("ALL", False)


def test_its_history_is_logged_where_aws_lets_services_write(stage_name: str, templates: list[Template]) -> None:
    """Under /aws/vendedlogs, with a retention, and gone with the stack: nothing keeps it from being deployed again."""
    (stack,) = [template for template in templates if template.stack.endswith("-orchestrator")]
    groups = {group.properties["LogGroupName"]: group for group in stack.all("AWS::Logs::LogGroup")}
    history = groups[f"/aws/vendedlogs/states/wayfare-{stage_name}-orchestrator"]
    assert history.properties["RetentionInDays"] == named(stage_name).log_retention_days
    assert history.body["DeletionPolicy"] == "Delete"
    (destination,) = machine(templates)["LoggingConfiguration"]["Destinations"]
    assert destination["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"] == [history.id, "Arn"]


def test_the_deployed_definition_is_the_catalogues(stage_name: str, templates: list[Template]) -> None:
    """To the letter; functions by name, queues by their URL."""
    text = plain(machine(templates)["DefinitionString"])
    stage = f"wayfare-{stage_name}"
    account, region = ("000000000000", "us-east-1") if stage_name == "local" else ("<AccountId>", "<Region>")
    suffix = "amazonaws.com" if "<URLSuffix>" not in text else "<URLSuffix>"
    meant = definition(
        CATALOG,
        lambda leg: f"{stage}-{leg}-task",
        lambda leg: f"https://sqs.{region}.{suffix}/{account}/{stage}-{leg}-compensate",
    )
    assert json.loads(text) == meant


def test_every_function_that_it_calls_is_deployed(templates: list[Template]) -> None:
    """And every queue that it hands over to."""
    states = json.loads(plain(machine(templates)["DefinitionString"]))["States"].values()
    arguments = {kind: [s["Arguments"] for s in states if s.get("Resource") == kind] for kind in (INVOKE, SEND)}
    functions = {each.properties["FunctionName"] for stack in templates for each in stack.all("AWS::Lambda::Function")}
    queues = {each.properties["QueueName"] for stack in templates for each in stack.all("AWS::SQS::Queue")}
    assert {each["FunctionName"] for each in arguments[INVOKE]} <= functions
    assert {each["QueueUrl"].rpartition("/")[2] for each in arguments[SEND]} <= queues


def test_no_other_stack_knows_of_it(templates: list[Template]) -> None:
    """So it can be removed alone: no role, setting, rule or alarm elsewhere names it, but for who may answer requests."""
    for template in templates:
        if not template.stack.endswith("-orchestrator"):
            named_in = {text for text in strings(template.body["Resources"]) if "orchestrator" in text}
            assert named_in <= {"travel.orchestrator"}, template.stack
            assert MACHINE not in template.types()


def test_a_stage_without_an_orchestrator_has_no_such_stack(without: Templates, local: Templates) -> None:
    """And differs in nothing but the quarantine, which shows the requests that it cannot book."""
    assert set(local) - set(without) == {"wayfare-local-orchestrator"}
    for stack, template in without.items():
        if not stack.endswith("-platform"):
            assert template.body["Resources"] == local[stack].body["Resources"], stack
    rules = [rule.properties for rule in without["wayfare-local-platform"].all("AWS::Events::Rule")]
    (shown,) = [rule for rule in rules if rule["Name"].endswith("-no-orchestrator")]
    assert shown["EventPattern"]["detail"] == {"mode": ["orchestration"]}
    assert not any("no-orchestrator" in template.text for template in local.values())


def test_a_stage_without_an_orchestrator_does_not_know_the_service(tmp_path: Path) -> None:
    """Asked for, it is named as unknown."""
    app = App(outdir=str(tmp_path), analytics_reporting=False)
    with pytest.raises(ValueError, match="no service orchestrator"):
        build(app, replace(LOCAL, orchestrator=False), CATALOG, ["orchestrator"])


def test_a_machine_that_breaks_a_rule_of_the_language_is_not_synthesised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It fails here, with the state's name, and not on AWS."""
    monkeypatch.setattr(orchestrator, "definition", _broken)
    with pytest.raises(InvalidMachine, match="Book hotel: 'Nowhere' is no state"):
        build(App(outdir=str(tmp_path), analytics_reporting=False), LOCAL, CATALOG, ["orchestrator"])


def _broken(*arguments: Any) -> dict[str, Any]:
    made = definition(*arguments)
    made["States"]["Book hotel"]["Next"] = "Nowhere"
    return made
