"""What the templates of a stage hold, by the names that it will have; references within a stack are followed."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from infra.templates import Template, Templates, plain

Properties = Mapping[str, Any]

QUEUE, FUNCTION, RULE = "AWS::SQS::Queue", "AWS::Lambda::Function", "AWS::Events::Rule"
MAPPING, ALARM = "AWS::Lambda::EventSourceMapping", "AWS::CloudWatch::Alarm"
MACHINE = "AWS::StepFunctions::StateMachine"
NAMES: Mapping[str, str] = {
    QUEUE: "QueueName",
    FUNCTION: "FunctionName",
    RULE: "Name",
    ALARM: "AlarmName",
    MACHINE: "StateMachineName",
}
"""The property that names a resource of each type."""


class Synthesised(NamedTuple):
    """Queues, functions, rules and machines by name; which function reads which queue; what each alarm watches."""

    queues: Mapping[str, Properties]
    functions: Mapping[str, Properties]
    rules: Mapping[str, Properties]
    machines: Mapping[str, Properties]
    readers: frozenset[tuple[str, str]]
    watched: frozenset[tuple[str, str]]
    """Metrics, and the names of what they are of."""


def synthesised(templates: Templates) -> Synthesised:
    """Read all templates of a stage."""
    every = [found for template in templates.values() for found in _resources(template)]

    def named(kind: str) -> dict[str, Properties]:
        return {plain(properties[NAMES[kind]]): properties for type_, properties in every if type_ == kind}

    mappings = [properties for kind, properties in every if kind == MAPPING]
    return Synthesised(
        queues=named(QUEUE),
        functions=named(FUNCTION),
        rules=named(RULE),
        machines=named(MACHINE),
        readers=frozenset((name_of(it["EventSourceArn"]), name_of(it["FunctionName"])) for it in mappings),
        watched=frozenset(
            (alarm["MetricName"], name_of(dimension["Value"]))
            for alarm in named(ALARM).values()
            for dimension in alarm["Dimensions"]
        ),
    )


def name_of(reference: Any) -> str:
    """The name at the end of an ARN; of a reference to what is not there, its id in angle brackets; of nothing, ""."""
    return plain(reference or "").rpartition(":")[2]


def _resources(template: Template) -> Iterator[tuple[str, Properties]]:
    resources = template.all()
    names = {it.id: it.properties[NAMES[it.type]] for it in resources if NAMES.get(it.type, "") in it.properties}
    for it in resources:
        yield it.type, _followed(it.properties, names)


def _followed(value: Any, names: Mapping[str, Any]) -> Any:
    """A value with the names of the stack's own resources in place of references to them."""
    match value:
        case {"Ref": str(id_)} | {"Fn::GetAtt": [str(id_), _]} if id_ in names:
            return names[id_]
        case dict():
            return {key: _followed(inner, names) for key, inner in value.items()}
        case list():
            return [_followed(inner, names) for inner in value]
    return value
