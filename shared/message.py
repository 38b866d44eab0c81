"""Messages: the envelope that EventBridge delivers, the facts that participants announce, their ids.

Ids, causation and versions live in the metadata; what a fact is about lives in its data.
"""

import hashlib
import json
import math
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, TypeVar

import msgspec

VERSION = 1
"""Major version of the facts' shape; a reader quarantines any other."""

SAGA_ID = r"^[A-Za-z0-9_-]{1,64}\Z"
"""`\\Z`, not `$`: the latter lets a trailing newline through."""

TripId = Annotated[str, msgspec.Meta(pattern=SAGA_ID)]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]

YEARS = range(1900, 2201)
"""Moments outside are nobody's plan, and the calendar's ends leave no room to add five minutes."""

T = TypeVar("T", bound=msgspec.Struct)
M = TypeVar("M", "Metadata", "RejectionMetadata")


class Unreadable(Exception):
    """The message can never be handled: it goes to the dead-letter queue with this reason, and is not retried."""


class Mode(StrEnum):
    """Who coordinates a trip: its participants among themselves, or a state machine."""

    CHOREOGRAPHY = "choreography"
    ORCHESTRATION = "orchestration"


class Envelope(msgspec.Struct, frozen=True, rename={"detail_type": "detail-type"}):
    """An event as EventBridge puts it into a queue; `time` has a resolution of one second."""

    id: str
    source: str
    detail_type: str
    time: Instant
    detail: Any = None


