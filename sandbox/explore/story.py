"""A schedule as a story, and as a file that plays it again."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from sandbox.explore.naming import walk
from sandbox.explore.numbered import members
from sandbox.explore.search import Counterexample
from sandbox.explore.state import State, Worker
from sandbox.explore.system import LEGS, System
from sandbox.explore.tape import Call
from sandbox.world import Inbox
from shared.ports import Seen, Stale
from shared.saga.record import Record


class Line(NamedTuple):
    """One step: who does what, what becomes of it, and what is recorded by then (each participant's state, by trip)."""

    who: str
    what: str
    outcome: str
    standing: str


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


class _Story:
    def __init__(self, system: System) -> None:
        self._system = system

    def line(self, what: tuple[Any, ...], before: State, after: State) -> Line:
        who, text, outcome = self._told(what, before)
        return Line(who, text, outcome, self._standing(after))

    def _told(self, what: tuple[Any, ...], before: State) -> tuple[str, str, str]:
        match what:
            case ("deliver", job, fate):
                return self._worker(Worker(job), before, fate, "takes")
            case ("call", job, fate):
                return self._worker(Worker(job), before, fate, "is called to")
            case ("go on", number, fate):
                return self._worker(self._system.workers[number], before, fate, "goes on with")
            case ("die", number):
                worker = self._system.workers[number]
                return self._name(worker), f"dies before {_call(self._system.stand(worker))}", ""
            case ("give up", number):
                return "the machine", f"waits no longer for {self._name(self._system.workers[number])}", ""
            case ("cancel",):
                return "the user", "cancels the trip", ""
            case ("expire",):
                return "the observer", "says that the deadline has passed", ""
            case ("tick",):
                return "the clock", "ticks for the observer", ""
            case ("repeat",):
                return "the client", "puts the same request again", ""
            case (verb, number) if verb in ("lose", "park", "redrive"):
                message = self._system.messages[number]
                told = {"lose": "is lost", "park": "was received too often: it is parked", "redrive": "is redriven"}
                return "the queue " + _at(message.inbox), f"{_title(message.body)} {told[verb]}", ""
            case ("send", number, fate):
                return "the machine", f"leaves the cancel to {_at(self._system.messages[number].inbox)}", fate
            case ("stop", _):
                return "somebody", "stops the execution", ""
        return " ".join(str(it) for it in what[1:]), str(what[0]), ""

    def _worker(self, worker: Worker, before: State, fate: str, verb: str) -> tuple[str, str, str]:
        stands = self._system.stand(worker)
        text = f"{verb} {self._subject(worker)}"
        return self._name(worker), f"{text}: {_call(stands)}", self._fate(stands, before, fate)

    def _fate(self, stands: Any, before: State, fate: str) -> str:
        if fate != "done" or not isinstance(stands, Call) or stands.place not in LEGS:
            return "" if fate == "done" else fate
        store = before.stores[list(LEGS).index(stands.place)]
        return _answer(self._system.answers[self._system.touch(store, stands)[1]])

    def _name(self, worker: Worker) -> str:
        return _at(self._system.jobs[worker.job].inbox)

    def _subject(self, worker: Worker) -> str:
        job = self._system.jobs[worker.job]
        if job.task:
            return str(json.loads(job.task)["do"])
        return " and ".join(_title(self._system.messages[number].body) for number in job.messages)

    def _standing(self, state: State) -> str:
        """What is recorded, trip by trip, and what still waits."""
        ledgers = {name: self._system.stores[store] for name, store in zip(LEGS, state.stores, strict=False)}
        trips = [
            " ".join(f"{name}:{_short(ledger.records.get(trip))}" for name, ledger in ledgers.items())
            for trip in self._system.case.trips
        ]
        return " | ".join(trips) + f"  ({sum(1 for _ in members(state.waiting))} waiting)"


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
