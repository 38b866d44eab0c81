"""Two transactions on a local engine of their own, by events and by the state machine; each is checked."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from examples.records.deploy.catalog import RECORDS_CATALOG
from examples.records.saga import RECORDS
from sandbox.auditor import audit
from sandbox.local_world import LocalWorld
from sandbox.modes import ORCHESTRATION, REVERSE, Mode
from shared.saga.dossier import Dossier, Standing
from shared.saga.timeline import facts_of, in_words, saga_log

EXAMPLES = Path(__file__).parents[1]
STEPS = {who.name: who.step for who in RECORDS_CATALOG.described}
MODES = {"by events": REVERSE, "by the state machine": ORCHESTRATION}

Tell = Callable[[str], None]


class Story(NamedTuple):
    """A transaction, and how its dossier must end."""

    title: str
    file: str
    status: Standing
    steps: tuple[str, ...]
    records: tuple[str, ...]


STORIES = (
    Story(
        "A transaction that goes well",
        "records-success.json",
        Standing.COMMITTED,
        ("Start", "Process", "Transform", "Commit", "Finish"),
        ("commit", "process", "transform"),
    ),
    Story(
        "A transaction whose commit fails: every step is rolled back",
        "records-fail-commit.json",
        Standing.ROLLED_BACK,
        (
            *("Start", "Process", "Transform", "Commit (Error)"),
            *("CommitRollback", "TransformRollback", "ProcessRollback"),
        ),
        (),
    ),
)


def demo(tell: Tell) -> list[str]:
    """Run every story in every way; answers what was not as it must be. The engine is gone in any case."""
    wrong: list[str] = []
    tell("Preparing: templates, an engine, the stacks of the records saga ...")
    with LocalWorld.running(REVERSE.stage, catalog=RECORDS_CATALOG) as world:
        for way, mode in MODES.items():
            for story in STORIES:
                tell(f"\n{story.title}, {way}  ({story.file})")
                wrong += [f"{story.file}, {way}: {problem}" for problem in _told(world, mode, story, tell)]
    return wrong


def _told(world: LocalWorld, mode: Mode, story: Story, tell: Tell) -> list[str]:
    request = _fresh(json.loads((EXAMPLES / story.file).read_text()))
    name = str(RECORDS.named(request))
    world.put(mode.ask(request))
    world.settle()
    for line in log_of(world, name):
        tell(line)
    dossier = world.dossiers()[name]
    tell(f"=> {dossier.status}: {', '.join(dossier.steps)}")
    tell(f"   records left: {', '.join(sorted(dossier.records)) or 'none'}")
    return [*_differences(story, dossier), *map(str, _violations(world, name))]


def _fresh(request: dict[str, Any]) -> dict[str, Any]:
    details = request["Payload"]["TransactionDetails"] | {"TransactionId": str(uuid4())}
    return {**request, "Payload": {"TransactionDetails": details}}


def log_of(world: LocalWorld, name: str) -> list[str]:
    """The saga log, its times in seconds since the start."""
    lines = saga_log(facts_of(RECORDS, world.known(name).noted, RECORDS_CATALOG.legs))
    return [
        f"{(line.at - lines[0].at).total_seconds():+9.3f} s  {in_words(line, RECORDS, STEPS.get(line.participant, ''))}"
        for line in lines
    ]


def _differences(story: Story, dossier: Dossier) -> list[str]:
    found = (dossier.status, dossier.steps, tuple(sorted(dossier.records)))
    wanted = (story.status, story.steps, story.records)
    return [f"{is_} where {must} must be" for is_, must in zip(found, wanted, strict=True) if is_ != must]


def _violations(world: LocalWorld, name: str) -> list[object]:
    books = {who: world.books(who) for who in RECORDS_CATALOG.legs}
    return [*audit(books, {name: world.known(name)}, RECORDS_CATALOG.legs, {name}, RECORDS)]
