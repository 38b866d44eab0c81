"""Every command on the local engine, in the order a person would use them."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from console.render import entries
from console.trouble import Exit
from infra import stages
from infra.catalog import CATALOG
from sandbox.local_world import LocalWorld
from shared.saga.timeline import Facts
from tests.console.conftest import Wayfare
from tests.console.given import ESC
from tests.console.test_commands import EXAMPLE
from tests.samples import a_trip

FAILING = EXAMPLE.with_name("trip-fail-flight.json")


def put(wayfare: Wayfare, folder: Path, *options: str, **changes: Any) -> tuple[int, dict[str, Any]]:
    """Book and follow a trip of its own; exit code and JSON."""
    file = folder / "trip.json"
    file.write_text(json.dumps(a_trip(**{"tripId": f"console-{uuid4()}", **changes})))
    result = wayfare("book", file, "--follow", "--json", *options)
    return result.exit_code, json.loads(result.stdout)


def test_a_trip_is_booked_and_followed(wayfare: Wayfare) -> None:
    """Exit code 0 only because it was confirmed; the saga log is shown as it comes."""
    result = wayfare("book", EXAMPLE, "--fresh-id", "--follow")
    assert result.exit_code == Exit.OK
    lines = [line.split(" s  ")[1] for line in result.stdout.splitlines() if " s  " in line]
    assert lines[0] == "begin saga"
    assert lines[-2:] == ["end book car rental", "end saga (CONFIRMED)"]
    assert "\nCONFIRMED\n" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("Next: wayfare timeline ")


def test_a_trip_that_fails_is_a_failure_for_the_shell(wayfare: Wayfare) -> None:
    """Outcome and reason are named."""
    result = wayfare("book", FAILING, "--fresh-id", "--follow")
    assert result.exit_code == Exit.NO
    assert "FAILED (requested_failure: failBookFlight asked for it)" in result.stdout


def test_a_conflict_is_a_rejection_not_the_first_trips_outcome(wayfare: Wayfare, tmp_path: Path) -> None:
    """The same id with another payload: rejected, although a trip of that id is confirmed; status shows both."""
    name = f"console-{uuid4()}"
    assert put(wayfare, tmp_path, tripId=name)[0] == Exit.OK
    code, told = put(wayfare, tmp_path, tripId=name, car="Fiat")
    assert (code, told["status"]) == (Exit.NO, None)
    assert told["rejected"].startswith("conflict: tripId")
    shown = wayfare("status", name)
    assert shown.exit_code == Exit.OK
    assert "CONFIRMED" in shown.stdout
    assert f"request {told['eventId']} was rejected: conflict" in shown.stdout


def test_the_same_payload_again_has_the_same_outcome(wayfare: Wayfare, tmp_path: Path) -> None:
    """A duplicate is told what the first was told."""
    name = f"console-{uuid4()}"
    assert put(wayfare, tmp_path, tripId=name)[0] == put(wayfare, tmp_path, tripId=name)[0] == Exit.OK


def test_a_rejected_request_is_known_by_its_event(wayfare: Wayfare, tmp_path: Path) -> None:
    """Every problem is named; with no usable trip id, status finds it by the event's id."""
    code, told = put(wayfare, tmp_path, tripId="no id/at all", hotel=7)
    assert code == Exit.NO
    assert "tripId" in told["rejected"]
    assert "hotel = 7" in told["rejected"]
    shown = wayfare("status", told["eventId"])
    assert shown.exit_code == Exit.OK
    assert "hotel = 7" in shown.stdout


def test_a_name_cannot_steer_the_terminal(wayfare: Wayfare, tmp_path: Path) -> None:
    """Escape sequences and markup in a request are shown, not obeyed."""
    file = tmp_path / "trip.json"
    file.write_text(json.dumps(a_trip(tripId=f"console-{uuid4()}", depart=f"[red]{ESC}Rome")))
    result = wayfare("book", file, "--follow")
    assert result.exit_code == Exit.NO
    assert "[red]" in result.stdout
    assert "\x1b" not in result.stdout


def test_a_trip_without_an_outcome_in_time(wayfare: Wayfare) -> None:
    """No patience at all: exit code 3, and where to look."""
    result = wayfare("book", EXAMPLE, "--fresh-id", "--follow", "--timeout", "0")
    assert result.exit_code == Exit.UNREACHABLE
    assert "has no outcome after 0 s" in result.stderr
    assert "`wayfare status " in result.stderr


def test_a_trip_that_the_state_machine_books(wayfare: Wayfare) -> None:
    """The same command, the same log, the same end."""
    result = wayfare("book", EXAMPLE, "--mode", "orchestration", "--fresh-id", "--follow")
    assert result.exit_code == Exit.OK
    assert "end saga (CONFIRMED)" in result.stdout


