"""A schedule as a story, and as a file that plays it again."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sandbox.explore.naming import walk
from sandbox.explore.search import Counterexample
from sandbox.explore.state import Message, State, Worker
from sandbox.explore.system import System
from sandbox.explore.tape import Call
from sandbox.world import Inbox
from shared.ports import Seen, Stale
from shared.saga.record import Record


class Line(NamedTuple):
    """One step: who does what, and what becomes of it; what is recorded by then, trip by trip, and how many messages wait."""

    who: str
    what: str
    outcome: str
    standing: str
    waiting: int


def lines(system: System, found: Counterexample) -> Iterator[Line]:
    """A counterexample, step by step. Raises `CannotReplay`."""
    story = _Story(system)
    for what, before, after in walk(system, found.beginning, found.schedule):
        yield story.line(what, before, after)


def saved(case: str, mutant: str | None, found: Counterexample) -> str:
    """A counterexample as JSON, for `wayfare explore --replay`."""
    kept = {
        "case": case,
        "mutant": mutant,
        "violations": [str(it) for it in found.violations],
        "beginning": found.beginning,
        "schedule": [list(what) for what in found.schedule],
    }
    return json.dumps(kept, indent=1)


SURROUNDINGS: Final = {
    "cancel": ("the user", "cancels the trip", ""),
    "expire": ("the observer", "says that the deadline has passed", ""),
    "tick": ("the clock", "ticks for the observer", ""),
    "repeat": ("the client", "puts the same request again", ""),
    "stop": ("somebody", "stops the execution", ""),
}
QUEUES: Final = {"lose": "is lost", "park": "was received too often: parked", "redrive": "is redriven"}


class _Story:
    def __init__(self, system: System) -> None:
        self._system = system

    def line(self, what: tuple[Any, ...], before: State, after: State) -> Line:
        who, text, outcome = self._told(what, before)
        return Line(who, text, outcome, self._standing(after), after.waiting.bit_count())

    def _told(self, what: tuple[Any, ...], before: State) -> tuple[str, str, str]:
        match what:
            case ("deliver", job, fate):
                return self._worker(Worker(job), before, fate, "takes")
            case ("call", job, fate):
                return self._worker(Worker(job), before, fate, "is called to")
            case ("go on", number, fate):
                return self._worker(self._system.workers[number], before, fate)
            case ("die" | "give up", number):
                return self._lost_worker(what[0], self._system.workers[number])
            case ("lose" | "park" | "redrive" | "send", number, *fate):
                return self._message(what[0], self._system.messages[number], *fate)
        return SURROUNDINGS.get(what[0], (" ".join(map(str, what[1:])), str(what[0]), ""))

    def _lost_worker(self, verb: str, worker: Worker) -> tuple[str, str, str]:
        if verb == "die":
            return self._name(worker), f"dies before {_call(self._system.stand(worker))}", ""
        return "the machine", f"waits no longer for {self._name(worker)}", ""

    def _message(self, verb: str, message: Message, fate: str = "") -> tuple[str, str, str]:
        if verb == "send":
            return "the machine", f"leaves the cancel to {_at(message.inbox)}", fate
        return f"the queue {_at(message.inbox)}", f"{_title(message.body)} {QUEUES[verb]}", ""

    def _worker(self, worker: Worker, before: State, fate: str, takes: str = "") -> tuple[str, str, str]:
        stands = self._system.stand(worker)
        text = f"{takes} {self._subject(worker)}: {_call(stands)}" if takes else f"then: {_call(stands)}"
        return self._name(worker), text, self._fate(stands, before, fate)

    def _fate(self, stands: Any, before: State, fate: str) -> str:
        if fate != "done" or not isinstance(stands, Call) or stands.place not in self._system.legs:
            return "" if fate == "done" else fate
        store = before.stores[self._system.place_of(stands.place)]
        answer = self._system.answers[self._system.touch(store, stands)[1]]
        as_meant = isinstance(answer, Record) and answer is stands.arguments[-1]
        return "" if as_meant else _answer(answer)

    def _name(self, worker: Worker) -> str:
        return _at(self._system.jobs[worker.job].inbox)

    def _subject(self, worker: Worker) -> str:
        job = self._system.jobs[worker.job]
        if job.task:
            return str(json.loads(job.task)["do"])
        return " and ".join(_title(self._system.messages[number].body) for number in job.messages)

    def _standing(self, state: State) -> str:
        """What is recorded, trip by trip."""
        places = {name: state.stores[self._system.place_of(name)] for name in self._system.legs}
        ledgers = {name: self._system.books(store, name) for name, store in places.items()}
        trips = [
            ", ".join(f"{name} {_short(ledger.records.get(trip))}" for name, ledger in ledgers.items())
            for trip in self._system.trips
        ]
        return "; ".join(trips)


def _at(inbox: Inbox) -> str:
    return f"{inbox.service} {inbox.role}"


def _title(body: str) -> str:
    try:
        event: Mapping[str, Any] = json.loads(body)
    except ValueError:
        return body
    detail = event["detail"]
    trip = detail.get("tripId") or detail.get("metadata", {}).get("tripId", "")
    return f"{event['detail-type']} of {trip}"


def _call(stands: Any) -> str:
    if not isinstance(stands, Call):
        return "nothing to do"
    if stands.place == "bus":
        return "put " + ", ".join(fact.detail_type for fact in stands.arguments[0])
    if stands.method == "decide":
        return f"decide {stands.arguments[0].state}"
    return f"{stands.method}"


def _answer(answer: object) -> str:
    match answer:
        case Seen(record, _):
            return f"sees {_short(record)}"
        case Record():
            return f"{answer.state} stands"
        case Stale(keys):
            return f"too late: {', '.join(str(key) for key in keys)} is taken"
        case Exception():
            return f"{type(answer).__name__}: {answer}"
    return ""


def _short(record: Record | None) -> str:
    return "-" if record is None else str(record.state)
