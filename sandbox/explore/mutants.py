"""The protective measures of the protocol, each switched off: every mutant must be refuted, or its measure is not needed.

A mutant is the shipped system with one part replaced: a twist around the cores, a weaker ledger, another machine. The
handlers themselves are never patched.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from sandbox.explore import twists, weaker
from sandbox.explore.cases import BY_MACHINE, OTHER, TRIP, Case, stock
from sandbox.explore.parts import Parts, machine, shipped
from sandbox.explore.twists import instead, on_expiry


@dataclass(frozen=True)
class Mutant:
    """A measure switched off (`without`), and the smallest case that shows what it is for."""

    name: str
    without: str
    case: Case
    change: Callable[[Parts], Parts]

    def parts(self) -> Parts:
        return self.change(shipped(self.case.stage))


def _case(**changes: Any) -> Case:
    """The smallest system: one trip, no faults but death; every repetition is heard, so nothing is blamed on its loss."""
    given: dict[str, Any] = {"name": "", "about": "", "faults": (), "repeats": True}
    return Case(**{**given, **changes})


REFUSED: Final = _case(stocks=(stock(cars=0),))
CANCELLED: Final = _case(cancels=1)
EXPIRED: Final = _case(expiries=1)
LAST_ROOM: Final = _case(requests=(TRIP, OTHER))

MUTANTS: Final = (
    Mutant(
        "tombstone",
        "a cancel that finds no booking leaves a tombstone",
        CANCELLED,
        lambda it: replace(it, twist=instead(twists.no_tombstone)),
    ),
    Mutant(
        "announce-again",
        "a duplicate announces what is recorded",
        REFUSED,
        lambda it: replace(it, twist=twists.silent_on_duplicates),
    ),
    Mutant(
        "put-checked",
        "a message is deleted only after PutEvents",
        replace(REFUSED, faults=("book",)),
        lambda it: replace(it, twist=instead(twists.no_check_of_puts)),
    ),
    Mutant(
        "write-first",
        "the write comes before the event",
        LAST_ROOM,
        lambda it: replace(it, twist=instead(twists.event_before_write)),
    ),
    Mutant(
        "failure-recorded",
        "a failure is recorded",
        CANCELLED,
        lambda it: replace(it, twist=instead(twists.unrecorded_failure)),
    ),
    Mutant(
        "conditional-hold",
        "a hold is conditional on what is available",
        LAST_ROOM,
        lambda it: replace(it, ledger=weaker.Overselling),
    ),
    Mutant(
        "record-first",
        "the record's reason is read before the stock's",
        _case(),
        lambda it: replace(it, ledger=weaker.StockFirst, twist=instead(twists.sold_out_at_once)),
    ),
    Mutant(
        "conditional-fail",
        "a failure is written only where nothing is recorded",
        CANCELLED,
        lambda it: replace(it, ledger=weaker.Overwriting),
    ),
    Mutant(
        "one-transaction",
        "a cancel is one transaction",
        REFUSED,
        lambda it: replace(it, ledger=weaker.TwoWrites, twist=instead(twists.in_two_writes)),
    ),
    Mutant(
        "conditional-cancel",
        "a cancel is conditional on the state",
        REFUSED,
        lambda it: replace(it, ledger=weaker.Unconditional),
    ),
    Mutant(
        "pivot-decides",
        "only the pivot decides on the deadline",
        EXPIRED,
        lambda it: replace(it, twist=on_expiry(twists.cancel_anyway)),
    ),
    Mutant(
        "commit-stands",
        "a commit beats the deadline",
        EXPIRED,
        lambda it: replace(it, twist=on_expiry(twists.undo_commit)),
    ),
    Mutant(
        "no-lease", "no hold of an earlier leg expires by itself", _case(), lambda it: replace(it, decay=weaker.lease)
    ),
    Mutant(
        "records-kept",
        "records outlive every replay",
        REFUSED,
        lambda it: replace(it, ledger=weaker.Forgetful, decay=weaker.purge),
    ),
    Mutant(
        "pivot-asked",
        "after a technical failure the pivot is asked",
        _case(requests=(BY_MACHINE,), duplicates=False),
        lambda it: replace(it, machine=machine(weaker.unasked())),
    ),
    Mutant(
        "begin-told",
        "the orchestrator says that it has begun",
        _case(requests=(BY_MACHINE,), workers=1, duplicates=False, stops=1),
        lambda it: replace(it, twist=twists.unheard_beginning),
    ),
    Mutant(
        "deadline",
        "the deadline ends what a lost message left open",
        _case(losses=1),
        lambda it: replace(it, deadline=False),
    ),
)