def test_a_mode_that_the_stage_lacks(wayfare: Wayfare, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before anything is put."""
    monkeypatch.setitem(stages.BASES, "local", replace(stages.LOCAL, orchestrator=False))
    result = wayfare("book", EXAMPLE, "--mode", "orchestration")
    assert result.exit_code == Exit.USAGE
    assert "stage local has no orchestrator" in result.stderr


def test_timeline_in_three_forms(wayfare: Wayfare, tmp_path: Path, local: LocalWorld) -> None:
    """Text, JSON and Mermaid tell the same log."""
    _, told = put(wayfare, tmp_path, failBookCar=True)
    name = told["tripId"]
    local.settle()
    expected = [entry.text for entry in entries(Facts(local.known(name).noted, CATALOG.legs))]
    as_json = json.loads(wayfare("timeline", name, "--json").stdout)
    assert [line["text"] for line in as_json["log"]] == expected
    assert as_json["status"] == "FAILED"
    assert [line.split(" s  ")[1] for line in wayfare("timeline", name).stdout.splitlines()] == expected
    diagram = wayfare("timeline", name, "--mermaid").stdout
    assert diagram.startswith("sequenceDiagram\n")
    assert "car--xhotel: CarBookingFailed" in diagram


def test_a_booked_trip_can_be_cancelled(wayfare: Wayfare, tmp_path: Path, local: LocalWorld) -> None:
    """The command puts the request; the trip ends cancelled."""
    _, told = put(wayfare, tmp_path)
    result = wayfare("cancel", told["tripId"], "--json")
    assert json.loads(result.stdout)["tripId"] == told["tripId"]
    local.settle()
    status = json.loads(wayfare("status", told["tripId"], "--json").stdout)
    assert (status["status"], status["reason"]) == ("CANCELLED", "cancelled")


@pytest.mark.parametrize("command", ["status", "timeline"])
def test_an_unknown_trip_is_no_traceback(wayfare: Wayfare, command: str) -> None:
    """Exit code 1 and what to do."""
    result = wayfare(command, "nobody-knows")
    assert result.exit_code == Exit.NO
    assert "nothing is known of trip nobody-knows on stage local" in result.stderr


def test_an_id_that_cannot_be_one(wayfare: Wayfare) -> None:
    """Neither asked for nor put."""
    for command in ("cancel", "status"):
        assert wayfare(command, "a b\n").exit_code == Exit.USAGE


def test_trips_fit_and_are_json_for_a_program(wayfare: Wayfare, tmp_path: Path) -> None:
    """The newest first; no line is wider than 100 columns."""
    _, told = put(wayfare, tmp_path, tripId=f"{uuid4()}-{uuid4()}"[:64], failBookHotel=True)
    shown = wayfare("trips", "--limit", 200)
    assert told["tripId"] in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 100
    assert told["tripId"] in [trip["tripId"] for trip in json.loads(wayfare("trips", "--json").stdout)]


def test_stock_is_set_and_shown_by_its_owner(wayfare: Wayfare) -> None:
    """The owner's own code spells the item, and refuses what it does not sell."""
    hotel = f"Console  {uuid4().hex[:6]}"
    assert wayfare("inventory", "set", "hotel", hotel, "2027-01-02", 3).exit_code == Exit.OK
    rows = json.loads(wayfare("inventory", "hotel", "--json").stdout)
    mine = [row for row in rows if row["item"] == " ".join(hotel.lower().split())]
    assert [(row["unit"], row["capacity"], row["available"], row["held"]) for row in mine] == [("2027-01-02", 3, 3, 0)]
    assert {row["service"] for row in rows} == {"hotel"}
    refused = wayfare("inventory", "set", "hotel", hotel, "tomorrow", 3)
    assert refused.exit_code == Exit.NO
    assert refused.stderr.startswith("error: hotel refuses: unit = 'tomorrow'")
    assert max(map(len, wayfare("inventory").stdout.splitlines())) <= 100


def test_dead_letters_and_quarantine_say_why(wayfare: Wayfare, local: LocalWorld) -> None:
    """A misspelt event and an unreadable one are seen with their reasons; looking takes nothing away."""
    local.put({}, "HotelBoked", "travel.hotel")
    local.put({"metadata": {"version": 99}}, "FlightBooked", "travel.flight")
    local.settle()
    for _ in range(2):
        queues = {queue["queue"]: queue for queue in json.loads(wayfare("dlq", "list", "--json").stdout)}
        assert "HotelBoked from travel.hotel" in queues["wayfare-local-quarantine"]["reasons"]
        (reason,) = queues["wayfare-local-car-book-dlq"]["reasons"]
        assert "99" in reason
        assert queues["wayfare-local-car-book-dlq"]["oldest"]
    shown = wayfare("dlq", "list").stdout
    assert max(map(len, shown.splitlines())) <= 100


def test_a_stage_that_is_not_deployed_is_named(wayfare: Wayfare) -> None:
    """The engine would take the event and drop it, so the command asks first."""
    result = wayfare("book", EXAMPLE, "--stage", "local-elsewhere")
    assert result.exit_code == Exit.UNREACHABLE
    assert "stage local-elsewhere is not deployed on the local engine" in result.stderr


def test_one_service_is_deployed_alone(wayfare: Wayfare) -> None:
    """Nothing has changed, so nothing is done; only the one stack is named."""
    result = wayfare("deploy", "hotel")
    assert result.exit_code == Exit.OK
    assert result.stdout.startswith("wayfare-local-hotel: unchanged")
    assert len(result.stdout.splitlines()) == 1
