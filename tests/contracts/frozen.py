"""The contracts of version 1, frozen: each event's schema and one example as it was really put.

`python -m tests.contracts.frozen --write` freezes today's contracts, on purpose: do it for an event that is new, or for
one that may say more. It refuses what the readers of version 1 could not read; that needs a new major version.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra.contracts import Contract, contracts
from services.trip.observer import observe, watch
from shared.message import Fact
from shared.observer.effects import FindDue, Note, Recall
from shared.observer.standing import Known, Summary
from shared.ports import Busy
from shared.saga.effects import Release
from shared.saga.runtime import handle_booking, handle_notice
from shared.saga.starter import Start, start
from shared.trip import TRIP
from tests.samples import (
    DEADLINE,
    LEGS,
    NOW,
    PARTICIPANTS,
    TERMS,
    a_trip,
    booked,
    cancel_requested,
    delivery,
    fact,
    failed,
    requested,
)
from tests.unit.by_hand import by_hand, ledger
from tests.unit.histories import HISTORIES
from tests.unit.test_booking import DETAILS, TRIGGER
from tests.unit.test_compensation import REFUSED
from tests.unit.test_observer import summary

GOLDEN = Path(__file__).parent / "golden"

Schema = Mapping[str, Any]


OPTIONAL = ", optional"


def shape(schema: Schema) -> dict[str, str]:
    """What a reader depends on: for every field its kind and whether it is always there; no words."""
    fields = _fields(schema, schema, "detail", required=True)
    return {path: kind if required else f"{kind}{OPTIONAL}" for path, kind, required in fields}


def _fields(schema: Schema, at: Schema, path: str, *, required: bool) -> Iterator[tuple[str, str, bool]]:
    while "$ref" in at:
        at = schema["$defs"][at["$ref"].rsplit("/", 1)[1]]
    yield path, _kind(at), required
    for name, inner in at.get("properties", {}).items():
        yield from _fields(schema, inner, f"{path}.{name}", required=name in at.get("required", ()))
    if "items" in at:
        yield from _fields(schema, at["items"], f"{path}[]", required=True)


def _kind(at: Schema) -> str:
    if "anyOf" in at:
        return " or ".join(_kind(each) for each in at["anyOf"])
    limits = ("pattern", "format", "minimum", "maximum", "minLength", "maxLength")
    kind = at.get("type") or f"one of {', '.join(at['enum'])}"
    return " ".join([kind, *(f"{name} {at[name]}" for name in limits if name in at)])


def breaks(frozen: Mapping[str, str], today: Mapping[str, str]) -> list[str]:
    """Why a reader of the one could not do with the other (both ways: deployments, queues and tables mix them)."""
    found = [f"{field} is gone" for field in frozen if field not in today]
    found += [
        f"{field} was {kind}, and is {today[field]}"
        for field, kind in frozen.items()
        if field in today and today[field] != kind
    ]
    return found + [f"{field} is new and required" for field in today if field not in frozen and _needed(field, today)]


def _needed(field: str, today: Mapping[str, str]) -> bool:
    """Whether a field must be there: it, and everything it lies in, is required."""
    parents = [other for other in today if field == other or field.startswith((f"{other}.", f"{other}["))]
    return not any(today[parent].endswith(OPTIONAL) for parent in parents)


def examples() -> dict[str, dict[str, Any]]:
    """One detail of each event, put by the shipped handlers."""
    told = [*_participants(), *_rejections(), *_observers()]
    details = {fact.detail_type: json.loads(fact.detail()) for fact in told}
    repeated = details.pop("TripCancelRequested")
    begun, refused = _starters()
    client = {"TripRequested": a_trip(), "TripCancelRequested": {"tripId": "trip-1"}}
    twice = {
        "TripCancelRequested.repeated": repeated,
        "TripRequestRejected.orchestrator": json.loads(refused.detail()),
    }
    return {**details, begun.detail_type: json.loads(begun.detail()), **client, **twice}


def _participants() -> Iterator[Fact]:
    for name, who in PARTICIPANTS.items():
        standing = booked(details=DETAILS[name])
        yield from by_hand(handle_booking(who, TERMS[name], delivery(TRIGGER[name])), ledger(standing)).announced
        yield from by_hand(handle_booking(who, TERMS[name], delivery(TRIGGER[name])), ledger(failed())).announced
        message = cancel_requested() if who.pivot else REFUSED
        yield from by_hand(handle_notice(who, TERMS[name], delivery(message)), ledger(standing)).announced
        busy = {**ledger(standing), Release: lambda _: Busy("throttled")}
        for last in (False, True):
            notice = delivery(message, 10 if last else 1, last=last)
            yield from by_hand(handle_notice(who, TERMS[name], notice), busy).announced


def _rejections() -> Iterator[Fact]:
    wrong = requested(a_trip(hotel=""))
    yield from by_hand(handle_booking(PARTICIPANTS["hotel"], TERMS["hotel"], delivery(wrong)), ledger()).announced


def _starters() -> Iterator[Fact]:
    for trip in (a_trip(mode="orchestration"), a_trip(mode="orchestration", hotel="")):
        core = start(TRIP, TERMS["hotel"], requested(trip), NOW)
        yield from by_hand(core, {Start: lambda effect: effect.request}).announced


def _observers() -> Iterator[Fact]:
    for name in ("goes well", "flight refuses", "cancelled before the commit"):
        known = Known(HISTORIES[name].noted, None)
        core = observe(LEGS, "travel.client", fact("hotel", "Booked"))
        yield from by_hand(core, {Note: lambda _, known=known: known}).announced  # type: ignore[misc]
    open_trip = HISTORIES["cancelled before the commit"].noted[:2]
    due: list[Summary] = [summary(*open_trip)]
    answers = {FindDue: lambda _: due, Recall: lambda _: Known(open_trip, due[0])}
    yield from by_hand(watch(LEGS, DEADLINE), answers).announced


def name_of(contract: Contract) -> str:
    """The golden file's name."""
    return contract.file.removesuffix(".json")


def today() -> dict[str, dict[str, Any]]:
    """What would be frozen now."""
    known = examples()
    return {
        name_of(contract): {"shape": shape(contract.schema), "example": known[name_of(contract)]}
        for contract in contracts()
    }


def frozen() -> dict[str, dict[str, Any]]:
    """What is frozen."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(GOLDEN.glob("*.json"))}


def write() -> None:
    """Freeze today's contracts. Exits, naming them, if there are changes that version 1 cannot bear."""
    before = frozen()
    wrong = [
        f"{name}: {why}"
        for name, contract in today().items()
        if name in before
        for why in breaks(before[name]["shape"], contract["shape"])
    ]
    if wrong:
        sys.exit("\n".join([*wrong, "give the facts a new major version, or take the change back"]))
    GOLDEN.mkdir(exist_ok=True)
    for name, contract in today().items():
        kept = before.get(name, contract)  # the oldest example is the one worth keeping
        text = json.dumps({"shape": contract["shape"], "example": kept["example"]}, indent=1, sort_keys=True)
        (GOLDEN / f"{name}.json").write_text(f"{text}\n")


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m tests.contracts.frozen --write")
    write()
