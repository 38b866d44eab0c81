"""docs/adding-a-service.md, followed to the letter: its commands are typed in a copy of the repository, its answers are the answers."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from infra.packaging import CACHE, ROOT
from infra.synth import synth

DOCUMENT = ROOT / "docs" / "adding-a-service.md"
STEP = re.compile(r"^```sh\n(.*?)^```$(?:\n\n?```text\n(.*?)^```$)?", re.MULTILINE | re.DOTALL)
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "cdk.out", "comparison", "node_modules")


class Step(NamedTuple):
    """What is typed, and what is seen; `…` stands for what differs from run to run."""

    typed: str
    seen: str


def steps() -> Iterator[Step]:
    """The blocks marked `sh`, each with the `text` that follows it."""
    return (Step(*found) for found in STEP.findall(DOCUMENT.read_text()))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository as it is now, without what was installed or made; then the document is followed in it."""
    copy = shutil.copytree(ROOT, tmp_path_factory.mktemp("clone") / "wayfare", ignore=LEFT_OUT)
    told = list(steps())
    assert len(told) > 5
    for step in told:
        follow(copy, step)
    return copy


def follow(clone: Path, step: Step) -> None:
    """Type it there; what comes out is what the document shows."""
    said = typed(clone, step.typed)
    wanted = "".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", step.seen))
    assert re.fullmatch(wanted, said, re.DOTALL), f"{step.typed}\n{said}"


def typed(clone: Path, command: str) -> str:
    """What a command prints there, with this environment's programs and the clone's code."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    path = os.pathsep.join((str(Path(sys.executable).parent), kept["PATH"]))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=clone,
        env={**kept, "PATH": path, "PYTHONPATH": str(clone)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


def test_what_the_document_says_is_what_happens(clone: Path) -> None:
    """From a new service to its rule, its test, its place in the catalogue and its pages."""
    untouched = [path for path in (ROOT / "services").rglob("*.py") if "__pycache__" not in path.parts]
    assert [path for path in untouched if path.read_text() != (clone / path.relative_to(ROOT)).read_text()] == []


def test_of_the_deployment_that_changes_which_the_document_says(clone: Path) -> None:
    """Its templates and assets, made in full before and after: no zip changes but the new one's."""
    before = synth("prod")
    wheels = CACHE.name, "wheels"
    shutil.copytree(ROOT.joinpath(*wheels), clone.joinpath(*wheels), symlinks=True)
    after = Path(typed(clone, "python -m infra.synth prod").strip())
    old, new = stacks(before), stacks(after)
    assert {name for name in old if old[name] != new[name]} == changing()
    assert new.keys() - old.keys() == {"concert"}
    assert len(assets(after) - assets(before)) == 1
    assert assets(before) < assets(after)


def stacks(assembly: Path) -> dict[str, str]:
    """Every stack's template."""
    ending = ".template.json"
    found = {path.name.removesuffix(ending): path.read_text() for path in assembly.glob(f"*{ending}")}
    return {name.removeprefix("wayfare-prod-"): text for name, text in found.items()}


def assets(assembly: Path) -> set[str]:
    """Every zip, by what is in it."""
    return {path.name for path in assembly.glob("asset.*")}


def changing() -> set[str]:
    """The stacks that change by the document's table, where compensation is in parallel."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+|-) \|", DOCUMENT.read_text(), re.MULTILINE)
    assert len(rows) > 5
    return {name for name, what in rows if what == "changes"}


def test_what_it_shows_of_the_command_is_all_of_it() -> None:
    """The document's first command is the one that it is about."""
    assert next(steps()).typed == "wayfare new service concert\n"
