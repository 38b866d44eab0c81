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

from infra.packaging import ROOT

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


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The repository as it is now, without what was installed or made."""
    return shutil.copytree(ROOT, tmp_path / "wayfare", ignore=LEFT_OUT)


def follow(clone: Path, step: Step) -> None:
    """Type it there, with this environment's programs and the clone's code."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    path = os.pathsep.join((str(Path(sys.executable).parent), kept["PATH"]))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", step.typed],
        cwd=clone,
        env={**kept, "PATH": path, "PYTHONPATH": str(clone)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{step.typed}\n{done.stdout}{done.stderr}"
    wanted = "".join(".*" if part == "…" else re.escape(part) for part in re.split("(…)", step.seen))
    assert re.fullmatch(wanted, done.stdout, re.DOTALL), f"{step.typed}\n{done.stdout}"


def test_what_the_document_says_is_what_happens(clone: Path) -> None:
    """From a new service to its rule, its test, its place in the catalogue and its pages."""
    told = list(steps())
    assert len(told) > 5
    for step in told:
        follow(clone, step)
    untouched = [path for path in (ROOT / "services").rglob("*.py") if "__pycache__" not in path.parts]
    assert [path for path in untouched if path.read_text() != (clone / path.relative_to(ROOT)).read_text()] == []


def test_what_it_shows_of_the_command_is_all_of_it() -> None:
    """The document's first command is the one that it is about."""
    assert next(steps()).typed == "wayfare new service concert\n"
