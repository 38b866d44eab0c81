"""Services are deployed alone, in any order, while trips are under way: on an engine of these tests' own."""

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from infra.catalog import CATALOG
from infra.names import PLATFORM, Names
from infra.synth import synth
from sandbox.engine import environment
from sandbox.engine.deploy import Deployer
from sandbox.engine.engine import Engine
from sandbox.local_world import LocalWorld
from sandbox.world import Inbox
from shared.saga.record import State
from shared.saga.timeline import Status, verdict
from tests.saga.story import Story, deadline_passed, ends, nothing_held, requested, stock

ROOT = Path(__file__).parents[2]
NAMES = Names("local")
STACKS = {service: NAMES.stack(service) for service in (PLATFORM, *CATALOG.services)}


@pytest.fixture(scope="module")
def bare() -> Iterator[LocalWorld]:
    """An engine on which nothing is deployed yet."""
    environment.ensure()
    with Engine.start() as engine:
        yield LocalWorld(engine)


@pytest.fixture
def deployer(bare: LocalWorld) -> Iterator[Deployer]:
    """Deploys to the bare engine; what is there at the end is destroyed."""
    deployer = Deployer(bare.engine.clients)
    yield deployer
    for stack in reversed(STACKS.values()):
        deployer.destroy(stack)


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stage's templates after somebody edited the flight service, and nothing else."""
    root = tmp_path_factory.mktemp("edited")
    for folder in ("infra", "shared", "services"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "uv.lock", "cdk.json"):
        shutil.copy(ROOT / name, root / name)
    with (root / "services" / "flight" / "domain.py").open("a") as domain:
        domain.write("\nEDITED = True\n")
    done = subprocess.run(
        [sys.executable, "-m", "infra.synth", "local"], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_the_platform_services_deploy_in_any_order(bare: LocalWorld, deployer: Deployer, seed: int) -> None:
    """Whatever the order, every stack is created at once, and a trip is booked."""
    services = list(CATALOG.services)
    random.Random(seed).shuffle(services)
    for service in (PLATFORM, *services):
        (change,) = deployer.deploy(synth("local"), [STACKS[service]])
        assert change.change == "created"
    Story(bare).when(requested()).then(ends(Status.CONFIRMED))


def test_a_service_is_updated_alone_while_trips_wait_in_its_queue(
    bare: LocalWorld, deployer: Deployer, edited: Path
) -> None:
    """Its consumer is switched off and twenty trips wait; the update changes this stack alone, and none is lost."""
    deployer.deploy(synth("local"))
    bare.pause(Inbox("flight", "book"))
    story = Story(bare).given(*(stock(service, 30) for service in CATALOG.legs))
    trips = [story.another() for _ in range(20)]
    for trip in trips:
        story.request(trip)
    bare.settle()
    assert len(bare.waiting(Inbox("flight", "book"))) == len(trips)
    (change,) = deployer.deploy(edited, [STACKS["flight"]])
    assert change.change == "updated"
    assert {change.change for change in deployer.deploy(edited)} == {"unchanged"}
    bare.resume(Inbox("flight", "book"))
    bare.settle()
    assert {verdict(story.facts(trip)).status for trip in trips} == {Status.CONFIRMED}
    story.audit()


def test_a_service_is_updated_while_its_trips_run(bare: LocalWorld, deployer: Deployer, edited: Path) -> None:
    """Nothing is switched off: trips go on while the stack is replaced under them."""
    deployer.deploy(synth("local"))
    story = Story(bare).given(*(stock(service, 30) for service in CATALOG.legs))
    trips = [story.another() for _ in range(30)]
    for number, trip in enumerate(trips):
        story.request(trip)
        if number == len(trips) // 2:
            deployer.deploy(edited, [STACKS["flight"]])
    bare.settle()
    assert {verdict(story.facts(trip)).status for trip in trips} == {Status.CONFIRMED}
    story.audit()


def test_what_waits_for_a_destroyed_service_is_ended_by_the_deadline(bare: LocalWorld, deployer: Deployer) -> None:
    """Destroying a stack takes its queues along. Trips that waited there are not lost: the pivot ends them."""
    deployer.deploy(synth("local"))
    bare.pause(Inbox("flight", "book"))
    story = Story(bare)
    story.when(requested(deadline=(bare.now + timedelta(seconds=4)).isoformat()))
    bare.settle()
    assert deployer.destroy(STACKS["flight"])
    bare.settle()
    assert story.state("hotel") is State.BOOKED
    deployer.deploy(synth("local"), [STACKS["flight"]])
    bare.resume(Inbox("flight", "book"))
    story.when(deadline_passed(seconds=0.1)).then(ends(Status.FAILED, "deadline"), nothing_held())


def test_two_stages_live_side_by_side(bare: LocalWorld, deployer: Deployer) -> None:
    """A second stage on the same engine has a bus, tables and trips of its own; it compensates in reverse order."""
    deployer.deploy(synth("local"))
    deployer.deploy(synth("local-reverse"))
    beside = LocalWorld(bare.engine, "local-reverse")
    first, second = Story(bare), Story(beside)
    first.when(requested()).then(ends(Status.CONFIRMED))
    second.when(requested(failBookCar=True)).then(ends(Status.FAILED, "requested_failure"), nothing_held())
    lines = [line for line in second.log() if "cancel" in line]
    assert lines == ["start cancel flight", "end cancel flight", "start cancel hotel", "end cancel hotel"]
    assert first.trip["tripId"] not in beside.books("hotel").records
    for service in reversed((PLATFORM, *CATALOG.services)):
        deployer.destroy(Names("local-reverse").stack(service))
