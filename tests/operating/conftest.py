"""The worlds of an operator's stories: in memory in each mode, and on the engine in either style."""

from collections.abc import Iterator

import pytest

from infra.stages import named
from sandbox.local_world import LocalWorld
from sandbox.memory.world import MemoryWorld
from sandbox.world import World
from tests.conftest import IN_MEMORY
from tests.operating.given import swept
from tests.saga.conftest import story as story  # noqa: PLC0414 - told here too


@pytest.fixture(params=[*IN_MEMORY, "local", "orchestrated"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """Nothing lies in its dead-letter queues before, nor after."""
    found: World
    if mode := IN_MEMORY.get(request.param):
        found = MemoryWorld(named(mode.stage), mode=mode)
    else:
        local: LocalWorld = request.getfixturevalue(request.param)
        found = local
    swept(found)
    yield found
    swept(found)
