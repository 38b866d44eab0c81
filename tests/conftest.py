"""What every test may ask for: a world in memory, the local AWS engine, or one after the other."""

from collections.abc import Iterator

import pytest

from infra.stages import named
from sandbox.local_world import LocalWorld
from sandbox.memory.world import MemoryWorld
from sandbox.world import World


@pytest.fixture(scope="session")
def local() -> Iterator[LocalWorld]:
    """Stage `local` on an engine of this session's own, IAM enforced."""
    with LocalWorld.running() as world:
        yield world


@pytest.fixture(params=["memory", "memory-reverse", "local"])
def world(request: pytest.FixtureRequest) -> World:
    """A world to tell a story in: a new one in memory (in either compensation order), and the session's local engine."""
    if request.param != "local":
        return MemoryWorld(named("local-reverse" if request.param == "memory-reverse" else "local"))
    engine: LocalWorld = request.getfixturevalue("local")
    return engine
