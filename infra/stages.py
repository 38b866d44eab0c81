"""Stages as data: what differs between one machine, an account to play in, and production.

A stage's name is enough to know all of it, so nothing has to be handed from one process to another.
"""

import platform
import re
import sys
from dataclasses import dataclass, replace
from typing import Final, Literal

from shared.saga.declaration import Saga
from shared.trip import TRIP

Compensation = Literal["parallel", "reverse"]
Architecture = Literal["arm64", "x86_64"]

_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
_LONGEST_NAME: Final = 20  # so that the longest rule name stays within EventBridge's 64 characters

# CloudFormation types that the local engine does not know and refuses a whole stack for.
LACKING_LOCALLY: Final = (
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::Events::Archive",
    "AWS::Events::Connection",
    "AWS::Events::EventBusPolicy",
    "AWS::Logs::QueryDefinition",
    "AWS::StepFunctions::Activity",
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::StepFunctions::StateMachineVersion",
    "AWS::XRay::Group",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """Where a function's code runs, hence which wheels go into its zip."""

    runtime: str
    architecture: Architecture
    python: str
    """The interpreter's major.minor version."""
    wheels: str | None
    """uv's name for the target platform; None is the machine that builds."""

    @property
    def brings_bootstrap(self) -> bool:
        """True if the zip itself must start Python, because the runtime does not."""
        return self.runtime.startswith("provided.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Everything that a deployment may decide; the code of the services is the same in all of them."""

    name: str
    platform: Platform
    account: str | None = None
    """None: whatever account the credentials of the deployment name."""
    region: str | None = None

    compensation: Compensation = "parallel"
    orchestrator: bool = True
    """True: a state machine takes the requests whose mode is orchestration; otherwise they are quarantined."""
    fault_injection: bool = False
    unlisted_stock: str = ""
    """Capacity of stock that nobody listed; "" is the service's own default, "0" is listed only."""
    client_source: str = TRIP.source_of("client")
    deadline_seconds: int = 900

    memory_mb: int = 512
    timeout_seconds: int = 30
    batch_size: int = 10
    maximum_concurrency: int = 10
    """Batches in flight per queue (AWS allows 2 to 1,000)."""
    max_receives: int = 10

    log_retention_days: int = 14
    archive_retention_days: int = 14
    protects_data: bool = False
    """True: tables outlive their stack and cannot be deleted, stacks cannot be destroyed by accident."""
    leaves_out: tuple[str, ...] = ()
    """Resource types that the stage's engine does not know."""

    def __post_init__(self) -> None:
        if not _NAME.match(self.name) or len(self.name) > _LONGEST_NAME:
            raise ValueError(
                f"{self.name!r} cannot name a stage: use at most {_LONGEST_NAME} lower-case letters,"
                " digits and single hyphens, beginning with a letter"
            )

    @property
    def visibility_seconds(self) -> int:
        """How long a received message stays hidden: AWS asks for six times the function's timeout."""
        return 6 * self.timeout_seconds


_THIS_MACHINE: Final = Platform(
    # AWS's own runtime client, started by our bootstrap, on whatever Python runs the engine.
    runtime="provided.al2023",
    architecture="arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64",
    python=f"{sys.version_info.major}.{sys.version_info.minor}",
    wheels=None,
)
_LAMBDA: Final = Platform(runtime="python3.14", architecture="arm64", python="3.14", wheels="aarch64-manylinux2014")

LOCAL: Final = Stage(
    name="local",
    platform=_THIS_MACHINE,
    account="000000000000",
    region="us-east-1",
    fault_injection=True,
    deadline_seconds=300,
    timeout_seconds=15,
    maximum_concurrency=5,  # more than this was slower on two cores
    log_retention_days=7,
    archive_retention_days=7,
    leaves_out=LACKING_LOCALLY,
)
DEV: Final = Stage(name="dev", platform=_LAMBDA, fault_injection=True)
PROD: Final = Stage(
    name="prod",
    platform=_LAMBDA,
    unlisted_stock="0",
    maximum_concurrency=50,
    log_retention_days=90,
    archive_retention_days=30,
    protects_data=True,
)
BASES: Final = {stage.name: stage for stage in (LOCAL, DEV, PROD)}


def named(name: str, saga: Saga = TRIP) -> Stage:
    """The stage of that name: a base, or a base with words after it that live beside it.

    The word `reverse` chooses the reverse-order compensation; any other word only tells two stages
    apart: `local-reverse`, `dev-ada`, `dev-ada-reverse`. Another saga's clients have a source of their own. Raises ValueError for an unknown base.
    """
    base, *words = name.split("-")
    if base not in BASES:
        raise ValueError(f"unknown stage {name!r}: it must begin with one of {', '.join(BASES)}")
    compensation: Compensation = "reverse" if "reverse" in words else BASES[base].compensation
    return replace(BASES[base], name=name, compensation=compensation, client_source=saga.source_of("client"))
