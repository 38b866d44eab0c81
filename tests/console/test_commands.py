"""Without an engine and without an account: usage, and one sentence for everything that is missing."""

import shutil
from pathlib import Path

import pytest

from console.trouble import Exit
from sandbox.engine.process import PROJECT
from tests.console.conftest import Wayfare

EXAMPLE = PROJECT / "examples" / "trips" / "trip-success.json"
ASKING = (
    ("book", EXAMPLE),
    ("cancel", "trip-1"),
    ("status", "trip-1"),
    ("timeline", "trip-1"),
    ("trips",),
    ("inventory",),
    ("inventory", "hotel"),
    ("inventory", "set", "hotel", "holiday inn", "2017-07-10", "1"),
    ("dlq", "list"),
    ("dlq", "show", "quarantine"),
    ("dlq", "redrive", "hotel", "compensate"),
    ("stuck",),
    ("audit",),
    ("deploy", "hotel"),
)


@pytest.mark.parametrize("words", ASKING, ids=lambda words: " ".join(map(str, words[:2])))
def test_every_command_says_that_no_engine_is_up(no_engine: Wayfare, words: tuple[object, ...]) -> None:
    """One sentence with the cure, on stderr; stdout is empty."""
    result = no_engine(*words)
    assert result.exit_code == Exit.UNREACHABLE
    assert result.stdout == ""
    assert result.stderr == (
        "error: no local engine is up: start it with `wayfare up`, or name an AWS stage with `--stage`\n"
    )


def test_down_with_nothing_up_is_no_error(no_engine: Wayfare) -> None:
    """What is wanted is so already."""
    result = no_engine("down")
    assert (result.exit_code, result.stdout) == (Exit.OK, "No local engine is up.\n")


def test_a_state_file_that_nobody_can_read_is_named(no_engine: Wayfare, tmp_path: Path) -> None:
    """The sentence names the file to delete."""
    (tmp_path / "up.json").write_text("{}")
    result = no_engine("trips")
    assert result.exit_code == Exit.UNREACHABLE
    assert "up.json cannot be read" in result.stderr
    assert "delete it" in result.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("trips", "--stage", "moon"), "unknown stage 'moon'"),
        (("up", "--stage", "prod"), "stage prod lives on AWS: deploy it with `wayfare deploy platform hotel"),
        (("deploy", "train"), "there is no service 'train': choose from platform, hotel, flight, car, trip"),
        (("inventory", "trip"), "there is no service 'trip': choose from hotel, flight, car"),
        (("inventory", "set", "hotel", "a", "b", "--", "-1"), "capacity -1: give a whole number from 0"),
        (("timeline", "t", "--json", "--mermaid"), "--json and --mermaid exclude each other"),
        (("book", EXAMPLE, "--fresh-id", "--id", "x"), "--fresh-id and --id exclude each other"),
        (("book", "no-such-file.json"), "no-such-file.json cannot be read (No such file or directory)"),
    ],
)
def test_wrong_usage_is_named(no_engine: Wayfare, words: tuple[object, ...], told: str) -> None:
    """Exit code 2, and what to give instead."""
    result = no_engine(*words)
    assert result.exit_code == Exit.USAGE
    assert told in result.stderr


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"not json", "holds no JSON"),
        (b'{"tripId": "a", "tripId": "b"}', "'tripId' stands twice"),
        (b'{"travellers": NaN}', "NaN is no JSON number"),
        (b"\xff\xfe", "holds no JSON"),
        (b'["a"]', 'holds ["a"]: write one trip as a JSON object'),
        (b'"\\u001b[31m"', 'holds "\\u001b[31m": write one trip'),
    ],
)
def test_a_file_without_a_trip_is_refused(no_engine: Wayfare, tmp_path: Path, content: bytes, told: str) -> None:
    """The sentence says what is in it, and nothing is put."""
    file = tmp_path / "trip.json"
    file.write_bytes(content)
    result = no_engine("book", file)
    assert result.exit_code == Exit.USAGE
    assert told in result.stderr
    assert "\x1b" not in result.stderr


def test_an_aws_stage_without_a_region_or_keys_says_so(no_engine: Wayfare, monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS is not asked, and no engine is needed."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    assert "no AWS region is set" in no_engine("trips", "--stage", "dev").stderr
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    result = no_engine("trips", "--stage", "dev")
    assert result.exit_code == Exit.UNREACHABLE
    assert "no usable AWS credentials" in result.stderr


def test_an_aws_stage_is_deployed_by_the_cdk_command(no_engine: Wayfare) -> None:
    """One stack, by name, of one stage; the command's version is pinned."""
    result = no_engine("deploy", "hotel", "car", "--stage", "dev-ada", "--dry-run")
    assert result.exit_code == Exit.OK
    assert result.stdout.splitlines() == [
        f"npx --yes aws-cdk@2.1148.1 deploy wayfare-dev-ada-{name} --context stage=dev-ada --context services={name}"
        for name in ("hotel", "car")
    ]


def test_a_deployment_to_aws_can_go_unasked(no_engine: Wayfare) -> None:
    """For a pipeline, where nobody answers."""
    assert no_engine("deploy", "car", "--stage", "dev", "--dry-run", "--yes").stdout.endswith(
        "--require-approval never\n"
    )


def test_without_npx_the_cure_is_named(no_engine: Wayfare, monkeypatch: pytest.MonkeyPatch) -> None:
    """CDK's command is Node's."""
    monkeypatch.setattr(shutil, "which", lambda _: None)
    result = no_engine("deploy", "hotel", "--stage", "dev")
    assert result.exit_code == Exit.UNREACHABLE
    assert "npx is not on the PATH: install Node.js 20 or newer" in result.stderr
