"""The command as a person runs it: what it prints, and when it fails."""

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from console.cli import app
from console.commands import chaos as command
from sandbox.auditor import Violation
from sandbox.chaos.plan import Plan
from sandbox.chaos.results import Chaos, Killed
from sandbox.chaos.run import Progress
from sandbox.engine import environment

CLEAN = {
    "seed": 7,
    "modes": ["choreography"],
    "trips": 3,
    "ends": {"CONFIRMED": 2, "FAILED requested_failure": 1},
    "kills": 2,
    "killed": [Killed("car-book", "after a call", 2)],
    "kills_asked": 2,
    "power_cuts": 1,
    "dark_seconds": 1.5,
    "aborted": 0,
    "pauses": 1,
    "poison": 7,
    "put_aside": 8,
    "redriven": 1,
    "reminded": 0,
    "lost": 0,
    "stuck": 0,
    "violations": [],
    "disturbed_seconds": 2.0,
    "drain_seconds": 3.0,
    "seconds": 9.0,
}


def invoke(monkeypatch: pytest.MonkeyPatch, *words: str, **changes: Any) -> tuple[int, str, str]:
    """The command on a run that found this."""

    def found(_plan: Plan, _progress: Progress) -> Chaos:
        return Chaos(**{**CLEAN, **changes})

    monkeypatch.setattr(command, "run_chaos", found)
    monkeypatch.setattr(environment, "ensure", lambda _report: None)
    result = CliRunner().invoke(app, ["chaos", *words])
    return result.exit_code, result.stdout, result.output


def test_a_clean_run_is_told_in_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """The seed, how trips ended, who was killed, what was done; exit code 0."""
    code, told, _ = invoke(monkeypatch, "--seed", "7", "--trips", "3", "--kills", "2")
    assert code == 0
    for words in ("seed 7", "FAILED requested_failure", "car-book", "after a call", "Nothing is lost"):
        assert words in told


def test_a_program_reads_nothing_but_json(monkeypatch: pytest.MonkeyPatch) -> None:
    code, told, _ = invoke(monkeypatch, "--json")
    assert code == 0
    assert json.loads(told)["killed"] == [{"function": "car-book", "moment": "after a call", "count": 2}]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"violations": [Violation("L1", "trip x", "only hotel booked")]},
            "the first: L1 at trip x: only hotel booked",
        ),
        ({"lost": 1}, "1 trips are lost, 0 are stuck (seed 7)"),
        ({"stuck": 2}, "0 trips are lost, 2 are stuck (seed 7)"),
        ({"kills": 1}, "only 1 of 2 processes could be killed"),
    ],
)
def test_whatever_is_amiss_makes_it_fail(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], sentence: str
) -> None:
    """Exit code 1, and a sentence with the seed that replays it."""
    code, _, told = invoke(monkeypatch, **changes)
    assert code == 1
    assert sentence in told.replace("\n", " ")


def test_an_unknown_mode_is_wrong_usage(monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, told = invoke(monkeypatch, "--modes", "dance")
    assert code == 2
    assert "there is no mode 'dance'" in told
