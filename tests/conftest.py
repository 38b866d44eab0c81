"""What every test may ask for: a world in memory, the local AWS engine, or one after the other."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from infra.stages import named
from infra.synth import synth
from sandbox.engine.deploy import Deployer
from sandbox.local_world import LocalWorld
from sandbox.memory.world import MemoryWorld
from sandbox.modes import CHOREOGRAPHY, ORCHESTRATION, REVERSE
from sandbox.world import World

settings.register_profile("wayfare", deadline=None)  # a busy machine is no defect
settings.load_profile("wayfare")


@pytest.fixture(scope="session")
def local() -> Iterator[LocalWorld]:
    """Stage `local` on an engine of this session's own, IAM enforced."""
    with LocalWorld.running(wait_scale=0.02) as world:
        yield world


@pytest.fixture(scope="session")
def reverse(local: LocalWorld) -> LocalWorld:
    """A second stage beside it on the same engine, which compensates in reverse order."""
    Deployer(local.engine.clients).deploy(synth(REVERSE.stage))
    return LocalWorld(local.engine, REVERSE.stage, REVERSE)


@pytest.fixture
def orchestrated(local: LocalWorld) -> LocalWorld:
    """The same stage; its trips are coordinated by the state machine."""
    return LocalWorld(local.engine, mode=ORCHESTRATION)


IN_MEMORY = {"memory": CHOREOGRAPHY, "memory-reverse": REVERSE, "memory-orchestrated": ORCHESTRATION}


@pytest.fixture(params=[*IN_MEMORY, "local", "reverse", "orchestrated"])
def world(request: pytest.FixtureRequest) -> World:
    """A world to tell a story in: new in memory, or on the engine; in each of the three modes."""
    if mode := IN_MEMORY.get(request.param):
        return MemoryWorld(named(mode.stage), mode=mode)
    found: LocalWorld = request.getfixturevalue(request.param)
    return found
