"""Process as a participant of the records saga. Reason codes of a failure: step_failed."""

from functools import partial

from examples.records.saga import RECORDS
from examples.records.steps import step
from shared.message import Booked, BookingFailed, Cancelled
from shared.saga.participant import Participant


class ProcessDone(Booked, frozen=True, kw_only=True):
    """The transaction's first record is written."""

    record: dict[str, str]


class ProcessFailed(BookingFailed, frozen=True, kw_only=True):
    """The first record is not there, or will be removed by this step's own rollback."""


class ProcessRolledBack(Cancelled, frozen=True, kw_only=True):
    """No record of this step is left."""


PROCESS = Participant(
    saga=RECORDS,
    name="process",
    leg=10,
    booked=ProcessDone,
    failed=ProcessFailed,
    cancelled=ProcessRolledBack,
    plan=partial(step, "Process", "processed"),
    step="process",
)
