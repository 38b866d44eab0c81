"""The declaration of a saga: all that tells one saga from another. What is not said here is the same for every saga."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from shared.message import Mode, Problem

PARTS = ("Booked", "BookingFailed", "Cancelled", "CompensationDelayed", "CompensationParked")
"""What a participant can announce, in the runtime's words."""


@dataclass(frozen=True)
class Request:
    """A request that may start a saga. `detail` is the request as received: it travels along unchanged."""

    trip_id: str
    mode: Mode
    deadline: datetime | None
    detail: Mapping[str, Any]


class InvalidRequest(Exception):
    """The request cannot start a saga; `problems` tells everything that is wrong with it."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(problem.field for problem in problems))
        self.problems = tuple(problems)


class Reader(Protocol):
    """Checks a request's detail; pure, so that a redelivery gets the same answer."""

    def __call__(self, detail: object, *, requested_at: datetime, faults_allowed: bool) -> Request:
        """Raises `InvalidRequest` with every problem found. `requested_at` is the event's own time."""


def _never(_participant: str, _request: Mapping[str, Any]) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True)
class Saga:
    """A saga, as the runtime needs to know it.

    `name` begins its sources (`travel.hotel`), `noun` its own events (`TripRequested`). `id_field` is where a request
    carries its id, `named` finds that id in any detail (None: there is no usable one), `read` checks a whole request.
    `asked_to_fail` tells why a participant is to refuse, if the request asks for that (fault injection). `words`
    replaces what a participant can announce by the saga's own words, `verbs` says for people what a step and its
    compensation do. `undoes_failures`: a step that failed is compensated too, before the earlier ones.
    `keeps_dossier`: all records of one saga lie in one item, which the pivot's service closes after the commit.
    """

    name: str
    noun: str
    observer: str
    id_field: str
    read: Reader
    named: Callable[[object], str | None]
    asked_to_fail: Callable[[str, Mapping[str, Any]], str | None] = _never
    words: Mapping[str, str] = field(default_factory=dict, hash=False)
    verbs: tuple[str, str] = ("book", "cancel")
    undoes_failures: bool = False
    keeps_dossier: bool = False

    @property
    def requested(self) -> str:
        """What a client puts to start one."""
        return f"{self.noun}Requested"

    @property
    def rejected(self) -> str:
        return f"{self.noun}RequestRejected"

    @property
    def started(self) -> str:
        """What the orchestrator announces when an execution was started for one."""
        return f"{self.noun}Started"

    @property
    def cancel_requested(self) -> str:
        return f"{self.noun}CancelRequested"

    @property
    def expired(self) -> str:
        return f"{self.noun}Expired"

    @property
    def outcomes(self) -> tuple[str, str, str]:
        """What the observer announces at the end."""
        return f"{self.noun}Confirmed", f"{self.noun}Failed", f"{self.noun}Cancelled"

    def source_of(self, speaker: str) -> str:
        """The event source that only this speaker may use."""
        return f"{self.name}.{speaker}"

    def word(self, part: str) -> str:
        """What the saga calls a part."""
        return self.words.get(part, part)

    def detail_type(self, participant: str, part: str) -> str:
        """What a participant's fact is called on the bus."""
        return title_of(participant) + self.word(part)

    def part_of(self, participant: str, detail_type: str) -> str | None:
        """The part that a participant announces by this; None: no fact of its."""
        return next((part for part in PARTS if self.detail_type(participant, part) == detail_type), None)


def title_of(participant: str) -> str:
    """The prefix of a participant's detail-types: `Hotel` for `hotel`."""
    return participant[:1].upper() + participant[1:]
