"""One engine for all tests of this folder, with the hand-written chain deployed on it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.engine import environment
from sandbox.engine.deploy import Deployer
from sandbox.engine.engine import Engine
from tests.sandbox.chain import CHAIN, write_assembly
from tests.sandbox.world import ChainWorld


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """An engine on a port of its own."""
    environment.ensure()
    with Engine.start() as engine:
        yield engine


@pytest.fixture(scope="session")
def chained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Engine], ChainWorld]:
    """Deploys the chain on an engine."""
    folder: Path = write_assembly(tmp_path_factory.mktemp("cdk.out"), chain=CHAIN)

    def deploy(engine: Engine) -> ChainWorld:
        Deployer(engine.clients).deploy(folder)
        return ChainWorld(engine)

    return deploy


@pytest.fixture(scope="session")
def world(engine: Engine, chained: Callable[[Engine], ChainWorld]) -> ChainWorld:
    """The chain on the session's engine."""
    return chained(engine)
