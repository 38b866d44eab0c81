"""How the DynamoDB ledger reads what DynamoDB may answer: the protocol's order, throttles, lost answers, poison."""

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, ParamValidationError, ReadTimeoutError
from botocore.stub import Stubber

from shared.aws.clients import BUSY, understood
from shared.aws.ledger import CONFLICT_TRIES, DynamoLedger, item_of
from shared.message import Unreadable
from shared.ports import Busy, Stale, Tripwire
from shared.saga.record import Record, Stock
from tests.ports.conftest import Aws
from tests.ports.test_ledger import MON, TUE, undone
from tests.samples import booked, failed

STANDING = failed(cause="somebody else")


class Store:
    """A ledger on a client whose answers are written beforehand."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.client: Any = boto3.client("dynamodb")
        self.stub = Stubber(self.client)
        self.ledger = DynamoLedger(self.client, "table", self.waits.append)

    def cancels(self, *codes: str) -> None:
        """The next transaction is cancelled for these reasons: the record's, then each claim's."""
        reasons: list[dict[str, Any]] = [{"Code": code} for code in codes]
        if codes and codes[0] == "ConditionalCheckFailed":
            reasons[0]["Item"] = item_of(STANDING)
        told = {"CancellationReasons": reasons} if reasons else {}
        self.stub.add_client_error("transact_write_items", "TransactionCanceledException", modeled_fields=told)

    def succeeds(self) -> None:
        self.stub.add_response("transact_write_items", {})


@pytest.fixture
def store() -> Iterator[Store]:
    made = Store()
    with made.stub:
        yield made
        made.stub.assert_no_pending_responses()


NO, RECORD, STOCK, CONFLICT = "None", "ConditionalCheckFailed", "ConditionalCheckFailed", "TransactionConflict"


@pytest.mark.parametrize(
    "codes",
    [
        (RECORD, NO, NO),
        (RECORD, STOCK, STOCK),
        (RECORD, CONFLICT, NO),
        (RECORD, NO, "ThrottlingError"),
        (RECORD, "ValidationError", NO),
    ],
)
def test_the_record_speaks_first(store: Store, codes: tuple[str, ...]) -> None:
    """Decided before: whatever the claims say, the record that stands is the answer."""
    store.cancels(*codes)
    assert store.ledger.decide(booked()) == STANDING
    assert not store.waits


@pytest.mark.parametrize("code", sorted({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}))
@pytest.mark.parametrize("others", [(NO, NO), (STOCK, NO), ("ValidationError", NO)])
def test_a_conflict_says_nothing_yet_and_is_tried_again(store: Store, code: str, others: tuple[str, str]) -> None:
    """Even beside a claim that failed: the look was of a moment that is over."""
    store.cancels(NO, code, *others[:1])
    store.cancels(code, *others)
    store.succeeds()
    assert store.ledger.decide(booked()) == booked()
    assert len(store.waits) == 2


def test_a_conflict_that_does_not_end_is_left_to_redelivery(store: Store) -> None:
    """After a few jittered waits, each at most twice as long as the one before."""
    for _ in range(CONFLICT_TRIES):
        store.cancels(CONFLICT, NO, NO)
    with pytest.raises(Busy, match="TransactionConflict"):
        store.ledger.decide(booked())
    assert len(store.waits) == CONFLICT_TRIES - 1
    assert all(0 <= wait <= 0.02 * 2**tries for tries, wait in enumerate(store.waits, 1))


@pytest.mark.parametrize(
    ("codes", "stale"),
    [
        ((NO, STOCK, NO), (MON,)),
        ((NO, NO, STOCK), (TUE,)),
        ((NO, STOCK, STOCK), (MON, TUE)),
        ((NO, STOCK, "ValidationError"), (MON,)),
    ],
)
def test_a_claim_that_failed_makes_the_plan_stale(store: Store, codes: tuple[str, ...], stale: tuple[Any, ...]) -> None:
    """The answer names which."""
    store.cancels(*codes)
    assert store.ledger.decide(booked()) == Stale(stale)


@pytest.mark.parametrize("codes", [(NO, "ValidationError", NO), ("ValidationError", NO, NO)])
def test_a_validation_error_is_poison(store: Store, codes: tuple[str, ...]) -> None:
    """This message can never be written."""
    store.cancels(*codes)
    with pytest.raises(Unreadable):
        store.ledger.decide(booked())


@pytest.mark.parametrize("codes", [(), (NO, "SomethingNew", NO)])
def test_a_reason_that_nobody_knows_is_an_error_and_not_an_answer(store: Store, codes: tuple[str, ...]) -> None:
    """Never counted as success, as a refusal, or as poison."""
    store.cancels(*codes)
    with pytest.raises(ClientError):
        store.ledger.decide(booked())


def test_a_release_reads_its_answers_in_the_same_order(store: Store) -> None:
    """A record that changed, a conflict, too little held."""
    store.cancels(RECORD, STOCK, NO)
    assert store.ledger.release(booked(), undone(booked())) == STANDING
    store.cancels(NO, CONFLICT, NO)
    store.succeeds()
    assert store.ledger.release(booked(), undone(booked())) == undone(booked())
    store.cancels(NO, NO, STOCK)
    with pytest.raises(Tripwire, match="2017-07-11"):
        store.ledger.release(booked(), undone(booked()))


def test_a_decision_without_claims_is_a_plain_put_at_half_the_price(store: Store) -> None:
    """And reads its one condition alike."""
    store.stub.add_response("put_item", {})
    assert store.ledger.decide(failed()) == failed()
    store.stub.add_client_error(
        "put_item", "ConditionalCheckFailedException", modeled_fields={"Item": item_of(STANDING)}
    )
    assert store.ledger.decide(failed()) == STANDING


OPERATIONS: dict[str, Callable[[DynamoLedger], object]] = {
    "batch_get_item": lambda ledger: ledger.look("trip-1", (MON,)),
    "put_item": lambda ledger: ledger.decide(failed()),
    "transact_write_items": lambda ledger: ledger.decide(booked()),
}


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("code", sorted(BUSY))
def test_a_throttle_or_failure_of_the_store_is_busy(store: Store, operation: str, code: str) -> None:
    """The message is to be delivered again."""
    store.stub.add_client_error(operation, code, http_status_code=400)
    with pytest.raises(Busy, match=code):
        OPERATIONS[operation](store.ledger)


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize(
    ("code", "status", "meant"),
    [
        ("SomethingNew", 500, Busy),
        ("SomethingNew", 503, Busy),
        ("ValidationException", 400, Unreadable),
        ("AccessDeniedException", 400, ClientError),
        ("ResourceNotFoundException", 400, ClientError),
    ],
)
def test_other_errors_are_what_they_are(
    store: Store, operation: str, code: str, status: int, meant: type[Exception]
) -> None:
    """A server's failure passes, poison does not, a wrong deployment is a bug to be seen."""
    store.stub.add_client_error(operation, code, http_status_code=status)
    with pytest.raises(meant):
        OPERATIONS[operation](store.ledger)


