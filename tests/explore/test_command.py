"""`wayfare explore`: what a person sees, keeps and plays again."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.cli import app

RUN = CliRunner()


def test_a_case_is_explored_and_counted() -> None:
    answer = RUN.invoke(app, ["explore", "conflict", "--json"])
    assert answer.exit_code == 0
    told = json.loads(answer.stdout)
    assert told["cases"][0]["violations"] == []
    assert told["states"] == told["cases"][0]["states"] > 1000


def test_a_counterexample_is_saved_and_played_again_as_a_story(tmp_path: Path) -> None:
    assert RUN.invoke(app, ["explore", "--mutant", "pivot-decides", "--save", str(tmp_path)]).exit_code == 0
    played = RUN.invoke(app, ["explore", "--replay", str(tmp_path / "pivot-decides.json")])
    assert played.exit_code == 1
    assert "says that the deadline has passed" in played.stdout
    assert "S4 at trip trip-1: car is booked, but hotel not" in played.stdout


def test_a_schedule_that_the_code_no_longer_takes_is_named(tmp_path: Path) -> None:
    RUN.invoke(app, ["explore", "--mutant", "pivot-decides", "--save", str(tmp_path)])
    file = tmp_path / "pivot-decides.json"
    kept = json.loads(file.read_text())
    kept["mutant"], kept["case"] = None, "deadline"
    file.write_text(json.dumps(kept))
    played = RUN.invoke(app, ["explore", "--replay", str(file)])
    assert played.exit_code == 2, played.stdout
    assert "cannot be taken: the code has changed" in played.stderr


@pytest.mark.parametrize("arguments", [["no-such-case"], ["--mutant", "no-such"], ["--replay", "nowhere.json"]])
def test_what_is_not_there_is_named_with_what_is(arguments: list[str]) -> None:
    answer = RUN.invoke(app, ["explore", *arguments])
    assert answer.exit_code == 2
    assert "no" in answer.stderr


def test_the_list_names_every_case_and_mutant() -> None:
    told = json.loads(RUN.invoke(app, ["explore", "--list", "--json"]).stdout)
    assert len(told["mutants"]) == 17
    assert any(case["bounded"] for case in told["cases"])
