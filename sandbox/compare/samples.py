"""What one trip of a workload tells: how it ended, how long it took, what it had to undo."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from infra.catalog import CATALOG, OUTCOMES
from sandbox.compare.arena import Puts
from sandbox.compare.stopwatch import Heard
from sandbox.compare.workload import CANCELLED, Order
from sandbox.world import Books
from shared.observer.standing import Known
from shared.saga.record import State
from shared.saga.timeline import Facts, saga_log, verdict

AFTER, BEFORE = "cancelled-after-commit", "cancelled-before-commit"


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One trip, as it was measured. Times are seconds; None where nothing was heard."""

    trip: str
    mode: str
    phase: str
    round: int
    number: int
    kind: str
    group: str
    """What it is compared with: its kind, a cancelled one by whether the commit came first."""
    status: str
    reason: str
    seconds: float | None = None
    """From the request (of a cancelled trip: from the cancel) until the outcome reached a subscriber."""
    release_seconds: float | None = None
    """From the fact that made it fail until the last one that gave something back, as a subscriber heard them."""
    late: float = 0.0
    """How late the client put it; `seconds` counts from when it was due."""
    faulty: bool = False
    due: int = 0
    """Bookings that had to be given back."""
    started: int = 0
    finished: int = 0
    nudges: int = 0
    """How often the observer had to remind the pivot."""
    booked: tuple[tuple[str, str, int], ...] = ()
    """What it holds at the end: participant, unit, quantity. Not which of several like vehicles."""


def sample(  # noqa: PLR0913 - all that is known of a trip
    order: Order,
    trip_id: str,
    *,
    mode: str,
    phase: str,
    number_of_round: int,
    puts: Puts,
    heard: Sequence[Heard],
    known: Known,
    books: Mapping[str, Books],
) -> Sample:
    """The sample of one trip at rest."""
    facts = Facts(known.noted, CATALOG.legs)
    standing, log = verdict(facts), saga_log(facts)
    undone = not facts.all or str(standing.status) != "CONFIRMED"
    cancels = [line for line in log if line.step == "cancel"]
    request = puts.get((trip_id, "TripRequested"))
    return Sample(
        trip=trip_id,
        mode=mode,
        phase=phase,
        round=number_of_round,
        number=order.number,
        kind=order.kind,
        group=_group(order.kind, facts),
        status=str(standing.status),
        reason=standing.reason,
        seconds=_seconds(order.kind, trip_id, puts, heard),
        release_seconds=_release(heard),
        late=request.late if request else 0.0,
        faulty=order.faulty,
        due=len(facts.having("Booked")) if undone else 0,
        started=sum(line.event == "start" for line in cancels),
        finished=sum(line.event == "end" for line in cancels),
        nudges=known.summary.nudges if known.summary else 0,
        booked=_booked(trip_id, books),
    )


def _group(kind: str, facts: Facts) -> str:
    if kind != CANCELLED:
        return kind
    return AFTER if facts.of(facts.pivot, "Booked") else BEFORE


def _seconds(kind: str, trip_id: str, puts: Puts, heard: Sequence[Heard]) -> float | None:
    start = puts.get((trip_id, "TripCancelRequested" if kind == CANCELLED else "TripRequested"))
    wanted = ("TripCancelled",) if kind == CANCELLED else OUTCOMES
    ends = [it.at for it in heard if it.detail_type in wanted]
    return max(0.0, min(ends) - start.due) if start and ends else None


def _release(heard: Sequence[Heard]) -> float | None:
    """First failure (or the pivot's undoing) to the last release; None if there was nothing to release."""
    facts = [it for it in heard if it.participant in CATALOG.legs]
    pivots = CATALOG.pivot.cancelled
    failed = [it.at for it in facts if it.detail_type.endswith("BookingFailed") or it.detail_type == pivots]
    released = [it.at for it in facts if it.released and it.detail_type != pivots]
    return max(0.0, max(released) - min(failed)) if failed and released else None


def _booked(trip_id: str, books: Mapping[str, Books]) -> tuple[tuple[str, str, int], ...]:
    held = []
    for name in sorted(books):
        record = books[name].records.get(trip_id)
        if record and record.state is State.BOOKED:
            held += [(name, claim.unit, claim.quantity) for claim in record.claims]
    return tuple(sorted(held))


def as_json(samples: Sequence[Sample]) -> list[dict[str, Any]]:
    """Samples as JSON can carry them."""
    found: list[dict[str, Any]] = msgspec.to_builtins(samples)
    return found
