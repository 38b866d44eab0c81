"""`make verify` and the page that quotes it."""

import json
from typing import Any

import pytest
from typer.main import get_command

from console.cli import app
from console.verify.__main__ import FIGURES
from console.verify.page import PAGE, TOLD, written
from console.verify.parts import PARTS, Part


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    kept: dict[str, Any] = json.loads(FIGURES.read_text())
    return kept


def test_the_page_quotes_the_figures_that_are_kept(figures: dict[str, Any]) -> None:
    """Whoever changes either: `python -m console.verify --page`."""
    assert written(PAGE.read_text(), figures) == PAGE.read_text()


def test_nothing_was_wrong_in_any_part_that_is_quoted(figures: dict[str, Any]) -> None:
    assert not any(part["exit_code"] for part in figures["parts"].values())
    assert set(TOLD) == {part.name for part in PARTS}


def test_what_was_proved_is_what_is_promised(figures: dict[str, Any]) -> None:
    """The least that each part is to do; a part that is not quoted yet has promised nothing."""
    found = {name: part["found"] for name, part in figures["parts"].items()}
    if "exploration" in found:
        assert found["exploration"]["states"] >= 100_000
    if "schedules" in found:
        assert found["schedules"]["schedules"] >= 200_000
    if "chaos" in found:
        assert (found["chaos"]["trips"], found["chaos"]["kills"]) >= (1000, 200)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.name)
def test_each_part_is_a_command_that_there_is(part: Part) -> None:
    for command in (part.command, part.quick):
        name, *options = command
        there = get_command(app).commands[name]  # type: ignore[attr-defined]
        known = {option for parameter in there.params for option in parameter.opts}
        assert {it for it in options if it.startswith("--")} <= known, command
