"""The records saga in each world: in memory in every mode, and on the local engine beside the trips."""

from collections.abc import Iterator

import pytest

from examples.records.deploy.catalog import RECORDS_CATALOG
from infra.synth import synth
from sandbox.engine.deploy import Deployer
from sandbox.local_world import LocalWorld
from sandbox.memory.world import MemoryWorld
from sandbox.modes import CHOREOGRAPHY, MODES, REVERSE
from tests.records.story import RecordsWorld, Story, in_memory


@pytest.fixture(params=MODES)
def memory(request: pytest.FixtureRequest) -> MemoryWorld:
    """The saga in memory, in each mode."""
    return in_memory(MODES[request.param])


@pytest.fixture(scope="session")
def stages(local: LocalWorld) -> LocalWorld:
    """The engine of the trips, with the records saga's own stacks in both compensation orders."""
    for mode in (CHOREOGRAPHY, REVERSE):
        Deployer(local.engine.clients).deploy(synth(mode.stage, RECORDS_CATALOG.templates))
    return local


@pytest.fixture(params=[f"{where}-{mode}" for where in ("memory", "engine") for mode in MODES])
def story(request: pytest.FixtureRequest) -> Iterator[Story]:
    """A story in each mode, in memory and on the engine; its invariants are checked when it is over."""
    where, _, name = request.param.partition("-")
    mode = MODES[name]
    world: RecordsWorld = in_memory(mode)
    if where == "engine":
        trips: LocalWorld = request.getfixturevalue("stages")
        world = LocalWorld(trips.engine, mode.stage, mode, RECORDS_CATALOG)
    told = Story(world)
    yield told
    told.audit()