class Metadata(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What every fact says about itself.

    `event_id` is deterministic (`participant:trip:state`), so that a repeated fact can be dropped by its readers.
    `causation_id` is the id of the event that led to the decision, `request_hash` identifies the request (absent on
    a decision that was made before any request was seen), `leg` orders the participants. `asked` tells what the pivot
    answers by saying this, be it for the first time or again: the user's cancel (`cancelled`) or the `deadline`.
    `definition` is that of the saga when the first leg took the request: who takes part, and who follows whom.
    """

    event_id: str
    trip_id: TripId
    causation_id: str
    participant: str
    leg: int
    mode: Mode
    version: int
    occurred_at: Instant
    pivot: bool = False
    request_hash: str | None = None
    requested_at: Instant | None = None
    deadline: Instant | None = None
    asked: str | None = None
    definition: int = 1


class Data(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Base of what a fact is about."""


class Booked(Data, frozen=True, kw_only=True):
    """A reservation is held. `trip` travels along, as the client sent it."""

    trip: dict[str, Any]


class BookingFailed(Data, frozen=True, kw_only=True):
    """A reservation was refused, for good. `reason` is a stable code, `message` a sentence."""

    reason: str
    message: str


class Cancelled(Data, frozen=True, kw_only=True):
    """No reservation is held any more. `released`: one was given back (false: there was none to give back)."""

    released: bool
    reason: str


class CompensationDelayed(Data, frozen=True, kw_only=True):
    """A compensating transaction could not be done yet and is retried; best effort, `…Cancelled` supersedes it."""

    attempt: int
    reason: str


class CompensationParked(CompensationDelayed, frozen=True, kw_only=True):
    """A compensating transaction used up its tries and waits in the dead-letter queue for an operator."""


class Started(Data, frozen=True, kw_only=True):
    """An execution was started: from now on its deadline counts, whatever becomes of the execution."""


class CompensationRequested(Data, frozen=True, kw_only=True):
    """The state machine hands a cancel over to the participant's own compensate queue.

    `undecided`: nobody knows whether it booked; it is to say so, and to cancel nothing.
    """

    reason: str
    undecided: bool = False


class Problem(msgspec.Struct, frozen=True, rename="camel"):
    """One thing wrong with a request: the field, the value as it came (shortened), what to do about it."""

    field: str
    value: str
    cure: str

    def __str__(self) -> str:
        return f"{self.field} = {self.value}: {self.cure}"


class TripRequestRejected(Data, frozen=True, kw_only=True):
    """A request could not start a trip. It is about one request, never about a trip: it changes no status."""

    request_id: str
    reason: str
    problems: tuple[Problem, ...]


class RejectionMetadata(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Metadata of a rejection: there may be no usable trip id, and there is no state."""

    event_id: str
    causation_id: str
    participant: str
    leg: int
    version: int
    occurred_at: Instant
    trip_id: TripId | None = None
    request_hash: str | None = None


class Fact(msgspec.Struct, frozen=True):
    """An event to be put on the bus: what happened (past tense), to whom, and why."""

    source: str
    detail_type: str
    metadata: Metadata | RejectionMetadata
    data: Data

    def detail(self) -> str:
        """The event's detail as JSON text."""
        return msgspec.json.encode({"metadata": self.metadata, "data": self.data}).decode()


def canonical(value: object) -> bytes:
    """JSON text in the one form that equal values share: sorted keys, no spaces, UTF-8.

    Raises `UnicodeEncodeError` for text that is no Unicode (an unpaired surrogate).
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def request_hash(detail: object) -> str:
    """Identifies a request by its content as received, before defaults: sha256 in hexadecimal."""
    return hashlib.sha256(canonical(detail)).hexdigest()


def read_json(text: str) -> Any:
    """Parse JSON strictly: a repeated key, NaN or a number beyond a float is `Unreadable`, and so is anything nested too deep."""
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not readable as JSON: {error}") from error


def read_envelope(body: str) -> Envelope:
    """The event in a queue's message; `Unreadable` when EventBridge cannot have put it there."""
    envelope = _converted(read_json(body), Envelope, "not an EventBridge event")
    _check_unicode([envelope.id, envelope.source, envelope.detail_type])
    return envelope


def read_metadata(envelope: Envelope, saga: str) -> Metadata:
    """The metadata of a saga's fact; `Unreadable` for another major version, a missing part, or parts that do not belong together."""
    return _metadata(envelope, saga, Metadata)


def read_rejection(envelope: Envelope, saga: str) -> RejectionMetadata:
    """A rejection's metadata; `Unreadable` as for any other fact."""
    return _metadata(envelope, saga, RejectionMetadata)


def _metadata(envelope: Envelope, saga: str, kind: type[M]) -> M:
    raw = envelope.detail.get("metadata") if isinstance(envelope.detail, dict) else None
    version = raw.get("version") if isinstance(raw, dict) else None
    if version != VERSION:
        raise Unreadable(f"metadata.version = {version!r}: this reader knows version {VERSION}")
    _check_unicode(envelope.detail)
    metadata = _converted(raw, kind, "metadata")
    if envelope.source != f"{saga}.{metadata.participant}":
        raise Unreadable(
            f"metadata.participant = {metadata.participant!r} does not belong to source {envelope.source!r}"
        )
    return metadata


def read_data(envelope: Envelope, kind: type[T]) -> T:
    """A fact's data as the given kind; unknown fields are ignored."""
    return _converted(envelope.detail.get("data"), kind, "data")


def shorten(value: object, limit: int = 80) -> str:
    """A value as it may be shown in a message: its JSON text, shortened."""
    try:
        text = json.dumps(value, allow_nan=True)
    except (ValueError, RecursionError):
        text = f"a {type(value).__name__}"
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def _converted(raw: object, kind: type[T], what: str) -> T:
    try:
        found = msgspec.convert(raw, kind)
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise Unreadable(f"{what}: {error}") from error
    for name, encoded in _fields(kind):
        moment = getattr(found, name)
        if isinstance(moment, datetime) and moment.year not in YEARS:
            raise Unreadable(f"{what}: {encoded} = {moment.isoformat()} is out of this world")
    return found


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    """A kind's fields, by their names here and in JSON; looking them up takes longer than all else in reading a message."""
    return tuple((field.name, field.encode_name) for field in msgspec.structs.fields(kind))


def _check_unicode(value: object) -> None:
    """An unpaired surrogate passes a JSON parser, but could never be announced or stored."""
    try:
        canonical(value)
    except (ValueError, RecursionError) as error:
        raise Unreadable("text that is not valid Unicode") from error


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        keys = [key for key, _ in pairs]
        raise ValueError(f"the key {next(key for key in keys if keys.count(key) > 1)!r} stands twice in one object")
    return found


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is no JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large a number")
    return number
