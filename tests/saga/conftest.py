"""A story in each world, with its invariants checked once more when it is over."""

from collections.abc import Iterator

import pytest

from sandbox.world import World
from tests.saga.story import Story


@pytest.fixture
def story(world: World) -> Iterator[Story]:
    told = Story(world)
    yield told
    world.settle()
    told.audit()
    for name in told.trips:
        lines = [line.split(" (")[0] for line in told.log(told.trips[name])]
        for line in lines:  # T16: nothing ends that has not started, and nothing stands twice
            assert lines.count(line) == 1 or line.startswith("delayed"), lines
            if line.startswith("end ") and line != "end saga":
                assert lines.index(line.replace("end ", "start ")) < lines.index(line), lines
