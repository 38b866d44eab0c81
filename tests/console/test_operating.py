"""`wayfare dlq show`, `dlq redrive` and `stuck` on the local engine: what an operator sees and does at three in the morning."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import EndpointConnectionError

from console.commands import show
from console.commands.audit import CODES, code_of
from console.render import standing
from console.trouble import Exit
from infra.catalog import CATALOG
from sandbox.auditor import Violation
from sandbox.local_world import LocalWorld
from sandbox.memory.log import MemorySagaLog
from sandbox.world import Inbox
from shared.observer.standing import Known, assess
from shared.saga.timeline import Facts
from tests.console.conftest import Wayfare
from tests.console.given import FLIGHT_REFUSED, HOTEL_BOOKED, noted
from tests.operating.given import broken, envelope, mended, swept
from tests.saga.story import Story, requested, settled, switched_off, switched_on

UNDO = Inbox("hotel", "compensate")
BOOK = Inbox("flight", "book")


@pytest.fixture
def story(local: LocalWorld) -> Iterator[Story]:
    """On the engine; nothing lies in its dead-letter queues before, nor after."""
    swept(local)
    yield Story(local)
    swept(local)


def asked(wayfare: Wayfare, *words: object) -> tuple[int, Any]:
    """A command's exit code, and its JSON."""
    result = wayfare(*words, "--json")
    return result.exit_code, json.loads(result.stdout)


def test_a_parked_message_is_shown_predicted_and_redriven(wayfare: Wayfare, story: Story) -> None:
    """First it would come back; after the fix it would apply; then it did, and the trip has its end."""
    trip = story.trip["tripId"]
    story.given(broken(UNDO))
    try:
        story.when(requested(failBookCar=True), settled())
        code, (shown,) = asked(wayfare, "dlq", "show", "hotel", "compensate")
        assert (code, shown["tripId"], shown["detailType"], shown["kind"]) == (
            0,
            trip,
            "CarBookingFailed",
            "unreadable",
        )
        assert "no failure downstream" in shown["reason"]
        code, told = asked(wayfare, "dlq", "redrive", "hotel", "compensate", "--dry-run")
        assert (code, told["messages"][0]["prediction"]) == (Exit.NO, "poison")
        left = asked(wayfare, "dlq", "redrive", "hotel", "compensate")
        assert (left[0], left[1]["messages"][0]["moved"]) == (Exit.NO, False)
        code, told = asked(wayfare, "stuck", trip)
        (waits,) = told["trips"]
        assert (code, waits["status"], waits["awaits"]) == (
            Exit.NO,
            "COMPENSATING",
            [{"event": "HotelCancelled", "of": "hotel"}],
        )
        assert waits["advice"]["command"] == f"wayfare dlq redrive hotel compensate --trip {trip}"
        assert f"{trip}: COMPENSATING" in wayfare("stuck", trip).stdout
    finally:
        story.when(mended(UNDO))
    code, told = asked(wayfare, "dlq", "redrive", "hotel-compensate", "--dry-run", "--trip", trip)
    (message,) = told["messages"]
    assert (code, message["prediction"], message["to"]) == (Exit.OK, "will apply", ["hotel compensate"])
    assert "gives its booking back" in message["why"]
    code, told = asked(wayfare, "dlq", "redrive", "hotel", "compensate", "--trip", trip)
    (message,) = told["messages"]
    assert (code, message["moved"], message["outcome"]) == (Exit.OK, True, "already applied")
    story.then()
    assert asked(wayfare, "stuck", trip) == (Exit.OK, {"trips": [], "queues": told_idle(wayfare)})


def told_idle(wayfare: Wayfare) -> list[dict[str, Any]]:
    """The queues as the command lists them."""
    queues: list[dict[str, Any]] = asked(wayfare, "stuck", "nobody")[1]["queues"]
    return queues


def test_nothing_of_a_trip_is_shown_unless_it_is_asked_for(wayfare: Wayfare, story: Story, local: LocalWorld) -> None:
    """Ids and reasons alone; the body only with --body. Looking takes nothing away and hides nothing."""
    secret = f"Hotel {uuid4().hex}"
    dead = local._sqs.get_queue_url(QueueName="wayfare-local-hotel-book-dlq")["QueueUrl"]
    local._sqs.send_message(QueueUrl=dead, MessageBody=envelope({**story.trip, "hotel": secret}))
    local._sqs.send_message(QueueUrl=dead, MessageBody=f"{secret} is no event")
    for words in (("dlq", "list"), ("dlq", "show", "hotel", "book"), ("dlq", "redrive", "hotel", "book", "--dry-run")):
        assert secret not in wayfare(*words).stdout + wayfare(*words, "--json").stdout
    assert wayfare("dlq", "show", "hotel", "book", "--body").stdout.count(secret) == 2
    assert len(asked(wayfare, "dlq", "show", "hotel", "book")[1]) == 2
    assert max(map(len, wayfare("dlq", "show", "hotel", "book").stdout.splitlines())) <= 100


