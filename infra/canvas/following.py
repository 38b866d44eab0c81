"""What a function may announce when it handles an event, whatever it has on record: found by running the shipped handlers."""

from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

from msgspec.structs import replace

from infra.canvas.design import Place
from infra.canvas.driving import Answers, drive, ledger
from infra.canvas.events import NOW, Event, bookings, histories, said, standings, terms_of
from infra.catalog import Catalog
from shared.message import Mode
from shared.observer.effects import Note
from shared.observer.observing import observe
from shared.observer.standing import Known
from shared.ports import Busy
from shared.saga.effects import Announce, Core, Decide, Release
from shared.saga.finishing import handle_finish
from shared.saga.intake import Terms
from shared.saga.participant import Participant
from shared.saga.record import Record
from shared.saga.runtime import Delivery, handle_booking, handle_notice
from shared.saga.starter import Start, start
from shared.saga.tasks import Do, perform, read_task
from shared.saga.timeline import Noted

Handling = Callable[[Participant, Terms, Delivery], Core[None]]

PARTICIPANTS: Mapping[str, Handling] = {
    "booking_consumer": handle_booking,
    "compensation_consumer": handle_notice,
    "finish_consumer": handle_finish,
}
"""The makers of a participant's handlers, and what they hand a message to."""
CLOCK = "watch_consumer"
FOLLOWED = frozenset({*PARTICIPANTS, "observation_consumer", "start_consumer", CLOCK, "task_desk", "stock_desk"})
"""Makers of handlers whose announcements are known here; what the clock makes the observer say, no event does."""

ANOTHER = "another"


class Situation(NamedTuple):
    """A handling to try: on what record, with what core, and what the world answers it."""

    standing: str
    core: Core[Any]
    answers: Answers


class Said(NamedTuple):
    """What was announced, and on what record."""

    standing: str
    event: Event


@cache
def announced(catalog: Catalog, place: Place, maker: str, event: Event) -> frozenset[Said]:
    """All that the function may put. `standing` is the name of the record that it had, `another` that of another request."""
    found: set[Said] = set()
    for standing, core, answers in _situations(catalog, place, maker, event):
        done, _ = drive(core, answers)
        found |= {Said(standing, said(effect.fact)) for effect in done if isinstance(effect, Announce)}
    return frozenset(found)


def _situations(catalog: Catalog, place: Place, maker: str, event: Event) -> Iterator[Situation]:
    described = {who.name: who for who in catalog.described}
    match maker:
        case "observation_consumer":
            yield from _observations(catalog, event)
        case "start_consumer":
            yield from _executions(catalog, event)
        case _ if maker in PARTICIPANTS and place.service in described:
            yield from _handlings(catalog, PARTICIPANTS[maker], described[place.service], event)


def mode_of(event: Event) -> Mode:
    """The mode of the saga that an event is of, as the rules take it: whatever is not orchestration is choreography."""
    detail = event.detail
    orchestrated = Mode.ORCHESTRATION in (detail.get("mode"), detail.get("metadata", {}).get("mode"))
    return Mode.ORCHESTRATION if orchestrated else Mode.CHOREOGRAPHY


def records(catalog: Catalog, name: str, mode: Mode) -> Iterator[tuple[str, Record | None]]:
    """Everything that a participant may have on record, of this request and of another."""
    for standing, record in standings(bookings(catalog, mode)[name]).items():
        yield standing, record
        if record:
            yield ANOTHER, replace(record, request_hash=ANOTHER)


def _handlings(catalog: Catalog, handle: Handling, who: Participant, event: Event) -> Iterator[Situation]:
    """Every state of the record, every failure of a write, the last delivery or not."""
    terms = terms_of(catalog, who)
    for standing, record in records(catalog, who.name, mode_of(event)):
        for last in (False, True):
            for failing in ((), (Decide, Release)):
                answers = {**ledger(record), **dict.fromkeys(failing, _busy)}
                core = handle(who, terms, Delivery(event.body, NOW, 10, last))
                yield Situation("" if failing else standing, core, answers)


def _busy(_: object) -> Busy:
    return Busy("throttled")


def _observations(catalog: Catalog, event: Event) -> Iterator[Situation]:
    """The event alone, and at the end of each way in which a saga may go."""
    saga, client = catalog.saga, catalog.saga.source_of("client")
    for noted in ((), *histories(catalog, mode_of(event))):
        core = observe(saga, catalog.legs, client, event.body)
        yield Situation("", core, {Note: partial(_known, noted)})


def _known(noted: tuple[Noted, ...], note: Note) -> Known:
    return Known(noted or (note.fact,), None)


def _executions(catalog: Catalog, event: Event) -> Iterator[Situation]:
    """The starter, before whatever stands under the name; and every call that an execution can make."""
    first = terms_of(catalog, catalog.described[0])
    for standing in ("this", ANOTHER):
        answers: Answers = {Start: partial(_standing, standing)}
        yield Situation("", start(catalog.saga, first, event.body, NOW), answers)
    done, _ = drive(start(catalog.saga, first, event.body, NOW), {Start: partial(_standing, "this")})
    for begun in done:
        if isinstance(begun, Start):
            yield from _calls(catalog, begun.request)


def _calls(catalog: Catalog, request: Mapping[str, Any]) -> Iterator[Situation]:
    for who in catalog.described:
        for do in Do:
            task = read_task({**request, "do": str(do)})
            for standing, record in records(catalog, who.name, Mode.ORCHESTRATION):
                yield Situation(standing, perform(who, terms_of(catalog, who), task, NOW), ledger(record))


def _standing(which: str, asked: Start) -> Mapping[str, Any]:
    return asked.request if which == "this" else {**asked.request, "requestHash": ANOTHER}
