"""`wayfare canvas`: what it draws and says, and what its exit code tells."""

import json

import pytest
from typer.testing import CliRunner, Result

from console.canvas import sagas
from console.cli import app
from console.commands import canvas
from infra.canvas.design import Design
from infra.canvas.finding import Finding


def wayfare(*words: str) -> Result:
    return CliRunner().invoke(app, ["canvas", *words])


@pytest.fixture
def a_finding(monkeypatch: pytest.MonkeyPatch) -> Finding:
    """Something is wrong."""
    found = Finding("unheard", "hotel compensate", "no rule of this queue hears CarCancelled", "give it one")

    def lint(_design: Design) -> list[Finding]:
        return [found]

    monkeypatch.setattr(canvas, "lint", lint)
    return found


def test_it_tells_who_hears_what_and_who_gives_back() -> None:
    told = wayfare()
    assert told.exit_code == 0, told.output
    assert "hotel (10), flight (20), car (30); the last is the pivot" in told.stdout
    lines = [" ".join(line.split()) for line in told.stdout.splitlines()]
    assert "flight hotel compensate FlightBookingFailed" in lines
    assert "CarBookingFailed flight, hotel" in lines
    assert lines[-1] == "Nothing is wrong with saga travel, stage local."


def test_another_saga_in_its_own_words() -> None:
    told = wayfare("--saga", "records", "--stage", "local-reverse")
    assert told.exit_code == 0, told.output
    assert "CommitFailed         commit, transform, process" in told.stdout


def test_a_check_prints_findings_only() -> None:
    assert wayfare("--check").stdout == "Nothing is wrong with saga travel, stage local.\n"


def test_a_finding_says_where_what_and_how_to_cure_it(a_finding: Finding) -> None:
    told = wayfare("--check")
    assert told.exit_code == 1
    assert told.stdout.splitlines() == [
        f"{a_finding.where}: {a_finding.what}.",
        "  Cure: give it one.",
        "1 findings in saga travel, stage local.",
    ]


def test_as_json_there_is_nothing_but_json(a_finding: Finding) -> None:
    told = wayfare("--json")
    assert told.exit_code == 1
    found = json.loads(told.stdout)
    assert found["findings"] == [a_finding._asdict()]
    assert {"from": "hotel", "to": "flight book", "words": ["HotelBooked"], "orchestrated": []} in found["edges"]
    assert {"queue": "wayfare-local-hotel-book", "deadLetters": "wayfare-local-hotel-book-dlq"} in found["queues"]
    assert [it["pivot"] for it in found["participants"]] == [False, False, True]


def test_a_drawing_stays_a_drawing_when_something_is_wrong(a_finding: Finding) -> None:
    """The finding goes to stderr."""
    told = wayfare("--mermaid")
    assert told.exit_code == 1
    assert told.stdout.startswith("flowchart LR\n")
    assert a_finding.what not in told.stdout
    assert a_finding.what in told.stderr


def test_a_catalogue_of_ones_own_is_named_by_its_module() -> None:
    assert (
        wayfare("--check", "--saga", sagas.SAGAS["records"]).stdout
        == "Nothing is wrong with saga records, stage local.\n"
    )


@pytest.mark.parametrize("words", [("--saga", "spa"), ("--saga", "infra.catalog:TRIP"), ("--stage", "moon")])
def test_what_does_not_exist_is_wrong_usage(words: tuple[str, ...]) -> None:
    told = wayfare(*words)
    assert told.exit_code == 2
    assert words[1] in told.stderr
