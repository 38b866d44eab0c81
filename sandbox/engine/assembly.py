"""Reading what a CDK synth wrote: which stacks there are, and which files each of them needs."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from sandbox.engine.clients import ACCOUNT, REGION

Json = Mapping[str, Any]


class AssemblyError(Exception):
    """The folder is not a cloud assembly that can be deployed here."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that a stack needs in a bucket before it can be deployed."""

    bucket: str
    key: str
    source: Path
    zipped: bool
    """True: the source is a folder, to be uploaded as a zip."""


@dataclass(frozen=True, slots=True)
class StackArtifact:
    """One synthesised stack."""

    name: str
    template_url: str
    assets: tuple[Asset, ...]
    tags: Mapping[str, str]
    parameters: Mapping[str, str]
    protected: bool
    """True: the stack may not be deleted until its termination protection is taken off."""


def read(folder: Path) -> dict[str, StackArtifact]:
    """The stacks of the assembly by name, each after those it depends on. Raises AssemblyError."""
    try:
        artifacts: Json = json.loads((folder / "manifest.json").read_text())["artifacts"]
    except FileNotFoundError:
        raise AssemblyError(f"{folder} holds no synthesised stacks (no manifest.json)") from None
    order = TopologicalSorter({name: one.get("dependencies", ()) for name, one in artifacts.items()})
    stacks = (
        _stack(folder, artifacts, name)
        for name in order.static_order()
        if artifacts[name]["type"] == "aws:cloudformation:stack"
    )
    return {stack.name: stack for stack in stacks}


def _stack(folder: Path, artifacts: Json, name: str) -> StackArtifact:
    properties = artifacts[name]["properties"]
    manifests = (
        artifacts[other]["properties"]["file"]
        for other in artifacts[name].get("dependencies", ())
        if artifacts[other]["type"] == "cdk:asset-manifest"
    )
    return StackArtifact(
        name=properties.get("stackName", name),
        template_url=_https(_here(properties["stackTemplateAssetObjectUrl"])),
        assets=tuple(asset for file in manifests for asset in _assets(folder, file)),
        tags=properties.get("tags", {}),
        parameters=properties.get("parameters", {}),
        protected=properties.get("terminationProtection", False),
    )


def _assets(folder: Path, manifest: str) -> Iterator[Asset]:
    for file in json.loads((folder / manifest).read_text()).get("files", {}).values():
        source = file["source"]
        for destination in file["destinations"].values():
            yield Asset(
                bucket=_here(destination["bucketName"]),
                key=_here(destination["objectKey"]),
                source=folder / source["path"],
                zipped=source["packaging"] == "zip",
            )


def _here(text: str) -> str:
    """Fill in the placeholders of a stack that does not name its account and region."""
    for name, value in (("AccountId", ACCOUNT), ("Region", REGION), ("Partition", "aws")):
        text = text.replace(f"${{AWS::{name}}}", value)
    return text


def _https(url: str) -> str:
    """CloudFormation wants `s3://bucket/key` as https; the engine resolves it inside."""
    return url.replace("s3://", f"https://s3.{REGION}.amazonaws.com/", 1)
