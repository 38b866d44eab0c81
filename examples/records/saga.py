"""The records saga's declaration, and its request: the contract with whoever puts `TransactionRequested` on the bus."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from shared.message import Mode, Problem, shorten
from shared.request import FAULT_STEPS, ID, MODE, WHEN, Check, deadline, injected, instant, refuse, shown, size
from shared.saga.declaration import InvalidRequest, Request, Saga

STEPS = ("Process", "Transform", "Commit")
DETAILS = "Payload.TransactionDetails"

_FLAG = Check(lambda value: isinstance(value, bool), "send true or false")
TOP: Mapping[str, Check] = {
    "Payload": Check(lambda value: isinstance(value, dict), "send an object that holds TransactionDetails"),
    "mode": MODE,
    "deadline": WHEN,
}
FIELDS: Mapping[str, Check] = {
    "TransactionId": ID,
    "simulateFail": _FLAG,
    "seed": Check(lambda value: isinstance(value, int) and not isinstance(value, bool), "send a whole number"),
    "failStep": Check(lambda value: value in STEPS, f"name one of {', '.join(STEPS)}"),
    "failAfterWrite": _FLAG,
}
INJECTED = ("simulateFail", "failStep", "failAfterWrite")
"""Fields that make a step fail: refused, if they ask for it, where the stage allows no fault injection."""


def details_of(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """The transaction's details in a request that was read before."""
    details: Mapping[str, Any] = request["Payload"]["TransactionDetails"]
    return details


def read(detail: object, *, requested_at: datetime, faults_allowed: bool) -> Request:
    """Check a request's detail. Raises `InvalidRequest` with every problem found."""
    if not isinstance(detail, dict):
        raise InvalidRequest([Problem("detail", shorten(detail), "send the transaction as a JSON object")])
    refuse([*size(detail)] or [*_fields(detail, faults_allowed=faults_allowed)] or [*deadline(detail, requested_at)])
    return Request(
        trip_id=details_of(detail)["TransactionId"],
        mode=Mode(detail.get("mode", Mode.CHOREOGRAPHY)),
        deadline=instant(detail["deadline"]) if "deadline" in detail else None,
        detail=detail,
    )


def _fields(detail: Mapping[str, Any], *, faults_allowed: bool) -> Iterator[Problem]:
    if "faults" in detail:
        yield from injected("faults", detail["faults"], allowed=faults_allowed, steps=(*FAULT_STEPS, "finish"))
    yield from _checked("", {name: value for name, value in detail.items() if name != "faults"}, TOP)
    payload = detail.get("Payload")
    found = payload.get("TransactionDetails") if isinstance(payload, dict) else None
    if not isinstance(found, dict):
        yield Problem(DETAILS, "missing" if found is None else shorten(found), "send an object with a TransactionId")
        return
    if "TransactionId" not in found:
        yield Problem(f"{DETAILS}.TransactionId", "missing", ID.cure)
    yield from _checked(f"{DETAILS}.", found, FIELDS)
    for name in INJECTED:
        if found.get(name) and not faults_allowed:
            yield Problem(f"{DETAILS}.{name}", shorten(found[name]), "this stage allows no fault injection; remove it")


def _checked(path: str, found: Mapping[str, Any], checks: Mapping[str, Check]) -> Iterator[Problem]:
    for name, value in found.items():
        if name not in checks:
            yield Problem(path + shown(name), shorten(value), f"no such field; there are {', '.join(checks)}")
        elif not checks[name].accepts(value):
            yield Problem(path + name, shorten(value), checks[name].cure)


def named(detail: object) -> str | None:
    """The transaction's id in any detail, or None."""
    for key in ("Payload", "TransactionDetails", "TransactionId"):
        detail = detail.get(key) if isinstance(detail, dict) else None
    return detail if isinstance(detail, str) and ID.accepts(detail) else None


RECORDS = Saga(
    name="records",
    noun="Transaction",
    observer="transaction",
    id_field=f"{DETAILS}.TransactionId",
    read=read,
    named=named,
    words={
        "Booked": "Done",
        "BookingFailed": "Failed",
        "Cancelled": "RolledBack",
        "CompensationDelayed": "RollbackDelayed",
        "CompensationParked": "RollbackParked",
    },
    verbs=("", "roll back"),
    undoes_failures=True,
    keeps_dossier=True,
)
