"""The entry for a state machine: a task in, the recorded answer out, and an error for everything else."""

import json
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.memory.ledger import MemoryLedger
from shared.aws import tasks
from shared.aws.settings import Misconfigured
from shared.aws.tasks import task_desk
from shared.aws.telemetry import metrics
from shared.message import Fact, Unreadable
from shared.ports import Busy
from shared.saga.effects import Ports
from shared.saga.intake import Terms
from tests.samples import PARTICIPANTS, TERMS, a_trip, with_faults_allowed
from tests.unit.test_tasks import CALL

pytestmark = pytest.mark.filterwarnings("ignore:No application metrics to publish")

CONTEXT: Any = SimpleNamespace(
    function_name="task", aws_request_id="r", memory_limit_in_mb=512, invoked_function_arn="arn"
)


class Function:
    """A participant's task function on a ledger and a bus of its own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str = "hotel", terms: Terms | None = None) -> None:
        self.ledger, self.told, self.refuses = MemoryLedger(), list[str](), False
        ports = Ports(self.ledger, self, tasks.NoDeadLetters())
        monkeypatch.setattr(tasks, "_open", lambda _who: (ports, terms or TERMS[name]))
        monkeypatch.setattr(metrics.provider, "namespace", "Wayfare/test")
        monkeypatch.delenv("WAYFARE_STAGE", raising=False)
        self.handler = task_desk(PARTICIPANTS[name])

    def publish(self, facts: Sequence[Fact]) -> Sequence[Exception | None]:
        self.told += [told.detail_type for told in facts]
        return [Busy("throttled") if self.refuses else None for _ in facts]

    def __call__(self, **changes: Any) -> dict[str, Any]:
        answer: dict[str, Any] = self.handler({**CALL, **changes}, CONTEXT)
        assert json.loads(json.dumps(answer)) == answer
        return answer


@pytest.fixture
def function(monkeypatch: pytest.MonkeyPatch) -> Function:
    return Function(monkeypatch)


def test_book_then_cancel(function: Function) -> None:
    """Each answers what is recorded, and has announced it."""
    assert function()["outcome"] == "Booked"
    assert function()["eventId"] == "hotel:trip-1:BOOKED"
    assert function(do="cancel", reason="car_unavailable")["outcome"] == "Cancelled"
    assert function.told == ["HotelBooked", "HotelBooked", "HotelCancelled"]


def test_another_request_is_answered_as_a_conflict(function: Function) -> None:
    """A value, too."""
    function()
    assert function(requestHash="another")["outcome"] == "Conflict"
    assert function.told == ["HotelBooked", "TripRequestRejected"]


def test_a_fault_is_the_invocations_error(function: Function) -> None:
    """By its own name, which the machine's Retry knows; the retry finds the record."""
    function.refuses = True
    with pytest.raises(Busy, match="throttled"):
        function()
    function.refuses = False
    assert function()["outcome"] == "Booked"


def test_what_is_no_task_is_an_error_that_is_not_retried(function: Function) -> None:
    """`Unreadable` is named in the machine's Retry."""
    with pytest.raises(Unreadable, match="task: "):
        function(do="undo")


@pytest.mark.parametrize(("do", "on"), [("book", "book"), ("cancel", "compensate")])
def test_a_fault_that_the_trip_asks_for_counts_the_machines_tries(
    monkeypatch: pytest.MonkeyPatch, do: str, on: str
) -> None:
    """As deliveries of a queue are counted."""
    function = Function(monkeypatch, terms=with_faults_allowed(TERMS["hotel"]))
    trip = a_trip(faults=[{"at": "hotel", "on": on, "do": "throttle", "times": 2}])
    if do == "cancel":
        function(trip=trip)
    for attempt in (1, 2):
        with pytest.raises(Busy, match=f"delivery {attempt}"):
            function(do=do, trip=trip, attempt=attempt)
    assert function(do=do, trip=trip, attempt=3)["outcome"] in ("Booked", "Cancelled")


def test_a_worker_that_is_to_die_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a killed one would: the write is there, the fact is not."""
    died: list[int] = []

    def die(code: int) -> None:
        died.append(code)
        raise SystemExit(code)

    monkeypatch.setattr("shared.aws.tasks.os._exit", die)
    function = Function(monkeypatch, terms=with_faults_allowed(TERMS["hotel"]))
    trip = a_trip(faults=[{"at": "hotel", "do": "crash_after"}])
    with pytest.raises(SystemExit):
        function(trip=trip)
    assert (died, function.told) == ([70], [])
    assert function(trip=trip, attempt=2)["outcome"] == "Booked"


def test_a_task_has_no_message_to_put_away() -> None:
    """Whoever tried it would have found a bug."""
    with pytest.raises(NotImplementedError, match="poison: 4 characters"):
        tasks.NoDeadLetters().park("body", "poison")


def test_a_wrong_deployment_fails_while_the_function_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, with the variable's name."""
    monkeypatch.setenv("WAYFARE_STAGE", "local")
    monkeypatch.delenv("WAYFARE_BUS", raising=False)
    with pytest.raises(Misconfigured, match="WAYFARE_BUS is not set"):
        task_desk(PARTICIPANTS["hotel"])
