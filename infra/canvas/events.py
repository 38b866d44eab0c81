"""Every event that may be on a saga's bus, as its shipped code says it about one example request."""

import dataclasses
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final, NamedTuple

from msgspec.structs import replace

from infra.canvas.driving import drive, ledger
from infra.catalog import Catalog
from infra.packaging import ROOT
from infra.rules import WORDS
from shared.message import Fact, Mode, read_envelope
from shared.observer.effects import Recall
from shared.observer.observing import remind
from shared.observer.reading import read
from shared.observer.standing import Known
from shared.saga.announcing import announcement, beginning, delay, rejection
from shared.saga.effects import Decide
from shared.saga.intake import Ask, Notice, Order, Rejected, Terms, read_booking
from shared.saga.participant import Participant
from shared.saga.record import Record, State
from shared.saga.runtime import Delivery, handle_booking
from shared.saga.starter import Orchestrator
from shared.saga.timeline import Noted

NOW: Final = datetime(2027, 7, 10, 6, tzinfo=UTC)
LATE: Final = NOW + timedelta(hours=1)
REASON: Final = "refused"


class CannotDraw(Exception):
    """The saga's example does not get as far as the last leg; the message says what to do."""


class Event(NamedTuple):
    """An event; its detail is JSON text, so that equal events are one."""

    source: str
    detail_type: str
    text: str

    @property
    def name(self) -> tuple[str, str]:
        """Source and detail-type: what tells kinds of events apart."""
        return self.source, self.detail_type

    @property
    def detail(self) -> dict[str, Any]:
        detail: dict[str, Any] = json.loads(self.text)
        return detail

    @property
    def matched(self) -> dict[str, Any]:
        """What a rule's pattern looks at."""
        return {"source": self.source, "detail-type": self.detail_type, "detail": self.detail}

    @property
    def body(self) -> str:
        """The message that a queue gets."""
        return json.dumps({**self.matched, "id": "event-1", "time": NOW.isoformat()})


def said(fact: Fact) -> Event:
    """A fact as it is on the bus."""
    return Event(fact.source, fact.detail_type, fact.detail())


def terms_of(catalog: Catalog, who: Participant) -> Terms:
    """What a stage tells a participant: whom it follows."""
    upstreams = catalog.upstreams(catalog.named(who.name))
    after = {upstream.name: upstream.leg for upstream in upstreams}
    return Terms(after=after, definition=catalog.definition, faults_allowed=True)


def example_of(catalog: Catalog) -> dict[str, Any]:
    """The request that the catalogue gives as its example."""
    request: dict[str, Any] = json.loads((ROOT / catalog.example).read_text())
    return request


def asked_for(catalog: Catalog, mode: str | None) -> Event:
    """A client's request in that mode (None: it says nothing of a mode)."""
    request = example_of(catalog) | ({} if mode is None else {"mode": mode})
    return Event(catalog.saga.source_of("client"), catalog.saga.requested, json.dumps(request))


def cancel(catalog: Catalog) -> Event:
    """A client's request to cancel."""
    saga = catalog.saga
    return Event(saga.source_of("client"), saga.cancel_requested, json.dumps(example_of(catalog)))


@cache
def bookings(catalog: Catalog, mode: Mode, definition: int = 0) -> Mapping[str, Record]:
    """Each participant's record of the example, under a definition (0: the newest). Raises `CannotDraw`."""
    event, found = asked_for(catalog, str(mode)), dict[str, Record]()
    under = definition or catalog.definition
    for who in catalog.described:
        if who.since > under:
            continue
        terms = dataclasses.replace(terms_of(catalog, who), definition=under)
        done, _ = drive(handle_booking(who, terms, Delivery(event.body, NOW)), ledger(None))
        record = next((effect.record for effect in done if isinstance(effect, Decide)), None)
        if record is None or record.state is not State.BOOKED:
            why = record.message if record else "it cannot read what the leg before it says"
            raise CannotDraw(
                f"{who.name} does not book {catalog.example} ({why}): give the catalogue an example it books"
            )
        found[who.name], event = record, said(announcement(who, record))
    return found


def standings(booked: Record) -> Mapping[str, Record | None]:
    """Everything that a participant may have on record, by name."""
    undone = replace(booked, state=State.CANCELLED, released=True, reason=REASON)
    return {
        "nothing": None,
        "booked": booked,
        "failed": replace(booked, state=State.FAILED, claims=(), details={}, reason=REASON, message=REASON),
        "cancelled": undone,
        "tombstone": replace(undone, claims=(), details={}, trip=None, released=False),
    }


