"""Whatever happens to a transaction, it ends with three records or none: random failures, faults, cancels, losses, orders of delivery."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from examples.records.deploy.catalog import RECORDS_CATALOG
from examples.records.saga import RECORDS
from infra.stages import named
from sandbox.auditor import audit
from sandbox.memory.world import MemoryWorld
from sandbox.modes import MODES, Mode
from sandbox.world import Inbox
from shared.saga.dossier import Standing
from tests.records.story import FAILED, Story, transaction

SEEDS = 300
"""Schedules in each mode."""
STEPS = tuple(FAILED)
LEGS = tuple(RECORDS_CATALOG.legs)
QUEUES = [*(Inbox(leg, role) for leg in LEGS for role in ("book", "compensate")), Inbox(RECORDS.observer, "observe")]


def details(chance: Random) -> dict[str, Any]:
    """What a transaction asks for: to fail at a step or not, and faults of some kinds."""
    kinds = ("throttle", "crash_before", "crash_after")
    faults = [
        {"at": at, "on": on, "do": chance.choice(kinds), "times": chance.randint(1, 7)}
        for at in LEGS
        for on in ("book", "compensate")
        if chance.random() < 0.2
    ]
    failing = {"failStep": chance.choice(STEPS), "failAfterWrite": chance.random() < 0.5}
    return {"faults": faults, **(failing if chance.random() < 0.6 else {})}


@contextmanager
def switched_off(world: MemoryWorld, chance: Random) -> Iterator[None]:
    """Some queues' consumers are off; what is waiting when they come back may be lost."""
    off = [inbox for inbox in QUEUES if chance.random() < 0.15]
    for inbox in off:
        world.pause(inbox)
    yield
    for inbox in off:
        if chance.random() < 0.5:
            world.drop(inbox)
        world.resume(inbox)


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda mode: mode.name)
def test_any_schedule_ends_with_three_records_or_none(mode: Mode) -> None:
    """And with a status that says so; the auditor finds nothing. A failure names its seed."""
    for seed in range(SEEDS):
        chance = Random(seed)
        stage = named(mode.stage, RECORDS)
        world = MemoryWorld(stage, seed, chance.randint(1, 2), mode=mode, catalog=RECORDS_CATALOG)
        story = Story(world)
        story.name = "tx-1"
        deadline = world.now + timedelta(seconds=30)
        with switched_off(world, chance):
            if chance.random() < 0.1:
                world.put(transaction("tx-1"), RECORDS.cancel_requested)
            request = transaction("tx-1", deadline=deadline.isoformat(), **details(chance))
            story.ask(request)
            if chance.random() < 0.3:
                world.settle() if chance.random() < 0.5 else None
                world.put(transaction("tx-1"), RECORDS.cancel_requested)
            world.settle()
        story.ask(request)  # what nobody ever saw is the client's to repeat
        for hour in range(12):  # the observer reminds whom it must, ever more seldom
            world.settle()
            world.wait_until(deadline + timedelta(hours=hour + 1))
            world.tick()
        world.settle()
        check(story, seed)


def check(story: Story, seed: int) -> None:
    """The end is an end, and the same for every reader."""
    world = story.world
    known = {"tx-1": world.known("tx-1")} if world.known("tx-1").noted else {}
    books = {name: world.books(name) for name in LEGS}
    assert audit(books, known, RECORDS_CATALOG.legs, {"tx-1"}, RECORDS) == [], (seed, story.log)
    dossier = story.dossier
    if dossier is not None:
        ends = {Standing.COMMITTED: 3, Standing.ROLLED_BACK: 0}
        assert ends.get(dossier.status) == len(dossier.records), (seed, dossier.status, dossier.steps, story.log)
        assert len(dossier.steps) == len(set(dossier.steps)), (seed, dossier.steps)
