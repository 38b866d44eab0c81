"""What every test may ask for: a world in memory, the local AWS engine, or one after the other."""

from collections.abc import Iterator

import pytest

from infra.stages import named
from sandbox.local_world import LocalWorld
from sandbox.memory.world import MemoryWorld
from sandbox.modes import ORCHESTRATION
from sandbox.world import World


@pytest.fixture(scope="session")
def local() -> Iterator[LocalWorld]:
    """Stage `local` on an engine of this session's own, IAM enforced."""
    with LocalWorld.running(wait_scale=0.02) as world:
        yield world


@pytest.fixture
def orchestrated(local: LocalWorld) -> LocalWorld:
    """The same stage; its trips are coordinated by the state machine."""
    return LocalWorld(local.engine, mode=ORCHESTRATION)


@pytest.fixture(params=["memory", "memory-reverse", "local", "orchestrated"])
def world(request: pytest.FixtureRequest) -> World:
    """A world to tell a story in: new in memory (in either compensation order), or on the engine (in either style)."""
    if request.param in ("local", "orchestrated"):
        found: LocalWorld = request.getfixturevalue(request.param)
        return found
    return MemoryWorld(named("local-reverse" if request.param == "memory-reverse" else "local"))
