"""What is deployed for the records saga: its rules, its event graph, its templates, its code; and that none of it is the trip's."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.records.deploy.catalog import RECORDS_CATALOG
from examples.records.saga import RECORDS
from infra.asl import checked
from infra.canvas.design import design_of
from infra.canvas.graph import cycle, following
from infra.canvas.lint import lint
from infra.catalog import CATALOG, Catalog
from infra.machine import definition
from infra.matching import heard_by
from infra.rules import all_rules
from infra.stages import named
from infra.synth import synth
from shared.message import Mode
from tests.infra.templates import read

ROOT = Path(__file__).parents[2]
STAGES = ("local", "local-reverse", "prod", "prod-reverse")


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("stage", STAGES)
def test_no_event_leads_back_to_itself(stage: str, mode: Mode) -> None:
    """Although a failed step hears its own failure: it answers with its rollback."""
    design = design_of(RECORDS_CATALOG, named(stage, RECORDS))
    assert cycle(design, mode) == []
    graph = following(design, mode)
    if mode is Mode.CHOREOGRAPHY:
        failed, rolled_back = ("records.commit", "CommitFailed"), ("records.commit", "CommitRolledBack")
        assert rolled_back in graph[failed]
        assert ("records.process", "ProcessDone") in graph["records.client", "TransactionRequested"]


@pytest.mark.parametrize("stage", STAGES)
def test_no_event_reaches_a_queue_by_two_rules(stage: str) -> None:
    """A rule never doubles a message, and nothing else is wrong with the saga's graph."""
    assert lint(design_of(RECORDS_CATALOG, named(stage, RECORDS))) == []


@pytest.mark.parametrize("stage", STAGES)
def test_everything_fits_eventbridge(stage: str) -> None:
    """A rule's name has 64 characters at most, its pattern 2,048."""
    for rule in all_rules(RECORDS_CATALOG, named(stage, RECORDS)):
        assert len(f"records-{stage}-{rule.service}-{rule.role}-{rule.purpose}") <= 64
        assert len(rule.text) <= 2048


def test_the_two_sagas_hear_nothing_of_each_other() -> None:
    """They may share a bus, or not."""
    stage = named("local", RECORDS)
    for catalog, other in ((CATALOG, "records."), (RECORDS_CATALOG, "travel.")):
        own = named("local", catalog.saga)
        heard = [rule for rule in all_rules(catalog, own) if rule.service != "platform"]
        senders = (RECORDS_CATALOG if catalog is CATALOG else CATALOG).senders(f"{other}client")
        for detail_type, sources in senders.items():
            for source in sources:
                event = {"source": source, "detail-type": detail_type, "detail": {"metadata": {"leg": 99}}}
                assert heard_by(heard, event) == []
    assert stage.client_source == "records.client"


def test_the_machine_rolls_back_the_failed_step_first() -> None:
    """Made from the catalogue, and valid; the pivot too can be rolled back, once it has refused."""
    machine = definition(RECORDS_CATALOG, str, str)
    checked(machine)
    states = machine["States"]
    assert machine["StartAt"] == "Process"
    assert states["Commit done?"]["Default"] == "Roll back commit"
    assert [states[f"Roll back {leg}"]["Next"] for leg in ("commit", "transform")] == [
        "Roll back transform",
        "Roll back process",
    ]


def test_the_dossiers_lie_in_one_table_and_each_function_may_do_two_things_to_it() -> None:
    """The platform's stack holds it; only a participant's functions may read and write items there, and nothing else."""
    templates = read(synth("local", RECORDS_CATALOG.templates))
    tables = {
        table.properties["TableName"]: name
        for name, template in templates.items()
        for table in template.all("AWS::DynamoDB::Table")
    }
    assert tables == {
        "records-local-dossiers": "records-local-platform",
        "records-local-transaction": "records-local-transaction",
    }
    for leg in RECORDS_CATALOG.legs:
        for role in templates[f"records-local-{leg}"].all("AWS::IAM::Role"):
            actions = [
                action
                for policy in role.properties["Policies"]
                for statement in policy["PolicyDocument"]["Statement"]
                for action in statement["Action"]
                if action.startswith("dynamodb:")
            ]
            assert sorted(actions) == ["dynamodb:GetItem", "dynamodb:PutItem"]


def test_what_clients_ask_for_is_the_only_difference_of_a_stage() -> None:
    """The same stages, whichever saga is deployed."""
    one, other = named("prod"), named("prod", RECORDS)
    assert [name for name in one.__slots__ if getattr(one, name) != getattr(other, name)] == ["client_source"]


def modules_of(catalog: Catalog) -> set[Path]:
    """Every file that a saga's functions load, from their handlers inward."""
    package = ROOT.joinpath(*catalog.package.split("."))
    wanted = [package / service / "handlers.py" for service in catalog.services]
    found: set[Path] = set()
    while wanted:
        path = wanted.pop()
        if path not in found:
            found.add(path)
            wanted += _imports(path)
    return found


def _imports(path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_text())):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
        names += [f"{node.module}.{name.name}" for name in node.names] if isinstance(node, ast.ImportFrom) else []
        for name in names:
            file = ROOT.joinpath(*name.split(".")).with_suffix(".py")
            if file.exists():
                yield file


def test_the_two_sagas_share_the_runtime_and_no_step() -> None:
    """R11: derived from what their functions load. What both load lies in shared, and shared knows neither saga."""
    trips, records = modules_of(CATALOG), modules_of(RECORDS_CATALOG)
    both = {path.relative_to(ROOT) for path in trips & records}
    assert {path.parts[0] for path in both} == {"shared"}
    assert {Path("shared/saga/runtime.py"), Path("shared/saga/tasks.py"), Path("shared/observer/observing.py")} <= both
    assert ROOT / "shared/trip.py" in trips - records
    steps = {path for path in records if path.is_relative_to(ROOT / "examples")}
    assert steps
    assert not any(path.is_relative_to(ROOT / "services") for path in records)


def test_the_services_of_the_two_sagas_have_the_same_files_of_names() -> None:
    """A handlers file holds names, no logic: imports, and calls of the runtime's consumers."""
    for catalog in (CATALOG, RECORDS_CATALOG):
        package = ROOT.joinpath(*catalog.package.split("."))
        for service in catalog.services:
            statements = ast.parse((package / service / "handlers.py").read_text()).body[1:]
            assert all(isinstance(statement, ast.ImportFrom | ast.Assign) for statement in statements)


def test_a_participant_of_the_example_is_declared() -> None:
    """Its package holds a descriptor with its facts, and its handlers' names; the plan is the one step function of the saga."""
    for who in RECORDS_CATALOG.described:
        folder = ROOT / "examples" / "records" / who.name
        assert {path.name for path in folder.glob("*.py")} == {"__init__.py", "participant.py", "handlers.py"}
