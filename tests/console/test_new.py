"""`wayfare new service`: what it writes, what it refuses. What it writes is run by tests/console/test_adding_a_service.py."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from console.commands import new
from console.new.newcomer import LONGEST, newcomer
from console.trouble import Exit, Trouble
from infra.catalog import PARTICIPANTS, Catalog
from infra.names import Names
from infra.packaging import ROOT
from infra.rules import all_rules
from infra.stages import named
from shared.saga.participant import Participant
from tests.console.conftest import run

LISTED = "PARTICIPANTS: Final = (HOTEL, FLIGHT, CONCERT, CAR)"


@pytest.fixture
def repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder to write into, with a catalogue."""
    (tmp_path / "infra").mkdir()
    shutil.copy(ROOT / "infra" / "catalog.py", tmp_path / "infra")
    monkeypatch.setattr(new, "ROOT", tmp_path)
    return tmp_path


def listing(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}


def test_it_writes_the_files_that_every_participant_has(repository: Path) -> None:
    """And a test; nothing else is touched."""
    before = (repository / "infra" / "catalog.py").read_text()
    assert run("new", "service", "concert").exit_code == Exit.OK
    alike = {str(Path("services/concert") / path.name) for path in (ROOT / "services" / "hotel").glob("*.*")}
    assert listing(repository) == alike | {"infra/catalog.py", "tests/concert/test_concert.py"}
    assert (repository / "infra" / "catalog.py").read_text() == before


def test_register_adds_two_lines_once(repository: Path) -> None:
    """Files that are there are left as they are; said twice, it is done once."""
    run("new", "service", "concert", "--leg", 22)
    changed = repository / "services" / "concert" / "domain.py"
    changed.write_text("mine")
    assert run("new", "service", "concert", "--register").exit_code == Exit.OK
    text = (repository / "infra" / "catalog.py").read_text()
    assert LISTED in text.splitlines()
    assert text.count("from services.concert.participant import CONCERT\n") == 1
    again = run("new", "service", "concert", "--register")
    assert again.stdout == "infra/catalog.py names concert already.\n"
    assert (repository / "infra" / "catalog.py").read_text() == text
    assert changed.read_text() == "mine"


def test_a_catalogue_of_another_shape_is_left_alone(repository: Path) -> None:
    """The lines are told, to be added by hand."""
    catalog = repository / "infra" / "catalog.py"
    catalog.write_text("PARTICIPANTS = ()")
    told = run("new", "service", "concert", "--register")
    assert (told.exit_code, catalog.read_text()) == (Exit.UNREACHABLE, "PARTICIPANTS = ()")
    assert LISTED in told.stderr


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        *((name, "lower-case letters") for name in ("", "a", "Concert", "con-cert", "concert2", "../x", "a" * 12)),
        *((name, "there already") for name in ("hotel", "car")),
        *((name, "something else") for name in ("trip", "platform", "import", "deadline", "travellers")),
        *((name, "something else") for name in ("expired", "outcomes", "client", "faults", "observer")),
    ],
)
def test_a_name_that_will_not_do_is_refused(repository: Path, name: str, cure: str) -> None:
    """With the value and the cure; nothing is written."""
    told = run("new", "service", name)
    assert (told.exit_code, told.stdout) == (Exit.USAGE, "")
    assert told.stderr.startswith(f"error: name {name!r}: ")
    assert cure in told.stderr
    assert listing(repository) == {"infra/catalog.py"}


@pytest.mark.parametrize(
    ("leg", "cure"),
    [(10, "after hotel"), (30, "before car"), (35, "before car"), (0, "after hotel"), (20, "flight has it")],
)
def test_a_leg_that_will_not_do_is_refused(repository: Path, leg: int, cure: str) -> None:
    """The first leg starts trips and the pivot commits them; between them every free number will do."""
    told = run("new", "service", "concert", "--leg", leg)
    assert (told.exit_code, told.stderr.split(": ")[1]) == (Exit.USAGE, f"leg {leg}")
    assert cure in told.stderr
    assert listing(repository) == {"infra/catalog.py"}


@pytest.mark.parametrize("folder", ["services/concert", "tests/concert"])
def test_a_folder_that_is_there_is_left_alone(repository: Path, folder: str) -> None:
    """Nothing is overwritten, and nothing is half written."""
    (repository / folder).mkdir(parents=True)
    told = run("new", "service", "concert")
    assert (told.exit_code, folder in told.stderr) == (Exit.USAGE, True)
    assert listing(repository) == {"infra/catalog.py"}


def test_a_service_that_takes_no_part_cannot_be_registered(repository: Path) -> None:
    """There is nothing to list."""
    (repository / "services" / "concert").mkdir(parents=True)
    told = run("new", "service", "concert", "--register")
    assert (told.exit_code, "describes no participant" in told.stderr) == (Exit.USAGE, True)


def test_each_newcomer_goes_halfway_to_the_pivot() -> None:
    """Until there is no room left, which is said."""
    hotel, others = PARTICIPANTS[0], list(PARTICIPANTS)
    legs = []
    for name in ("concert", "museum", "ferry", "dinner"):
        who = newcomer(name, None, others)
        legs.append(who.leg)
        others.insert(-1, _as_participant(hotel, name, who.leg))
    assert legs == [25, 27, 28, 29]
    with pytest.raises(Trouble, match=r"leg: none is free between dinner \(29\) and car \(30\)"):
        newcomer("opera", None, others)


def _as_participant(model: Participant, name: str, leg: int) -> Participant:
    return replace(model, name=name, leg=leg)


@pytest.mark.parametrize("length", [2, LONGEST])
def test_what_is_written_keeps_the_house_rules(repository: Path, length: int) -> None:
    """Style and layout, however long the name is."""
    name = "z" * length
    run("new", "service", name)
    shutil.copy(ROOT / "pyproject.toml", repository)
    ours = f"src = ['.', '{ROOT}']"  # by which ruff tells our own imports
    for words in (("check",), ("format", "--check")):
        ruff = [sys.executable, "-m", "ruff", *words, "--no-cache", "--config", ours, "services", "tests"]
        done = subprocess.run(ruff, cwd=repository, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def test_the_longest_name_fits_into_every_rules_name() -> None:
    """In the stage with the longest name; EventBridge takes 64 characters."""
    names = Names("local-reverse-abcdef")
    lengthened = _as_participant(PARTICIPANTS[1], "z" * LONGEST, 25)
    for stage in ("prod", "prod-reverse"):
        for rule in all_rules(Catalog.of(*PARTICIPANTS[:2], lengthened, PARTICIPANTS[2]), named(stage)):
            assert len(names.rule(rule.service, rule.role, rule.purpose)) <= 64
