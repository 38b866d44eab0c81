"""`wayfare up`, what it prints, and `down`; and the whole demonstration: as processes of their own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from sandbox.engine.process import PROJECT, free_port

COMMAND = (
    "import sys; from pathlib import Path; from console import local; local.STATE = Path(sys.argv.pop(1));"
    " from console.cli import main; main()"
)


class Person:
    """Somebody at a terminal, whose `.wayfare/up.json` is their own."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.port = free_port()

    def types(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run `wayfare` with these words."""
        return subprocess.run(
            [sys.executable, "-c", COMMAND, str(self.state), *words],
            cwd=PROJECT,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )


@pytest.fixture(scope="module")
def person(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Person]:
    """Goes home with everything switched off."""
    somebody = Person(tmp_path_factory.mktemp("state") / "up.json")
    yield somebody
    assert somebody.types("down").returncode == 0


@pytest.fixture(scope="module")
def particulars(person: Person) -> dict[str, Any]:
    """What `up --json` tells a program."""
    done = person.types("up", "--port", str(person.port), "--json")
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def test_up_prints_what_any_client_needs(person: Person, particulars: dict[str, Any]) -> None:
    """Endpoint, region, keys, bus and the exact line; a second `up` says that it is up, and prints them again."""
    again = person.types("up")
    assert again.returncode == 0
    assert again.stdout.startswith("Wayfare is up already")
    for value in particulars.values():
        assert value in again.stdout
    assert particulars["endpoint"] == f"http://127.0.0.1:{person.port}"


def test_an_ordinary_aws_cli_books_a_trip(particulars: dict[str, Any], person: Person) -> None:
    """The printed line, as it is, in a shell that knows nothing else of AWS."""
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    bare["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), bare["PATH"]])
    done = subprocess.run(
        ["sh", "-c", particulars["putEvents"]], cwd=PROJECT, env=bare, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["FailedEntryCount"] == 0
    followed = person.types("book", "examples/trips/trip-success.json", "--follow")
    assert followed.returncode == 0, followed.stdout + followed.stderr


def test_plain_boto3_books_a_trip(person: Person, particulars: dict[str, Any]) -> None:
    """With the printed particulars alone, and the example's verbatim content."""
    events = boto3.client(
        "events",
        endpoint_url=particulars["endpoint"],
        region_name=particulars["region"],
        aws_access_key_id=particulars["accessKeyId"],
        aws_secret_access_key=particulars["secretAccessKey"],
    )
    trip = (PROJECT / "examples" / "trips" / "trip-success.json").read_text()
    entry = {
        "Source": "travel.client",
        "DetailType": "TripRequested",
        "Detail": trip,
        "EventBusName": particulars["bus"],
    }
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    # the same payload again is a duplicate: it ends as the first does
    followed = person.types("book", "examples/trips/trip-success.json", "--follow")
    assert followed.returncode == 0, followed.stdout + followed.stderr
    assert json.loads(trip)["tripId"] in person.types("trips").stdout


def test_another_port_is_refused_while_it_is_up(person: Person, particulars: dict[str, Any]) -> None:
    """The sentence names the port in use."""
    done = person.types("up", "--port", "1024")
    assert done.returncode == 2
    assert f"is up already, on port {person.port}" in done.stderr


def test_a_taken_port_is_refused(person: Person, particulars: dict[str, Any], tmp_path: Path) -> None:
    """Nothing is left of the attempt."""
    other = Person(tmp_path / "up.json")
    done = other.types("up", "--port", str(person.port))
    assert done.returncode == 3
    assert f"port {person.port} on 127.0.0.1 cannot be used" in done.stderr
    assert "Traceback" not in done.stderr
    assert not other.state.exists()


def test_colours_only_on_a_terminal(person: Person, particulars: dict[str, Any]) -> None:
    """A pipe gets plain text, errors too."""
    done = person.types("status", "nobody-knows")
    assert "\x1b" not in done.stdout + done.stderr


def test_the_demonstration_from_nothing_to_nothing(person: Person, particulars: dict[str, Any]) -> None:
    """It runs beside an engine that is up, on one of its own, and shows both logs, the figures and what is next."""
    done = person.types("demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "=> CONFIRMED" in done.stdout
    assert "=> FAILED (requested_failure: failBookFlight asked for it)" in done.stdout
    assert "Both trips ended as they must" in done.stdout
    assert max(len(line) for line in done.stdout.splitlines() if "trip " not in line) <= 100
    assert person.types("trips").returncode == 0


def test_down_ends_it(particulars: dict[str, Any], person: Person) -> None:
    """Afterwards nothing is up, and every command says so."""
    assert person.types("down").stdout.startswith(f"The local engine on port {person.port} is down")
    assert not person.state.exists()
    assert person.types("trips").returncode == 3
