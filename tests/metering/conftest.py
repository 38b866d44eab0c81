"""One engine with both stages on it, on which every queue hands out one message at a time."""

from collections.abc import Iterator

import pytest

from sandbox.local_world import LocalWorld
from sandbox.metering.meter import Meter


@pytest.fixture(scope="session")
def metered() -> Iterator[LocalWorld]:
    """Stages `local` and `local-reverse`. No batch has two messages and no function runs twice at once, so that counts are exact."""
    with LocalWorld.running("local", "local-reverse") as world:
        functions = world.engine.clients.client("lambda")
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            functions.update_event_source_mapping(UUID=mapping["UUID"], BatchSize=1)
            name = mapping["FunctionArn"].rsplit(":", 1)[-1]
            functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=1)
        yield world


@pytest.fixture(scope="session")
def meter(metered: LocalWorld) -> Meter:
    """The engine's meter."""
    return Meter(metered.engine)
