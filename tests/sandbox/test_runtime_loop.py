"""Functions on our own runtime, as on systems without awslambdaric; forced here."""

from collections.abc import Callable, Iterator

import pytest

from sandbox.engine.engine import Engine
from sandbox.engine.launcher import OWN_RUNTIME_CLIENT
from tests.sandbox import chain
from tests.sandbox.world import ChainWorld


@pytest.fixture(scope="module")
def own(engine: Engine, chained: Callable[[Engine], ChainWorld]) -> Iterator[ChainWorld]:
    """The chain on an engine whose functions run on `runtime_loop.py`."""
    with Engine.start(own_runtime=True) as mine:
        yield chained(mine)


def test_the_chain_runs(own: ChainWorld) -> None:
    """An event reaches the table."""
    own.put("order-1")
    assert own.saw("order-1")


def test_an_exception_is_told_as_awslambdaric_tells_it(own: ChainWorld, world: ChainWorld) -> None:
    """Class name, message and the frames of the handler; the worker lives on."""
    worker = own.ask("describe")["pid"]
    ours, theirs = (where.ask("fail", message="no seat left") for where in (own, world))
    assert (ours["errorType"], ours["errorMessage"]) == (
        theirs["errorType"],
        theirs["errorMessage"],
    )
    assert "in fail" in "".join(ours["stackTrace"])
    assert own.ask("describe")["pid"] == worker


def test_the_context_says_who_and_how_long(own: ChainWorld, world: ChainWorld) -> None:
    """A handler reads the same context on both runtimes."""
    ours, theirs = own.ask("describe"), world.ask("describe")
    assert ours["environment"]["LAMBDA_RUNTIME_CLIENT"] == OWN_RUNTIME_CLIENT
    assert (ours["function"], ours["arn"]) == (theirs["function"], theirs["arn"])
    assert ours["function"] == chain.ASK
    assert len(ours["request"]) == len(theirs["request"])
    assert 0 < ours["left"] <= 20_000


def test_an_import_that_fails_is_told(own: ChainWorld) -> None:
    """A handler that is not there answers with the reason instead of hanging."""
    functions = own.engine.clients.client("lambda")
    functions.update_function_configuration(FunctionName=chain.CONSUME, Handler="nowhere.handler")
    answer = functions.invoke(FunctionName=chain.CONSUME, Payload="{}")
    assert "No module named 'nowhere'" in answer["Payload"].read().decode()
