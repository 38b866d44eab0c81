"""Transform as a participant of the records saga. Reason codes of a failure: step_failed."""

from functools import partial

from examples.records.saga import RECORDS
from examples.records.steps import step
from shared.message import Booked, BookingFailed, Cancelled
from shared.saga.participant import Participant


class TransformDone(Booked, frozen=True, kw_only=True):
    """The second record is written."""

    record: dict[str, str]


class TransformFailed(BookingFailed, frozen=True, kw_only=True):
    """The second record is not there, or will be removed by this step's own rollback."""


class TransformRolledBack(Cancelled, frozen=True, kw_only=True):
    """No record of this step is left."""


TRANSFORM = Participant(
    saga=RECORDS,
    name="transform",
    leg=20,
    booked=TransformDone,
    failed=TransformFailed,
    cancelled=TransformRolledBack,
    plan=partial(step, "Transform", "transformed"),
    step="transform",
)
