"""Reading synthesised templates: resources by type, references made readable."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Resource:
    """One resource of a template."""

    id: str
    type: str
    body: dict[str, Any]

    @property
    def properties(self) -> dict[str, Any]:
        """Its properties; references to other resources stay as CloudFormation writes them."""
        properties: dict[str, Any] = self.body.get("Properties", {})
        return properties


@dataclass(frozen=True)
class Template:
    """The template of one stack."""

    stack: str
    text: str

    @property
    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.text)
        return body

    def all(self, kind: str | None = None) -> list[Resource]:
        """The resources of a type, or all there are."""
        every = self.body["Resources"].items()
        return [Resource(name, each["Type"], each) for name, each in every if kind in (None, each["Type"])]

    def queue(self, logical_id: str) -> dict[str, Any]:
        """The properties of the queue with that logical id."""
        (found,) = [queue for queue in self.all("AWS::SQS::Queue") if queue.id == logical_id]
        return found.properties

    def types(self) -> set[str]:
        return {resource.type for resource in self.all()}


Templates = dict[str, Template]


def read(assembly: Path) -> Templates:
    """Every stack's template in a cloud assembly, by stack name."""
    found = sorted(assembly.glob("*.template.json"))
    names = [path.name.removesuffix(".template.json") for path in found]
    return {name: Template(name, path.read_text()) for name, path in zip(names, found, strict=True)}


def plain(value: Any) -> str:
    """An ARN or text with its pseudo parameters written as `<Region>`; a reference as `<id>`. Raises ValueError."""
    match value:
        case str():
            return value
        case {"Fn::Join": [glue, parts]}:
            return str(glue).join(plain(part) for part in parts)
        case {"Ref": name}:
            return f"<{name.removeprefix('AWS::')}>"
        case {"Fn::GetAtt": [name, _]}:
            return f"<{name}>"
    raise ValueError(f"cannot read {value}")
