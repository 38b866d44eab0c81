"""The command as a person runs it: once on the engine, small; and loud when something is wrong."""

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from console.cli import app
from console.commands import compare as command
from sandbox.compare.results import Broken, Results
from sandbox.compare.session import Asked, Progress
from sandbox.modes import MODES
from tests.compare.given import some_results


def invoke(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["compare", *words])
    return result.exit_code, result.output


def test_a_small_comparison_on_the_engine(tmp_path: Path) -> None:
    """Every phase of two modes; nothing is violated, and the three reports are there."""
    code, told = invoke(
        "--quick",
        "--trips",
        "10",
        "--rounds",
        "1",
        "--modes",
        "choreography,orchestration",
        "--out",
        str(tmp_path),
    )
    assert code == 0, told
    found = msgspec.json.decode((tmp_path / "results.json").read_bytes(), type=Results)
    assert found.violations == []
    assert found.modes == ["choreography", "orchestration"]
    assert all(sums["trips"] == 10 and sums["open"] == 0 for sums in found.balances.values())
    assert all(it.seconds is not None for it in found.samples if it.phase == "rounds")
    assert all((it.lost, it.stuck) == (0, 0) for it in found.outages)
    assert all(cost.operations["events"] > 0 for cost in found.costs)
    assert "No violation" in told
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "report.md").read_text().startswith("# ")


def test_a_violation_makes_it_fail_and_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Exit code 1, the invariant and the trip; the reports are written all the same."""

    def broken(_asked: Asked, _progress: Progress) -> Results:
        return msgspec.structs.replace(some_results(), violations=[Broken("L1", "trip ch-7", "only hotel booked")])

    monkeypatch.setattr(command, "compare_modes", broken)
    code, told = invoke("--out", str(tmp_path))
    assert code == 1
    assert "1 violations of L1; the first: L1 at trip ch-7: only hotel booked" in told
    assert json.loads((tmp_path / "results.json").read_text())["violations"][0]["invariant"] == "L1"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--modes", "dance"), "there is no mode 'dance': choose from choreography"),
        (("--trips", "1", "--rounds", "3"), "give at least one for each round"),
        (("--mix", "/nowhere.json"), "/nowhere.json cannot be read"),
        (("--prices", "/nowhere.json"), "/nowhere.json"),
        (("--faults", "/nowhere.json"), "/nowhere.json cannot be read"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(words: tuple[str, ...], sentence: str) -> None:
    code, told = invoke(*words)
    assert code == 2
    assert sentence in told.replace("\n", " ")


def test_every_mode_is_compared_unless_some_are_named() -> None:
    assert list(MODES)[:2] == ["choreography", "choreography-reverse"]