@cache
def facts(catalog: Catalog, mode: Mode) -> tuple[Event, ...]:
    """All that participants may say of a saga in that mode, under each definition."""
    who_is = {who.name: who for who in catalog.described}
    booked = (bookings(catalog, mode, definition) for definition in catalog.definitions)
    return tuple(dict.fromkeys(event for each in booked for name in each for event in _facts(who_is[name], each[name])))


def _facts(who: Participant, booked: Record) -> Iterator[Event]:
    for record in standings(booked).values():
        for asked in (None, *WORDS) if who.pivot else (None,):
            if record:
                yield said(announcement(who, record, asked))
    notice = Notice(
        ask=Ask.COMPENSATE,
        trip_id=booked.trip_id,
        request_hash=booked.request_hash,
        mode=booked.mode,
        reason=REASON,
        cause=booked.cause,
        at=NOW,
    )
    for parked in (False, True):
        yield said(delay(who, notice, attempt=1, reason=REASON, parked=parked))


@cache
def known(catalog: Catalog, mode: Mode) -> tuple[Event, ...]:
    """Everything that may be on the bus for a saga in that mode, but for what the observer says of its end."""
    told = catalog.saga, catalog.described[0]
    refused = Rejected(request_id="event-1", trip_id=None, at=NOW, reason="invalid", problems=())
    rejections = (said(rejection(speaker, refused)) for speaker in (told[1], Orchestrator(told[0])))
    return (
        asked_for(catalog, str(mode)),
        cancel(catalog),
        *rejections,
        *_beginning(catalog, mode),
        *facts(catalog, mode),
        *_reminders(catalog, mode),
    )


def _beginning(catalog: Catalog, mode: Mode) -> Iterator[Event]:
    """What the orchestrator says when it has started an execution."""
    if mode is Mode.ORCHESTRATION:
        request = read_envelope(asked_for(catalog, str(mode)).body)
        order = read_booking(catalog.saga, terms_of(catalog, catalog.described[0]), request, NOW)
        if isinstance(order, Order):
            yield said(beginning(Orchestrator(catalog.saga), order))


def _reminders(catalog: Catalog, mode: Mode) -> Iterator[Event]:
    """What the observer puts when nobody answers, neither the deadline nor a user."""
    first = catalog.described[0]
    noted = notes(catalog, [said(announcement(first, bookings(catalog, mode)[first.name])), cancel(catalog)])
    done, _ = drive(remind(catalog.saga, catalog.legs, noted[0].trip_id, LATE), {Recall: lambda _: Known(noted, None)})
    for effect in done:
        if isinstance(fact := getattr(effect, "fact", None), Fact):
            yield said(fact)


def notes(catalog: Catalog, events: Iterable[Event]) -> tuple[Noted, ...]:
    """What the observer keeps of these."""
    saga = catalog.saga
    kept = (read(saga, catalog.legs, saga.source_of("client"), event.body) for event in events)
    return tuple(note for note in kept if isinstance(note, Noted))


def histories(catalog: Catalog, mode: Mode) -> Iterator[tuple[Noted, ...]]:
    """How a saga may end: committed; refused by each leg, and undone; undone for the user."""
    booked = bookings(catalog, mode)
    told = {
        who.name: {
            name: record and said(announcement(who, record)) for name, record in standings(booked[who.name]).items()
        }
        for who in catalog.described
    }
    names = list(told)

    def all_of(**states: str) -> tuple[Noted, ...]:
        return notes(catalog, [event for name, state in states.items() if (event := told[name][state])])

    yield all_of(**dict.fromkeys(names, "booked"))
    for place, name in enumerate(names):
        undone = notes(catalog, [event for each in names[: place + 1] if (event := told[each]["cancelled"])])
        yield all_of(**dict.fromkeys(names[:place], "booked"), **{name: "failed"}) + undone
    yield (
        all_of(**dict.fromkeys(names, "booked"))
        + all_of(**dict.fromkeys(names, "cancelled"))
        + notes(catalog, [cancel(catalog)])
    )


@cache
def strangers(catalog: Catalog) -> tuple[Event, ...]:
    """What nobody here goes on with: a word that does not exist, a known word from who may not say it, another definition."""
    saga, text = catalog.saga, json.dumps({})
    unknown = Event(saga.source_of(catalog.first.name), f"{saga.noun}NeverHeardOf", text)
    senders = catalog.senders(saga.source_of("client"))
    last = catalog.described[-2]
    ahead = replace(bookings(catalog, Mode.CHOREOGRAPHY)[last.name], definition=catalog.definition + 1)
    return (
        unknown,
        said(announcement(last, ahead)),
        *(Event(saga.source_of("nobody"), word, text) for word in senders),
    )