def test_poison_that_is_forced_comes_straight_back(wayfare: Wayfare, story: Story, local: LocalWorld) -> None:
    """And the command says so, with the reason and another id."""
    local.send(BOOK, "no event")
    story.when(settled())
    shown = wayfare("dlq", "redrive", "flight", "book")
    assert (shown.exit_code, "0 moved, 1 left where they are" in shown.stdout) == (Exit.NO, True)
    code, told = asked(wayfare, "dlq", "redrive", "flight", "book", "--force")
    (message,) = told["messages"]
    assert (code, message["moved"], message["outcome"]) == (Exit.NO, True, "back")
    assert message["outcomeWhy"].startswith("not readable as JSON")
    (again,) = asked(wayfare, "dlq", "show", "flight", "book")[1]
    assert again["id"] != message["id"]


def test_one_message_can_be_chosen_and_its_attributes_go_with_it(
    wayfare: Wayfare, story: Story, local: LocalWorld
) -> None:
    """The others stay; a reason becomes an earlier one, lest it be taken for the next failure's."""
    story.given(switched_off(*BOOK))
    dead = local._sqs.get_queue_url(QueueName="wayfare-local-flight-book-dlq")["QueueUrl"]
    attributes = {name: {"DataType": "String", "StringValue": name} for name in ("reason", "ERROR_CODE")}
    body = envelope({**story.trip, "hotel": "elsewhere"})
    ids = [
        local._sqs.send_message(QueueUrl=dead, MessageBody=body, MessageAttributes=attributes)["MessageId"]
        for _ in range(12)
    ]
    told = asked(wayfare, "dlq", "redrive", "flight", "book", "--message", ids[3], "--force", "--wait", 0)[1]
    assert [message["id"] for message in told["messages"]] == [ids[3]]
    assert len(asked(wayfare, "dlq", "show", "flight", "book")[1]) == 11
    url = local.queue_url(BOOK)
    (moved,) = local._sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert moved["Body"] == body
    assert {name: value["StringValue"] for name, value in moved["MessageAttributes"].items()} == {
        "earlierReason": "reason",
        "ERROR_CODE": "ERROR_CODE",
    }
    local.drop(BOOK)
    story.when(switched_on(*BOOK))


def test_a_redrive_that_dies_between_sending_and_deleting_loses_nothing(
    wayfare: Wayfare, story: Story, local: LocalWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is there twice: the next redrive finds it applied already."""
    story.given(broken(BOOK))
    try:
        story.when(requested(), settled())
    finally:
        story.when(mended(BOOK))
    sqs = local.engine.clients.client("sqs")

    def dies(**_asked: object) -> None:
        raise EndpointConnectionError(endpoint_url="gone")

    with monkeypatch.context() as patch:
        patch.setattr(sqs, "delete_message", dies)
        assert wayfare("dlq", "redrive", "flight", "book").exit_code == Exit.UNREACHABLE
    story.then()
    code, told = asked(wayfare, "dlq", "redrive", "flight", "book")
    (message,) = told["messages"]
    assert (code, message["prediction"], message["moved"]) == (Exit.OK, "already applied", True)
    story.then()


def test_a_queue_that_is_none_is_named(wayfare: Wayfare, local: LocalWorld) -> None:
    result = wayfare("dlq", "show", "hotel", "stock")
    assert result.exit_code == Exit.USAGE
    assert "there is no queue 'hotel stock': choose from quarantine, quarantine dlq, hotel book," in result.stderr


def test_an_empty_queue_is_no_trouble(wayfare: Wayfare, story: Story) -> None:
    """Nothing to move is nothing that comes back."""
    for words in (("show",), ("redrive",), ("redrive", "--dry-run")):
        assert wayfare("dlq", words[0], "car", "book", *words[1:]).exit_code == Exit.OK


def test_a_parked_compensation_is_told_with_its_reason() -> None:
    """By `status`: since which attempt, and what that one met."""
    parked = noted("hotel", "CompensationParked", 9, reason="Busy: the table is away", attempt=10)
    found = standing("trip-1", Known((HOTEL_BOOKED, FLIGHT_REFUSED, parked), None))
    assert found["status"] == "COMPENSATING"
    assert found["parkedBecause"] == {"hotel": "waits for an operator since attempt 10 (Busy: the table is away)"}


def test_status_and_trips_say_parked_and_what_to_type_next(no_engine: Wayfare, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next command redrives this trip's messages of that queue, after showing what would become of them."""
    parked = noted("hotel", "CompensationParked", 9, reason="Busy: the table is away", attempt=10)
    log = MemorySagaLog()
    for fact in (HOTEL_BOOKED, FLIGHT_REFUSED, parked):
        known = log.note(fact)
    log.enter(assess(Facts(known.noted, CATALOG.legs), None))
    monkeypatch.setattr(show, "connect", lambda _stage: SimpleNamespace(log=log))
    told = no_engine("status", "trip-1").stdout
    assert "hotel: waits for an operator since attempt 10" in told
    assert "Next: wayfare dlq redrive hotel compensate --trip trip-1 --dry-run\n" in told
    listed = no_engine("trips").stdout
    assert "COMPENSATING (parked)" in listed
    assert "Next: wayfare dlq list\n" in listed


def test_the_exit_code_of_an_audit_names_the_invariant() -> None:
    """Each has its own, for ever; of several the gravest speaks; none is one that another answer has."""
    assert CODES == {"S1": 11, "S2": 12, "S3": 13, "S4": 14, "S5": 15, "S6": 16, "L1": 21, "L2": 22, "L3": 23}
    assert code_of([]) == Exit.OK
    assert code_of([Violation(name, "", "") for name in ("L1", "S4", "S1")]) == 11
    assert not set(CODES.values()) & {int(code) for code in Exit}
