"""Fault injection that a request asks for (its flags, `faults`), where the stage allows it.

Elsewhere the first leg rejects such a request, so that no trip with a fault ever gets this far.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from shared.ports import Busy
from shared.saga.effects import Core, Decide, Effect, Finish, R, Release
from shared.saga.participant import Participant
from shared.saga.plan import Planning, Refused


class WorkerDied(BaseException):
    """The worker is to die here, with all the messages it holds: no handler of errors may stop it."""


@dataclass(frozen=True)
class Pause:
    """Do nothing for some seconds."""

    seconds: float

    def perform(self, _ports: object) -> None:
        time.sleep(self.seconds)

    def touches(self) -> frozenset[object]:
        return frozenset()


def refusal_asked_for(participant: Participant, trip: Mapping[str, Any]) -> Planning | None:
    """A planning that refuses, if the trip asks this participant to."""
    if asked := participant.saga.asked_to_fail(participant.name, trip):
        return _refuse(asked)
    if any(fault["at"] == participant.name and fault["do"] == "refuse" for fault in trip.get("faults", ())):
        return _refuse(f"a fault at {participant.name} asked for it")
    return None


def _refuse(message: str) -> Planning:
    yield from ()
    return Refused("requested_failure", message)


def with_faults(core: Core[R], participant: Participant, step: str, attempt: int) -> Core[R]:
    """The same core, with the faults its trip asks for around its writes. `attempt` counts deliveries, from 1."""
    resume: Callable[[], Effect] = partial(next, core)
    while True:
        try:
            effect = resume()
        except StopIteration as ended:
            result: R = ended.value
            return result
        faults = _faults(effect, participant, step, attempt)
        if "delay" in faults:
            yield Pause(float(faults["delay"].get("seconds", 0)))
        if "throttle" in faults:
            resume = partial(core.throw, Busy(f"throttled on request, delivery {attempt}"))
            continue
        if "crash_before" in faults:
            raise WorkerDied(f"before {type(effect).__name__}, on request")
        try:
            resume = partial(core.send, (yield effect))
        except Exception as failure:
            resume = partial(core.throw, failure)
        if "crash_after" in faults:
            raise WorkerDied(f"after {type(effect).__name__}, on request")


def _faults(effect: Effect, participant: Participant, step: str, attempt: int) -> dict[str, dict[str, Any]]:
    record = (
        effect.record
        if isinstance(effect, Decide | Finish)
        else effect.cancelled
        if isinstance(effect, Release)
        else None
    )
    wanted = (record.trip or {}).get("faults", ()) if record else ()
    return {
        fault["do"]: fault
        for fault in wanted
        if fault["at"] == participant.name and fault.get("on", "book") == step and attempt <= fault.get("times", 1)
    }
