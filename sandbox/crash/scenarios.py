"""What the functions are at work on while something happens to them: one short course of events each.

Together they lead every handler through every one of its calls: a test says so.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from infra.catalog import CANCEL_REQUESTED, CATALOG, OBSERVER
from infra.rules import all_rules
from sandbox.auditor import Violation, audit
from sandbox.crash.world import TappedWorld
from sandbox.modes import CHOREOGRAPHY, MODES, ORCHESTRATION, REVERSE, Mode
from sandbox.world import Inbox
from shared.observer.standing import Summary
from shared.saga.timeline import Facts, Status, verdict

TRIP: Final[Mapping[str, Any]] = {
    "departAt": "2027-07-10T06:00:00Z",
    "depart": "london",
    "arriveAt": "2027-07-10T08:00:00Z",
    "arrive": "dublin",
    "hotel": "holiday inn",
    "checkIn": "2027-07-10T14:00:00Z",
    "checkOut": "2027-07-12T10:00:00Z",
    "car": "volvo",
    "carFrom": "2027-07-10T09:00:00Z",
    "carTo": "2027-07-12T08:00:00Z",
}
POISON: Final = "no event at all"
MOST_REMINDERS = 6
"""So often the clock ticks, each time later, before a trip counts as stuck."""

Ending = tuple[Status, str]


@dataclass(slots=True)
class Tale:
    """A course of events in a world, and the trips in it."""

    world: TappedWorld
    trips: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: dict[str, str] = field(default_factory=dict)
    """The event that carried a trip's last request."""
    refused: list[str] = field(default_factory=list)
    """Events that carry what must be answered by a rejection."""
    cancelled: set[str] = field(default_factory=set)
    """The trips that the user cancelled."""

    def request(self, name: str = "trip", *, settle: bool = True, **changes: Any) -> None:
        """A trip is requested, and (unless told otherwise) what comes of it is waited for."""
        self.trips[name] = self.world.mode.ask({**TRIP, "tripId": name, **changes})
        self.put_again(name)
        if settle:
            self.world.settle()

    def put_again(self, name: str) -> None:
        """The client puts the same request, as it may at any time."""
        self.requests[name] = self.world.put(self.trips[name])

    def cancel(self, name: str = "trip") -> None:
        """The user cancels."""
        self.trips.setdefault(name, self.world.mode.ask({**TRIP, "tripId": name}))
        self.cancelled.add(name)
        self.world.put({"tripId": name}, CANCEL_REQUESTED)
        self.world.settle()

    def lose(self, inbox: Inbox, cause: Callable[[], None], keep: int = 0) -> None:
        """What this causes to be sent to a queue is lost, but for the first few."""
        self.world.pause(inbox)
        cause()
        kept = self.world.waiting(inbox)[:keep]
        self.world.drop(inbox)
        self.world.resume(inbox)
        for body in kept:
            self.world.send(inbox, body)
        self.world.settle()

    def remind(self) -> None:
        """Time passes until the observer has something to say about every open trip, and its clock ticks."""
        for name in self.trips:
            if summary := self.world.known(name).summary:
                self.world.wait_until(_speaks_at(summary))
        self.world.tick()
        self.world.settle()

    def come_to_rest(self) -> None:
        """Everything settles; where a word was lost, the clock brings it out, and the client puts again what nobody heard of."""
        self.world.settle()
        for _ in range(MOST_REMINDERS):
            if not self.open:
                return
            for name in self.open:
                if not self.world.known(name).noted:
                    self.put_again(name)
            self.world.settle()
            if self.open:
                self.remind()

    @property
    def open(self) -> list[str]:
        """The trips that have not come to an end, or about which the observer still waits for something."""
        return [name for name in self.trips if not (self._rejected(name) or self._ended(name))]

    def endings(self) -> list[Ending]:
        """How each trip ended, whichever of them came first."""
        facts = [self._facts(name) for name in self.trips]
        return sorted((verdict(it).status, verdict(it).reason) for it in facts if it.all)

    def status(self, name: str) -> Status | None:
        """How a trip stands; None: nobody heard of it."""
        facts = self._facts(name)
        return verdict(facts).status if facts.all else None

    def violations(self) -> list[Violation]:
        """The auditor's word."""
        known = {name: seen for name in self.trips if (seen := self.world.known(name)).noted}
        return audit({name: self.world.books(name) for name in CATALOG.legs}, known, CATALOG.legs)

    def _facts(self, name: str) -> Facts:
        return Facts(self.world.known(name).noted, CATALOG.legs)

    def _rejected(self, name: str) -> bool:
        return self.world.rejection(self.requests.get(name, "")) is not None and not self.world.known(name).noted

    def _ended(self, name: str) -> bool:
        summary = self.world.known(name).summary
        return summary is not None and not summary.open and summary.announced is summary.status


