"""Deploying synthesised stacks on the local engine as `cdk deploy` would, without Node.

Per stack: its assets into their bucket, its template by URL, create or update, wait.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from sandbox.engine import assembly, assets, toolkit
from sandbox.engine.assembly import StackArtifact
from sandbox.engine.clients import Clients

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import StackTypeDef

Change = Literal["created", "updated", "unchanged"]

_USELESS = ("ROLLBACK_COMPLETE", "CREATE_FAILED", "DELETE_FAILED")
"""A stack in one of these can only be deleted."""


class DeployError(Exception):
    """A stack was refused, failed or did not finish. The message names the resource and the reason."""


@dataclass(frozen=True, slots=True)
class StackChange:
    """What a deployment did to one stack."""

    stack: str
    change: Change
    seconds: float


@dataclass(frozen=True, slots=True)
class Deployer:
    """Deploys to and destroys on the engine that its clients speak to."""

    clients: Clients
    patience: float = 60.0
    """Seconds a stack may take."""

    def bootstrap(self) -> None:
        """Prepare the account for templates and for the CDK command, once; `deploy` does it too."""
        if self._describe(toolkit.STACK) is None:
            self._cloudformation.create_stack(StackName=toolkit.STACK, TemplateBody=json.dumps(toolkit.TEMPLATE))
            self._settle(toolkit.STACK, toolkit.STACK, "CREATE_COMPLETE")

    def deploy(
        self,
        folder: Path,
        stacks: Iterable[str] | None = None,
        report: Callable[[StackChange], None] = lambda _: None,
    ) -> tuple[StackChange, ...]:
        """Deploy stacks of a cloud assembly, in the order given; None is all, dependencies first.

        `report` hears of each stack when it is done. Raises DeployError or AssemblyError; the stacks
        before the failed one stay deployed.
        """
        found = assembly.read(folder)
        wanted = list(found if stacks is None else stacks)
        if unknown := [name for name in wanted if name not in found]:
            raise assembly.AssemblyError(
                f"no stack named {', '.join(unknown)} in {folder}; there are {', '.join(found)}"
            )
        self.bootstrap()
        changes = []
        for name in wanted:
            changes.append(self._deploy_one(found[name]))
            report(changes[-1])
        return tuple(changes)

    def destroy(self, stack: str) -> bool:
        """Delete a stack with everything in it; False if there was none. Raises DeployError."""
        current = self._describe(stack)
        if current is None:
            return False
        try:
            self._cloudformation.delete_stack(StackName=stack)
        except ClientError as error:
            raise DeployError(f"stack {stack} cannot be destroyed: {_message(error)}") from error
        # By its id, since a deleted stack has no name any more.
        self._settle(stack, current["StackId"], "DELETE_COMPLETE")
        return True

    def stacks(self) -> tuple[str, ...]:
        """The names of all deployed stacks."""
        pages = self._cloudformation.get_paginator("describe_stacks").paginate()
        return tuple(sorted(stack["StackName"] for page in pages for stack in page["Stacks"]))

    @property
    def _cloudformation(self) -> "CloudFormationClient":
        return self.clients.client("cloudformation")

    def _deploy_one(self, stack: StackArtifact) -> StackChange:
        started = time.monotonic()
        for asset in stack.assets:
            assets.upload(self.clients, asset)
        change = self._create_or_update(stack)
        self._cloudformation.update_termination_protection(
            StackName=stack.name, EnableTerminationProtection=stack.protected
        )
        return StackChange(stack.name, change, time.monotonic() - started)

    def _create_or_update(self, stack: StackArtifact) -> Change:
        current = self._describe(stack.name)
        if current is not None and current["StackStatus"] in _USELESS:
            self.destroy(stack.name)
            current = None
        request: Any = {
            "StackName": stack.name,
            "TemplateURL": stack.template_url,
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
            "Parameters": _pairs("Parameter", stack.parameters),
            "Tags": [{"Key": key, "Value": value} for key, value in stack.tags.items()],
        }
        try:
            if current is None:
                self._cloudformation.create_stack(**request)
            else:
                self._cloudformation.update_stack(**request)
        except ClientError as error:
            if "No updates are to be performed" in _message(error):
                return "unchanged"
            raise DeployError(f"stack {stack.name} was refused: {_message(error)}") from error
        if current is None:
            self._settle(stack.name, stack.name, "CREATE_COMPLETE")
            return "created"
        self._settle(stack.name, stack.name, "UPDATE_COMPLETE")
        return "updated"

    def _settle(self, stack: str, name_or_id: str, wanted: str) -> None:
        """Wait until nothing is in progress. Raises DeployError unless the stack ends as wanted."""
        deadline = time.monotonic() + self.patience
        while (status := self._status(name_or_id)).endswith("_IN_PROGRESS"):
            if time.monotonic() > deadline:
                raise DeployError(f"stack {stack} is still {status} after {self.patience:g} s")
            time.sleep(0.05)
        if status != wanted:
            raise DeployError(f"stack {stack} ended as {status}: {self._first_failure(name_or_id)}")

    def _status(self, name_or_id: str) -> str:
        stack = self._describe(name_or_id)
        return "DELETE_COMPLETE" if stack is None else stack["StackStatus"]

    def _describe(self, name_or_id: str) -> "StackTypeDef | None":
        try:
            return self._cloudformation.describe_stacks(StackName=name_or_id)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in _message(error):
                return None
            raise

    def _first_failure(self, name_or_id: str) -> str:
        """The resource that failed first, and why; events come newest first."""
        events = self._cloudformation.describe_stack_events(StackName=name_or_id)["StackEvents"]
        latest = takewhile(lambda event: event.get("ResourceStatusReason") != "User Initiated", events)
        failures = [event for event in latest if event["ResourceStatus"].endswith("_FAILED")]
        if not failures:
            return "no resource says why"
        first = failures[-1]
        reason = first.get("ResourceStatusReason", "no reason given")
        return f"{first['LogicalResourceId']} ({first['ResourceType']}) failed: {reason}"


def _pairs(kind: str, values: Any) -> list[dict[str, str]]:
    return [{f"{kind}Key": key, f"{kind}Value": value} for key, value in values.items()]


def _message(error: ClientError) -> str:
    return error.response["Error"]["Message"]
