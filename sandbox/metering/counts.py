"""Counts of billed operations: a value that adds and subtracts, told by meter and by owner."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from infra.catalog import PARTICIPANTS

EVENTS: Final = "events"
"""Entries of PutEvents, per started 64 KB."""
QUEUE_REQUESTS: Final = "queue_requests"
"""Requests to SQS, per started 64 KB."""
INVOCATIONS: Final = "invocations"
GB_SECONDS: Final = "gb_seconds"
"""Billed duration times memory, without starting environments."""
INIT_GB_SECONDS: Final = "init_gb_seconds"
"""The same, of starting them: kept apart, because this machine's cold starts say nothing about AWS's."""
COLD_STARTS: Final = "cold_starts"
WRITE_UNITS: Final = "write_units"
READ_UNITS: Final = "read_units"
TRANSITIONS: Final = "transitions"
"""States that a Standard workflow entered, and retries."""
LOG_BYTES: Final = "log_bytes"
UNMETERED: Final = "unmetered"
"""Calls that the meter has no rule for; not zero means that a sum is too low."""

METERS: Final = (
    EVENTS,
    QUEUE_REQUESTS,
    INVOCATIONS,
    GB_SECONDS,
    INIT_GB_SECONDS,
    WRITE_UNITS,
    READ_UNITS,
    TRANSITIONS,
    LOG_BYTES,
)
"""Everything that has a price."""
EXACT: Final = (EVENTS, QUEUE_REQUESTS, INVOCATIONS, WRITE_UNITS, READ_UNITS, TRANSITIONS)
"""The meters that do not depend on how fast a machine is, nor on how long a line of log is."""

OPERATOR: Final = "operator"
"""Owner of what people, tools and tests ask for; no part of a trip's cost."""
CLIENT: Final = "client"
ORCHESTRATOR: Final = "orchestrator"
PLATFORM: Final = "platform"
WATCH: Final = "watch"
"""The role of the observer's clock: it costs by the minute, not by the trip."""

_SERVICES = (*(who.name for who in PARTICIPANTS), "trip", ORCHESTRATOR)
_NAME = re.compile(
    rf"wayfare-(?P<stage>.+?)(?:-(?P<owner>{'|'.join(_SERVICES)})(?:-(?P<role>.+))?|-quarantine(?:-dlq)?)?\Z"
)


class Place(NamedTuple):
    """Whose a resource is: stage, service, role; empty what it has not."""

    stage: str
    owner: str
    role: str


def place_of(resource: str) -> Place:
    """Read a resource's name: a queue, table, function or state machine, `/wayfare/S/N-role`, or `bus/source`."""
    bus, _, source = resource.partition("/travel.")
    log_group = resource.removeprefix("/wayfare/").replace("/", "-", 1)
    found = _NAME.match(f"wayfare-{log_group}" if resource.startswith("/wayfare/") else bus)
    if not found:
        return Place("", PLATFORM, "")
    return Place(found["stage"], source or found["owner"] or PLATFORM, found["role"] or "")


class Key(NamedTuple):
    """What was counted: on which meter, for whom, on which resource, and what was done there."""

    meter: str
    owner: str
    resource: str
    what: str


@dataclass(frozen=True)
class Counts:
    """How much of everything; nothing is kept that is zero."""

    quantities: Mapping[Key, float] = field(default_factory=dict)

    def __add__(self, other: Self) -> Self:
        return self._with(other, 1)

    def __sub__(self, other: Self) -> Self:
        return self._with(other, -1)

    def __bool__(self) -> bool:
        return bool(self.quantities)

    def __getitem__(self, meter: str) -> float:
        """The total of one meter."""
        return sum(quantity for key, quantity in self.quantities.items() if key.meter == meter)

    def __iter__(self) -> Iterator[tuple[Key, float]]:
        return iter(sorted(self.quantities.items()))

    def by_meter(self) -> dict[str, float]:
        """The total of each meter that counted anything."""
        return self._summed(lambda key: key.meter)

    def by_owner(self) -> dict[str, "Counts"]:
        """Each owner's own counts."""
        return {owner: self.of(owner) for owner in sorted({key.owner for key in self.quantities})}

    def of(self, *owners: str) -> Self:
        """What these owners' resources were used for."""
        return self.only(lambda key: key.owner in owners)

    def without(self, *owners: str) -> Self:
        """Everything but what these owners' resources were used for."""
        return self.only(lambda key: key.owner not in owners)

    def of_stage(self, stage: str) -> Self:
        """What one stage's resources were used for."""
        return self.only(lambda key: place_of(key.resource).stage == stage)

    def of_trips(self) -> Self:
        """What trips cost: without operators, and without the ticks of the observer's clock (part of a stage's fixed cost)."""
        return self.only(lambda key: key.owner != OPERATOR and not _of_the_clock(key))

    def only(self, wanted: Callable[[Key], bool]) -> Self:
        """Those counts whose key is wanted."""
        return type(self)({key: quantity for key, quantity in self.quantities.items() if wanted(key)})

    def scaled(self, factor: float) -> Self:
        """That many times as much; 1 / trips makes counts per trip."""
        return type(self)({key: quantity * factor for key, quantity in self.quantities.items()})

    def _with(self, other: Self, sign: int) -> Self:
        keys = self.quantities.keys() | other.quantities.keys()
        sums = {key: self.quantities.get(key, 0) + sign * other.quantities.get(key, 0) for key in keys}
        return type(self)({key: round(quantity, 9) for key, quantity in sums.items() if round(quantity, 9)})

    def _summed(self, name: Callable[[Key], str]) -> dict[str, float]:
        sums: dict[str, float] = {}
        for key, quantity in self:
            sums[name(key)] = sums.get(name(key), 0) + quantity
        return sums


def _of_the_clock(key: Key) -> bool:
    return place_of(key.resource).role == WATCH or key.what == "Query of index board"