def _speaks_at(summary: Summary) -> datetime:
    if not summary.open:
        return summary.requested_at
    return max(summary.due, summary.not_before or summary.due) + timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A course of events, and how its trips end when nothing is lost: whatever happens on the way."""

    tell: Callable[[Tale], None]
    ends: Sequence[Ending] = ()
    or_else: Sequence[Ending] | None = None
    """The other end, where two of the system's own words race."""
    modes: Collection[Mode] = tuple(MODES.values())
    """Where there is such a course of events."""
    poisoned: bool = False
    """Whether every queue gets a message that nobody can handle."""


def _refused(service: str) -> Scenario:
    flag: dict[str, Any] = {f"failBook{service.capitalize()}": True}
    return Scenario(lambda tale: tale.request(**flag), [(Status.FAILED, "requested_failure")])


def _cancelled_after(tale: Tale) -> None:
    tale.request()
    tale.cancel()


def _cancelled_first(tale: Tale) -> None:
    tale.cancel()
    tale.request()


def _expired(tale: Tale) -> None:
    tale.lose(Inbox(CATALOG.pivot.name, "book"), tale.request)
    tale.remind()


def _stopped(tale: Tale) -> None:
    tale.request(settle=False)
    tale.world.wait_for(lambda: "trip" in tale.world.books(CATALOG.first.name).records, "the first booking")
    tale.world.stop("trip")
    tale.world.settle()
    tale.remind()


def _commit_unheard(tale: Tale) -> None:
    tale.lose(Inbox(OBSERVER, "observe"), tale.request, keep=1)
    tale.remind()


def _cancel_unheard(tale: Tale) -> None:
    tale.request()
    tale.lose(Inbox(CATALOG.pivot.name, "compensate"), tale.cancel)
    tale.remind()


def _last_room(tale: Tale) -> None:
    for night in ("2027-07-10", "2027-07-11"):
        tale.world.set_stock("hotel", TRIP["hotel"], night, 1)
    for name in ("first", "second"):
        tale.request(name, settle=False)
    tale.world.settle()


def _conflict(tale: Tale) -> None:
    tale.request()
    tale.refused.append(tale.world.put({**tale.trips["trip"], "hotel": "another"}))
    tale.world.settle()


def _poison(tale: Tale) -> None:
    for inbox in inboxes(tale.world):
        tale.world.send(inbox, POISON)
    tale.request()


def inboxes(world: TappedWorld) -> list[Inbox]:
    """Every queue whose function reads messages (the clock's ticks need no reading)."""
    return sorted({Inbox(rule.service, rule.role) for rule in all_rules(CATALOG, world.stage)} & world.served)


def _rejected(tale: Tale) -> None:
    tale.request(checkIn="tomorrow")
    tale.refused.append(tale.requests["trip"])


SCENARIOS: Final[Mapping[str, Scenario]] = {
    "confirmed": Scenario(lambda tale: tale.request(), [(Status.CONFIRMED, "")]),
    **{f"refused by {name}": _refused(name) for name in CATALOG.legs},
    "cancelled after the commit": Scenario(_cancelled_after, [(Status.CANCELLED, "cancelled")]),
    "cancelled before anything": Scenario(_cancelled_first, [(Status.CANCELLED, "cancelled")]),
    "the pivot's message lost": Scenario(
        # Reminded, flight says again what was lost: car may hear that before it hears of the deadline.
        _expired,
        [(Status.FAILED, "deadline")],
        or_else=[(Status.CONFIRMED, "")],
        modes=(CHOREOGRAPHY, REVERSE),
    ),
    "the execution stopped": Scenario(
        # Its request comes again, from the queue or from the client: another execution takes up what it left.
        _stopped,
        [(Status.FAILED, "deadline")],
        or_else=[(Status.CONFIRMED, "")],
        modes=(ORCHESTRATION,),
    ),
    "the commit unheard of": Scenario(_commit_unheard, [(Status.CONFIRMED, "")]),
    "the cancel unheard of": Scenario(_cancel_unheard, [(Status.CANCELLED, "cancelled")]),
    "two for the last room": Scenario(_last_room, [(Status.CONFIRMED, ""), (Status.FAILED, "hotel_full")]),
    "another request, same trip": Scenario(_conflict, [(Status.CONFIRMED, "")]),
    "a malformed request": Scenario(_rejected),
    "poison in every queue": Scenario(_poison, [(Status.CONFIRMED, "")], poisoned=True),
}


def scenarios_of(mode: Mode) -> list[str]:
    """The names of those that there are in a mode."""
    return [name for name, scenario in SCENARIOS.items() if mode in scenario.modes]
