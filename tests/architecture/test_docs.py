"""The documents keep their promises: links lead somewhere, named tests and commands exist, computed figures are current."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_command

from console.cli import app
from infra import idle_cost

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs", "infra", "services", "shared", "sandbox", "console", "tests", "examples")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.md"))])
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
COMMAND = re.compile(r"^(?: {4}|\$ )(make|wayfare) ([a-z-]+)(?: ([a-z]+))?", re.MULTILINE)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_link_leads_somewhere(document: Path) -> None:
    """Relative links name a file or folder that is there, and a heading that is in it."""
    for link in LINK.findall(CODE.sub("", document.read_text())):
        if link.startswith(("http://", "https://")):
            continue
        file, _, heading = link.partition("#")
        target = (document.parent / file).resolve() if file else document
        assert target.exists(), link
        assert not heading or heading in headings(target), link


@cache
def headings(document: Path) -> set[str]:
    """The anchors that a forge makes of a document's headings."""
    titles = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_test_that_is_named_exists(document: Path) -> None:
    for file, test in TEST.findall(document.read_text()):
        assert test in functions_in(ROOT / file), f"{file}::{test}"


@cache
def functions_in(file: Path) -> set[str]:
    """The functions that a test file defines; none if there is no such file."""
    tree = ast.parse(file.read_text()) if file.exists() else ast.Module([], [])
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_every_failure_mode_names_its_proof() -> None:
    """Each row of its tables ends with a test."""
    rows = [line for line in (ROOT / "docs" / "failure-modes.md").read_text().splitlines() if line.startswith("| ")]
    told = [row for row in rows if not row.startswith("| failure |")]
    assert told
    assert [row for row in told if not TEST.search(row)] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_every_command_that_is_shown_exists(document: Path) -> None:
    """Lines of code that begin with `make` or `wayfare` name a target or a command."""
    shown = set(commands_in(document.read_text()))
    assert {words for words in shown if words not in known_commands()} == set()


def commands_in(text: str) -> Iterator[tuple[str, ...]]:
    groups = {words[1] for words in known_commands() if len(words) == 3}
    for program, first, second in COMMAND.findall(text):
        yield (
            (program, first, second)
            if first in groups and second in ("set", "list", "show", "redrive")
            else (program, first)
        )


@cache
def known_commands() -> set[tuple[str, ...]]:
    """(program, command), and (program, group, command) for a command of a group."""
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    known: set[tuple[str, ...]] = {("make", target) for target in targets}
    for name, command in getattr(get_command(app), "commands").items():  # noqa: B009 - a group's, which click types loosely
        known.add(("wayfare", name))
        known |= {("wayfare", name, inner) for inner in getattr(command, "commands", {})}
    return known


def test_the_readme_shows_the_demonstration_as_it_is() -> None:
    """The block holds a real run: both logs, both ends, and the stock."""
    shown = re.search(r"<!-- demo -->\n```text\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert shown
    for words in ("begin saga", "=> CONFIRMED", "=> FAILED", "Inventory held", "The engine is stopped."):
        assert words in shown.group(1)


def test_the_bill_in_the_documents_is_the_computed_one() -> None:
    """docs/deploying.md shows what `python -m infra.idle_cost prod` prints."""
    assert idle_cost.report("prod") in (ROOT / "docs" / "deploying.md").read_text()


def test_no_document_has_a_trace_of_where_it_was_written() -> None:
    private = re.compile(r"/work/|/tmp/\w|\.\./shared/(?!README|saga)|\.library|\bTODO\b")
    assert [name_of(path) for path in DOCUMENTS if private.search(path.read_text())] == []