def test_a_look_that_is_only_half_answered_is_busy(store: Store) -> None:
    """Acting on the half would be acting on a lie."""
    store.stub.add_response(
        "batch_get_item", {"Responses": {}, "UnprocessedKeys": {"table": {"Keys": [{"pk": {"S": "x"}}]}}}
    )
    with pytest.raises(Busy, match="unread"):
        store.ledger.look("trip-1", (MON,))


def test_errors_of_the_connection_are_busy_and_of_the_parameters_poison() -> None:
    """Nobody knows what became of the first kind."""
    assert isinstance(understood(ConnectTimeoutError(endpoint_url="https://x")), Busy)
    assert isinstance(understood(ReadTimeoutError(endpoint_url="https://x")), Busy)
    assert isinstance(understood(ParamValidationError(report="wrong")), Unreadable)


def test_an_answer_that_is_lost_is_found_again_by_the_retry(moto: Aws) -> None:
    """The write happened, nobody heard of it: the redelivery finds its own record, and the stock was taken once."""
    client = moto.client("dynamodb")
    ledger = DynamoLedger(client, moto.table("hotel"))

    def lose(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://dynamodb")

    calls: list[tuple[str, Callable[[], object], Record]] = [
        ("TransactWriteItems", lambda: ledger.decide(booked()), booked()),
        ("TransactWriteItems", lambda: ledger.release(booked(), undone(booked())), undone(booked())),
        ("PutItem", lambda: ledger.decide(failed("trip-2")), failed("trip-2")),
    ]
    for operation, work, answer in calls:
        event = f"after-call.dynamodb.{operation}"
        client.meta.events.register(event, lose)
        with pytest.raises(Busy):
            work()
        client.meta.events.unregister(event, lose)
        assert work() == answer
    assert ledger.look("trip-1", (MON,)) == (undone(booked()), {MON: Stock(10, 10, 0)})


def test_a_record_is_written_as_it_will_be_read(store: Store) -> None:
    """What goes into the condition's answer comes back whole."""
    found: Record = booked()
    store.stub.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        modeled_fields={"CancellationReasons": [{"Code": RECORD, "Item": item_of(found)}, {"Code": NO}, {"Code": NO}]},
    )
    assert store.ledger.decide(booked(cause="later")) == found
