"""What a command works on: a stage, on the local engine or on AWS, and the clients to speak to it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

from console import local
from console.trouble import Exit, Trouble
from infra.catalog import CATALOG, OBSERVER
from infra.names import PLATFORM, Names
from infra.stages import LOCAL, Stage, named
from sandbox.engine.engine import Engine
from shared.aws.saga_log import DynamoSagaLog

_CONFIG = Config(connect_timeout=5, read_timeout=70, retries={"mode": "standard", "total_max_attempts": 3})

SERVICES = (PLATFORM, *CATALOG.services)
"""Everything that has a stack of its own, in the order of a first deployment."""


@dataclass(frozen=True)
class Target:
    """A stage and how to reach it. `client` makes a boto3 client of a service; `engine` is None on AWS."""

    stage: Stage
    client: Callable[[str], Any]
    engine: Engine | None = None

    @property
    def names(self) -> Names:
        return Names(self.stage.name)

    @property
    def log(self) -> DynamoSagaLog:
        """The observer's log of this stage."""
        return DynamoSagaLog(self.client("dynamodb"), self.names.table(OBSERVER))


def stage_named(name: str) -> Stage:
    """The stage of that name. Raises Trouble (usage)."""
    try:
        return named(name)
    except ValueError as error:
        raise Trouble(str(error), Exit.USAGE) from error


def is_local(stage: Stage) -> bool:
    """Whether the stage lives on the local engine."""
    return stage.account == LOCAL.account


def connect(stage_name: str) -> Target:
    """The stage, on the running local engine or on AWS with the environment's credentials.

    Raises Trouble when the name is unknown, or when a local stage has no engine or is not deployed on it.
    """
    stage = stage_named(stage_name)
    if not is_local(stage):
        return Target(stage, cache(lambda service: boto3.Session().client(service, config=_CONFIG)))
    engine = local.running()
    target = on_engine(stage, engine)
    # The engine takes events for a bus that does not exist, and drops them.
    if target.names.stack(PLATFORM) not in local.deployed(engine):
        raise Trouble(
            f"stage {stage.name} is not deployed on the local engine: deploy it with `wayfare up --stage {stage.name}`"
        )
    return target


def on_engine(stage: Stage, engine: Engine) -> Target:
    """A stage on a certain engine."""
    return Target(stage, engine.clients.client, engine)


def require_services(wanted: list[str], known: tuple[str, ...]) -> None:
    """Raises Trouble (usage) when one of the names is no service."""
    if unknown := [name for name in wanted if name not in known]:
        raise Trouble(f"there is no service {', '.join(unknown)!r}: choose from {', '.join(known)}", Exit.USAGE)
