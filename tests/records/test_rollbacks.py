"""A saga that undoes failures, row by row: which record gives way to whom, and when it is over."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest

from examples.records.commit.participant import COMMIT
from examples.records.deploy.catalog import RECORDS_CATALOG
from examples.records.process.participant import PROCESS
from examples.records.saga import RECORDS
from examples.records.transform.participant import TRANSFORM
from shared.message import Mode
from shared.saga.announcing import announcement
from shared.saga.intake import Terms
from shared.saga.participant import Participant
from shared.saga.record import Record, State
from shared.saga.runtime import Delivery, handle_notice
from shared.saga.tasks import Answer, Do, Outcome, Task, collect, perform
from shared.saga.timeline import Noted, Status, facts_of, verdict
from shared.trip import TRIP
from tests.records.story import transaction
from tests.samples import NOW, body
from tests.unit.by_hand import Run, by_hand, ledger

WRITTEN = {"record": {"TransactionId": "tx-1", "state": "done"}}


def record(state: State, **changes: object) -> Record:
    """A record of the transaction."""
    standing = Record(
        trip_id="tx-1",
        state=state,
        cause="event-1",
        decided_at=NOW,
        mode=Mode.CHOREOGRAPHY,
        request_hash="hash",
        trip=transaction("tx-1"),
        details=WRITTEN if state is State.BOOKED else {},
        requested_at=NOW,
        deadline=NOW + timedelta(minutes=5),
    )
    return msgspec.structs.replace(standing, **changes)


def hears(who: Participant, teller: Participant, told: Record, standing: Record | None) -> Run:
    """The participant, with this on record, hears what a participant announces of its own."""
    fact = announcement(teller, told)
    message = body(fact.detail_type, fact.source, msgspec.json.decode(fact.detail()))
    return by_hand(handle_notice(who, Terms(), Delivery(message, NOW)), ledger(standing))


@pytest.mark.parametrize("who", [PROCESS, TRANSFORM, COMMIT], ids=lambda who: who.name)
@pytest.mark.parametrize("details", [{}, WRITTEN], ids=["nothing written", "written"])
def test_a_failed_step_that_hears_itself_rolls_back(who: Participant, details: dict[str, object]) -> None:
    """It tells whether there was something to roll back."""
    failed = record(State.FAILED, reason="step_failed", message="it failed", details=details)
    run = hears(who, who, failed, failed)
    assert [each.released for each in run.released] == [bool(details)]
    assert run.said == [f"{who.title}RolledBack step_failed"]


def test_a_commit_gives_way_to_no_failure() -> None:
    """Not even to one of its own that somebody put on the bus."""
    failed = record(State.FAILED, reason="step_failed", message="it failed")
    run = hears(COMMIT, COMMIT, failed, record(State.BOOKED))
    assert (run.released, run.said) == ([], ["CommitDone"])


def test_a_saga_that_does_not_undo_failures_puts_its_own_failure_aside() -> None:
    """Nobody has a rule for it; if it came all the same, a refusal would stay what it is."""
    who = replace(TRANSFORM, saga=replace(RECORDS, undoes_failures=False))
    failed = record(State.FAILED, reason="step_failed", message="it failed")
    run = hears(who, who, failed, failed)
    assert run.quarantined
    assert not TRIP.undoes_failures


@pytest.mark.parametrize(("standing", "outcome"), [(State.FAILED, Outcome.CANCELLED), (State.BOOKED, Outcome.BOOKED)])
def test_the_machine_rolls_back_a_pivot_that_refused_and_none_that_committed(standing: State, outcome: Outcome) -> None:
    """It asks to cancel; the record decides."""
    answers = list[Answer]()
    task = Task(
        do=Do.CANCEL,
        trip_id="tx-1",
        request_hash="hash",
        trip=transaction("tx-1"),
        requested_at=NOW,
        deadline=NOW,
        cause="event-2",
        reason="step_failed",
    )
    found = record(standing, message="it failed" if standing is State.FAILED else "")
    by_hand(collect(perform(COMMIT, Terms(), task, NOW), answers), ledger(found))
    assert [answer.outcome for answer in answers] == [outcome]


def noted(participant: str, part: str, reason: str = "") -> Noted:
    """A fact as the observer keeps it."""
    return Noted(
        event_id=f"{participant}:{part}",
        trip_id="tx-1",
        participant=participant,
        part=part,
        occurred_at=NOW,
        leg=RECORDS_CATALOG.legs[participant],
        reason=reason,
    )


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        ([("process", "BookingFailed")], Status.COMPENSATING),
        ([("process", "BookingFailed"), ("process", "Cancelled")], Status.FAILED),
        ([("process", "Cancelled"), ("transform", "BookingFailed")], Status.COMPENSATING),
        ([("process", "Cancelled"), ("transform", "BookingFailed"), ("transform", "Cancelled")], Status.FAILED),
        # the user was first at the pivot, and a step failed before it heard so
        ([("process", "BookingFailed"), ("commit", "BookingFailed"), ("commit", "Cancelled")], Status.COMPENSATING),
    ],
)
def test_it_is_over_when_the_failed_step_is_rolled_back_too(seen: list[tuple[str, str]], status: Status) -> None:
    """The observer never claims more than is true."""
    facts = facts_of(RECORDS, [noted(*each, reason="step_failed") for each in seen], RECORDS_CATALOG.legs)
    assert verdict(facts).status is status


def test_the_pivots_word_needs_no_rollback() -> None:
    """It gave the transaction up without having been asked to commit: nothing was done there."""
    facts = [
        noted("process", "Cancelled"),
        noted("transform", "Cancelled"),
        noted("commit", "BookingFailed", "deadline"),
    ]
    assert verdict(facts_of(RECORDS, facts, RECORDS_CATALOG.legs)).status is Status.FAILED
