"""`wayfare simulate`: what it prints, as text and as JSON, and what its exit code says."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from console.cli import app
from console.screen import Screen
from console.simulate.schedules import Moment, replay_command, say_tally
from sandbox.auditor import Violation
from sandbox.simulate.campaign import Tally
from sandbox.simulate.schedule import NO_LIMITS, Limits
from sandbox.simulate.weather import Fault


def wayfare(*words: str) -> Result:
    return CliRunner().invoke(app, ["simulate", *words])


def test_schedules_are_counted_and_one_is_offered_as_a_story() -> None:
    told = wayfare("--schedules", "40", "--seed", "5")
    assert told.exit_code == 0, told.output
    assert "40 schedules (seeds 5 to 44)" in told.stdout
    assert "No violation" in told.stdout
    assert "wayfare simulate --seed 5 --replay" in told.stdout


def test_as_json_there_is_nothing_but_json() -> None:
    found = json.loads(wayfare("--schedules", "20", "--json").stdout)
    assert (found["schedules"], found["failing"], found["failures"]) == (20, 0, [])
    assert found["effects"] > 100


def test_a_replay_tells_the_story() -> None:
    told = wayfare("--seed", "3", "--replay", "--most-trips", "1", "--faults", "none")
    assert told.exit_code == 0, told.output
    assert "client" in told.stdout
    assert "puts TripRequested of trip-1" in told.stdout
    assert "Nothing is wrong." in told.stdout


def test_a_replay_as_json_holds_every_moment() -> None:
    found = json.loads(wayfare("--seed", "3", "--replay", "--json").stdout)
    assert [*found["story"][0]] == [*Moment._fields]
    assert found["violations"] == []


@pytest.mark.parametrize(("option", "wrong"), [("--faults", "rain"), ("--modes", "anarchy")])
def test_an_unknown_word_is_named_with_those_that_are_known(option: str, wrong: str) -> None:
    told = wayfare(option, wrong)
    assert told.exit_code == 2
    assert wrong in told.stderr
    assert "choose from" in told.stderr


def test_a_failing_seed_comes_with_the_commands_that_replay_it(capsys: pytest.CaptureFixture[str]) -> None:
    """The schedule as it was, and a shorter one of its kind."""
    tally = Tally(schedules=9, failing=1, failures=[(7, [Violation("S1", "hotel", "1 held, but nothing claims it")])])
    say_tally(Screen(), tally, 0, NO_LIMITS, (2, Limits(trips=1, faults=frozenset({Fault.TWICE, Fault.BUSY}))))
    told = capsys.readouterr().out
    assert "S1 at hotel: 1 held, but nothing claims it" in told
    assert "wayfare simulate --seed 7 --replay" in told
    assert "wayfare simulate --seed 2 --replay --most-trips 1 --faults busy,twice" in told


def test_a_replay_command_names_what_differs_from_the_default() -> None:
    assert replay_command(4) == "wayfare simulate --seed 4 --replay"
    reverse = Limits(trips=2, faults=frozenset(), modes=("choreography-reverse",))
    assert replay_command(4, reverse).endswith("--most-trips 2 --faults none --modes choreography-reverse")


def test_a_large_stage_is_told_on_paper_and_drawn(tmp_path: Path) -> None:
    """Tables that say that they are simulated, and a page that needs nothing else."""
    page = tmp_path / "scale.html"
    told = wayfare("--rate", "400", "--minutes", "1", "--modes", "orchestration", "--html", str(page))
    assert told.exit_code == 0, told.output
    assert "not measured" in told.stdout
    assert "StartExecution" in told.stdout
    assert max(map(len, told.stdout.splitlines())) <= 300
    drawn = page.read_text()
    assert "not measured" in drawn
    assert drawn.count("<svg") == 2
    assert "http" not in drawn.replace("http://www.w3.org", "")


def test_a_large_stage_as_json() -> None:
    found = json.loads(wayfare("--rate", "50", "--minutes", "1", "--modes", "choreography", "--json").stdout)
    assert [it["case"] for it in found["runs"]] == ["quiet", "default quotas", "raised quotas"]
    assert found["breaks"]["choreography"][0]["limit"]


def test_a_mix_that_is_none_is_named(tmp_path: Path) -> None:
    mix = tmp_path / "mix.json"
    mix.write_text('{"shares": {"sunny": 1}}')
    told = wayfare("--rate", "10", "--mix", str(mix))
    assert told.exit_code == 2
    assert "sunny" in told.stderr
