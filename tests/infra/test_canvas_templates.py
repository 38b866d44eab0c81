"""The canvas lints what would be deployed: whatever is taken from the templates is named."""

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from examples.records.deploy.catalog import RECORDS_CATALOG
from infra.canvas.deployed import lint_templates
from infra.canvas.design import Design, design_of
from infra.canvas.synthesised import synthesised
from infra.catalog import CATALOG, Catalog
from infra.stages import LOCAL, named
from infra.synth import synth
from infra.templates import Template, Templates, plain, read

SAGAS = {"trip": CATALOG, "records": RECORDS_CATALOG}
CASES = [(saga, stage) for saga in SAGAS for stage in ("local", "local-reverse")]


@cache
def templates_of(catalog: Catalog, stage: str) -> Templates:
    return read(synth(stage, catalog.templates))


def a_stage(saga: str, stage: str) -> tuple[Design, Templates]:
    """A saga's design, and its templates."""
    catalog = SAGAS[saga]
    return design_of(catalog, named(stage, catalog.saga)), templates_of(catalog, stage)


def damaged(templates: Templates) -> Iterator[tuple[str, str, Templates]]:
    """Each thing that templates can lose: what it is, what must be named then, and what is left."""
    for name, template in templates.items():
        for id_, resource in template.body["Resources"].items():
            for what, named_then, path in _parts(resource["Type"], resource.get("Properties", {})):
                yield what, named_then, {**templates, name: _less(template, ("Resources", id_, *path))}


def _parts(kind: str, properties: dict[str, Any]) -> Iterator[tuple[str, str, tuple[str | int, ...]]]:
    """A resource as a whole, and what in it keeps messages from being lost: its name, and the way to it."""
    match kind:
        case "AWS::SQS::Queue":
            yield "queue", properties["QueueName"], ()
            if "RedrivePolicy" in properties:
                yield "redrive policy", properties["QueueName"], ("Properties", "RedrivePolicy")
        case "AWS::Events::Rule":
            yield "rule", properties["Name"], ()
            yield "targets", properties["Name"], ("Properties", "Targets")
            yield "target's dead letters", properties["Name"], ("Properties", "Targets", 0, "DeadLetterConfig")
            if "EventPattern" in properties:
                yield "pattern", properties["Name"], ("Properties", "EventPattern")
        case "AWS::Lambda::Function" if "FunctionName" in properties:
            yield "function", properties["FunctionName"], ()
            yield "handler", properties["FunctionName"], ("Properties", "Handler")
        case "AWS::Lambda::EventSourceMapping":
            yield "mapping", "", ()
        case "AWS::CloudWatch::Alarm" if properties["AlarmName"].endswith("-dlq-ApproximateNumberOfMessagesVisible"):
            yield "alarm", plain(properties["Dimensions"][0]["Value"]), ()
        case "AWS::StepFunctions::StateMachine":
            yield "machine", properties["StateMachineName"], ()


def _less(template: Template, path: tuple[str | int, ...]) -> Template:
    """A template without what the path leads to."""
    body: Any = deepcopy(template.body)
    at = body
    for step in path[:-1]:
        at = at[step]
    del at[path[-1]]
    return Template(template.stack, json.dumps(body))


def _each_is_named(design: Design, templates: Templates) -> None:
    seen = set()
    for what, name, rest in damaged(templates):
        findings = lint_templates(design, rest)
        assert any(name in it.where for it in findings), (what, name, findings)
        assert what != "mapping" or {it.kind for it in findings} == {"not-read"}
        seen.add(what)
    assert {"queue", "redrive policy", "rule", "target's dead letters", "alarm", "mapping", "function"} <= seen


@pytest.mark.parametrize(("saga", "stage"), CASES)
def test_templates_as_they_are_have_no_finding(saga: str, stage: str) -> None:
    """And they are read: the lint has queues, rules, readers and alarms to look at."""
    design, templates = a_stage(saga, stage)
    assert lint_templates(design, templates) == []
    found = synthesised(templates)
    assert len(found.queues) == 2 * len(design.queues)
    assert len(found.rules) == len(design.rules) + 1  # the schedule
    assert len(found.readers) == len(design.queues) - 1  # nobody but a person reads the quarantine


@pytest.mark.parametrize(("saga", "stage"), CASES)
def test_whatever_is_taken_from_the_templates_is_named(saga: str, stage: str) -> None:
    """Each queue, dead-letter queue, redrive policy, rule, target, alarm, mapping, function and machine, one at a time."""
    design, templates = a_stage(saga, stage)
    _each_is_named(design, templates)


def test_so_it_is_without_an_orchestrator(without: Templates) -> None:
    design = design_of(CATALOG, replace(LOCAL, orchestrator=False))
    assert lint_templates(design, without) == []
    _each_is_named(design, without)


def test_what_nobody_means_to_have_is_named() -> None:
    """A rule or a queue that is in the templates alone."""
    design, templates = a_stage("trip", "local")
    fewer = replace(
        design, rules=design.rules[1:], units={place: it for place, it in design.units.items() if it.role != "watch"}
    )
    strays = {it.where for it in lint_templates(fewer, templates) if it.kind == "stray"}
    assert strays == {
        "wayfare-local-platform-quarantine-unknown-type",
        "wayfare-local-trip-watch",
        "wayfare-local-trip-watch-dlq",
    }


def test_a_machine_that_is_synthesised_otherwise_is_named() -> None:
    """It is linted as it stands in the template."""
    design, templates = a_stage("trip", "local")
    stack = templates["wayfare-local-orchestrator"]
    wrong = stack.text.replace("wayfare-local-flight-task", "wayfare-local-hotel-task")
    findings = lint_templates(design, {**templates, stack.stack: Template(stack.stack, wrong)})
    assert {("machine", "flight task")} <= {(it.kind, it.where) for it in findings}
