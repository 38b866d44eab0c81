"""Reads the meter of a local engine."""

import http.client
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.engine.engine import Engine
from sandbox.engine.process import get
from sandbox.metering.counts import (
    COLD_STARTS,
    GB_SECONDS,
    INIT_GB_SECONDS,
    INVOCATIONS,
    OPERATOR,
    Counts,
    Key,
    place_of,
)

PATH = "/_wayfare/meter"


class MeterError(Exception):
    """The engine has no meter, or does not answer."""


@dataclass(frozen=True, slots=True)
class Runs:
    """The invocations of one function since the engine started; a cold one's start is in `init_ms`, not in `billed_ms`."""

    memory_mb: int
    invocations: int
    billed_ms: int
    max_ms: int
    cold_starts: int
    init_ms: int


class Meter:
    """What an engine counted. The counts of a run are a snapshot after it minus one before it.

    Take both while nothing is under way: `LocalWorld.settle` returns when everything has been counted.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def snapshot(self) -> Counts:
        """Everything counted since the engine started. Raises MeterError."""
        told = self._ask()
        counts = [*map(_counted, told["counts"])]
        counts += [pair for name, runs in told["functions"].items() for pair in _ran(name, Runs(**runs))]
        return Counts({key: quantity for key, quantity in counts if quantity})

    def functions(self) -> Mapping[str, Runs]:
        """Each function's invocations since the engine started, by its name. Raises MeterError."""
        return {name: Runs(**runs) for name, runs in self._ask()["functions"].items()}

    def _ask(self) -> Any:
        try:
            status, body = get(self._engine.port, PATH)
            told = json.loads(body) if status == http.client.OK else {}
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise MeterError(f"the engine at {self._engine.endpoint} does not answer: {error}") from error
        if "counts" not in told:
            raise MeterError(f"the engine at {self._engine.endpoint} counts nothing: start it with metered=True")
        return told


def _counted(row: Mapping[str, Any]) -> tuple[Key, float]:
    owner = OPERATOR if row["operator"] else place_of(row["resource"]).owner
    return Key(row["meter"], owner, row["resource"], row["what"]), row["quantity"]


def _ran(name: str, runs: Runs) -> Iterator[tuple[Key, float]]:
    gb = runs.memory_mb / 1024
    totals = {
        INVOCATIONS: runs.invocations,
        COLD_STARTS: runs.cold_starts,
        GB_SECONDS: runs.billed_ms / 1000 * gb,
        INIT_GB_SECONDS: runs.init_ms / 1000 * gb,
    }
    for meter, quantity in totals.items():
        yield Key(meter, place_of(name).owner, name, "Invoke"), quantity
