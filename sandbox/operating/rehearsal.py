"""What would become of a message: the shipped core of its queue is run, on ports that read what stands and write nothing.

A core touches the world through its ports alone, so nothing else has to be imitated. The prediction holds for as long as
nobody else decides meanwhile, and for the code that is in this checkout; the settings are the deployed function's own.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import NamedTuple, Protocol

from infra.catalog import CATALOG, OBSERVER, ORCHESTRATOR, PARTICIPANTS
from infra.names import PLATFORM, QUARANTINE
from sandbox.memory.routing import Routes
from sandbox.operating.letters import Letter
from sandbox.operating.paper import Diary, Executions, PaperLedger, PaperLog, PaperMachine, PaperPorts, RealLog
from sandbox.world import Inbox
from services.trip.observer import observe, watch
from shared.aws.settings import client_source_from, legs_from, terms_from
from shared.message import TripRequestRejected, read_json
from shared.ports import Ledger
from shared.saga.driver import drive
from shared.saga.effects import Core
from shared.saga.record import Record, State
from shared.saga.runtime import Delivery, handle_booking, handle_notice
from shared.saga.starter import start

NOWHERE = Inbox(PLATFORM, QUARANTINE)


class Fate(StrEnum):
    """What becomes of a message if it is redriven now."""

    APPLIES = "will apply"
    APPLIED = "already applied"
    TOMBSTONE = "refused by tombstone"
    DECIDED = "refused by another decision"
    POISON = "poison"
    FAILS = "would fail again"

    @property
    def comes_back(self) -> bool:
        """Whether it would end where it is now."""
        return self in (Fate.POISON, Fate.FAILS)

    @property
    def settled(self) -> bool:
        """Whether there is nothing left for it to do."""
        return self in (Fate.APPLIED, Fate.TOMBSTONE, Fate.DECIDED)


class Prediction(NamedTuple):
    """A fate, and why."""

    fate: Fate
    why: str


class Reality(Protocol):
    """What a rehearsal reads of a stage. Nothing of it is written."""

    @property
    def routes(self) -> Routes:
        """The rules on its bus."""

    @property
    def log(self) -> RealLog:
        """The observer's store."""

    @property
    def executions(self) -> Executions:
        """The state machine's executions."""

    def ledger(self, service: str) -> Ledger:
        """A participant's records and stock."""

    def environment(self, inbox: Inbox) -> Mapping[str, str]:
        """The settings of the function that serves a queue."""


class Rehearsal:
    """Predicts message by message; each finds what those before it would have done."""

    def __init__(self, reality: Reality, at: datetime) -> None:
        self._reality = reality
        self._at = at
        self._diary = Diary()
        self._ledgers = {who: PaperLedger(reality.ledger(who), self._diary) for who in CATALOG.legs}
        self._log = PaperLog(reality.log, self._diary)
        self._machine = PaperMachine(reality.executions, self._diary)

    def destinations(self, inbox: Inbox, letter: Letter) -> list[Inbox]:
        """Where a message goes: back to its queue; out of the quarantine, to wherever the rules bring it today."""
        if inbox != NOWHERE:
            return [inbox]
        event = read_json(letter.body) if letter.event else {}
        heard = list(self._reality.routes.inboxes(event))
        return [] if NOWHERE in heard else heard

    def predict(self, inbox: Inbox, letter: Letter) -> Prediction:
        """What would become of a message that is sent to its queue now."""
        if inbox != NOWHERE:
            return self._rehearse(inbox, letter)
        heard = self.destinations(inbox, letter)
        if not heard:
            return Prediction(Fate.POISON, "no rule of this stage brings it to a service")
        predictions = [self._rehearse(each, letter) for each in heard]
        return min(predictions, key=lambda prediction: _GRAVEST.index(prediction.fate))

    def _rehearse(self, inbox: Inbox, letter: Letter) -> Prediction:
        for entries in (self._diary.writes, self._diary.facts, self._diary.unreadable):
            entries.clear()
        core = core_of(inbox, self._reality.environment(inbox))(Delivery(letter.body, self._at))
        ports = PaperPorts(self._ledgers.get(inbox.service), self._log, self._machine, self._diary, self._diary)
        (failure,) = drive([core], ports)
        if self._diary.unreadable:
            return Prediction(Fate.POISON, self._diary.unreadable[0])
        if failure is not None:
            return Prediction(Fate.FAILS, f"{type(failure).__name__}: {failure}")
        if self._diary.writes:
            return Prediction(Fate.APPLIES, ", ".join(dict.fromkeys(self._diary.writes)))
        return self._nothing_to_write(inbox, letter)

    def _nothing_to_write(self, inbox: Inbox, letter: Letter) -> Prediction:
        for fact in self._diary.facts:
            if isinstance(fact.data, TripRequestRejected):
                return self._rejected(fact.data)
        ledger = self._ledgers.get(inbox.service)
        record = ledger.look(letter.trip_id, ()).record if ledger and letter.trip_id else None
        if record is None:
            return Prediction(Fate.APPLIED, "there is nothing left to do")
        return _by_record(inbox, record)

    def _rejected(self, rejected: TripRequestRejected) -> Prediction:
        if rejected.reason == "conflict":
            return Prediction(Fate.DECIDED, "another request has this trip id")
        known = self._log.rejection(rejected.request_id) is not None
        return Prediction(Fate.APPLIED if known else Fate.APPLIES, f"is rejected ({rejected.reason})")


_GRAVEST = [Fate.POISON, Fate.FAILS, Fate.APPLIES, Fate.TOMBSTONE, Fate.DECIDED, Fate.APPLIED]


def _by_record(inbox: Inbox, record: Record) -> Prediction:
    """The record stands. A decision that no booking led to (it holds no trip) refuses every booking."""
    stands = f"{record.state} since {record.decided_at:%Y-%m-%d %H:%M:%S} UTC"
    if inbox.role == "book" and record.trip is None:
        return Prediction(Fate.TOMBSTONE if record.state is State.CANCELLED else Fate.DECIDED, stands)
    if inbox == Inbox(CATALOG.pivot.name, "compensate") and record.state is State.BOOKED:
        return Prediction(Fate.DECIDED, f"{stands}: a commit is never undone by time")
    return Prediction(Fate.APPLIED, stands)


def core_of(inbox: Inbox, environment: Mapping[str, str]) -> Callable[[Delivery], Core[None]]:
    """How the function behind a queue handles a delivery, with these settings. Raises `Misconfigured`."""
    match inbox:
        case (service, "observe") if service == OBSERVER:
            legs, client_source = legs_from(environment), client_source_from(environment)
            return lambda delivery: observe(legs, client_source, delivery.body)
        case (service, "watch") if service == OBSERVER:
            legs = legs_from(environment)
            return lambda delivery: watch(legs, delivery.at)
        case (service, "start") if service == ORCHESTRATOR:
            terms = terms_from(environment)
            return lambda delivery: start(CATALOG.saga, terms, delivery.body, delivery.at)
    who = next(who for who in PARTICIPANTS if who.name == inbox.service)
    handle = {"book": handle_booking, "compensate": handle_notice}[inbox.role]
    return partial(handle, who, terms_from(environment))
