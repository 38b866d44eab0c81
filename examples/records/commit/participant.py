"""Commit as a participant of the records saga: the pivot, whose record commits the transaction. Reason codes of a failure: step_failed."""

from functools import partial

from examples.records.saga import RECORDS
from examples.records.steps import step
from shared.message import Booked, BookingFailed, Cancelled
from shared.saga.participant import Participant


class CommitDone(Booked, frozen=True, kw_only=True):
    """The third record is written. This commits the transaction."""

    record: dict[str, str]


class CommitFailed(BookingFailed, frozen=True, kw_only=True):
    """The third record is not there, or will be removed by this step's own rollback: the transaction is off."""


class CommitRolledBack(Cancelled, frozen=True, kw_only=True):
    """No record of this step is left."""


COMMIT = Participant(
    saga=RECORDS,
    name="commit",
    leg=30,
    booked=CommitDone,
    failed=CommitFailed,
    cancelled=CommitRolledBack,
    plan=partial(step, "Commit", "committed"),
    step="commit",
    pivot=True,
)
