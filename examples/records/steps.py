"""What a step does: it writes its record, or fails as its request asks for. Pure, so that a redelivery does the same."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from examples.records.saga import details_of
from shared.saga.plan import Plan, Planning, Refused

SHARES = {"Process": 0.3, "Transform": 0.3, "Commit": 0.8}
"""How often each step fails under `simulateFail`."""


def step(name: str, word: str, request: Mapping[str, Any], _unlisted: int | None) -> Planning:
    """The plan of one step, which claims no stock."""
    yield from ()
    record = {"TransactionId": details_of(request)["TransactionId"], "state": word}
    why = failure(name, details_of(request))
    if why is None:
        return Plan((), {"record": record})
    written = details_of(request).get("failAfterWrite") is True
    return Refused("step_failed", why, {"record": record} if written else {})


def failure(name: str, details: Mapping[str, Any]) -> str | None:
    """Why this step is to fail, if it is: by name (`failStep`), or by chance (`simulateFail`)."""
    if details.get("failStep") == name:
        return f"failStep asked {name} to fail"
    if details.get("simulateFail") is True and chance(name, details) < SHARES[name]:
        return f"simulateFail let {name} fail"
    return None


def chance(name: str, details: Mapping[str, Any]) -> float:
    """A number from 0 to 1 that seed, transaction and step decide: the same for each delivery, and for whoever replays it."""
    drawn = sha256(f"{details.get('seed', 0)}/{details['TransactionId']}/{name}".encode()).digest()
    return int.from_bytes(drawn[:8]) / 2**64
