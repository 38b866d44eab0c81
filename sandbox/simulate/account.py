"""What all stations of a mode share: tokens of tables, bus, machine and observer's board; how many functions may run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from infra.catalog import CATALOG, OBSERVER
from sandbox.simulate.assumptions import Assumptions, Floats
from sandbox.simulate.limits import Bucket, Delay
from sandbox.simulate.network import Flags

ENOUGH: Final = 1e9
"""A limit that never binds."""


@dataclass
class Account:
    """The quotas of one run. `raised`: those that would break are raised as far as is asked for."""

    reads: dict[str, Bucket]
    writes: dict[str, Bucket]
    put_events: Bucket
    start_execution: Bucket
    board: Bucket
    """The writes of one partition of the observer's index: that of the trips that ended today."""
    invocations: Delay
    transitions: Delay
    concurrency: float
    growth: float
    """Seconds within which a table may be driven to twice its previous peak."""
    grown: float = 0.0
    peaks: dict[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, assumed: Assumptions, *, raised: bool) -> "Account":
        """By default quotas; or with all of them raised beyond need, but for what no quota can raise."""
        quotas = assumed.quotas
        factor = ENOUGH if raised else 1.0

        def bucket(name: str, scale: float = factor) -> Bucket:
            return Bucket(quotas[name].value * scale, quotas[name].burst * scale)

        tables = (*CATALOG.legs, OBSERVER)
        return cls(
            reads={name: bucket("table_reads") for name in tables},
            writes={name: bucket("table_writes") for name in tables},
            put_events=bucket("put_events"),
            start_execution=bucket("start_execution"),
            board=bucket("partition_writes", 1.0),
            invocations=Delay(quotas["invocations"].value * factor),
            transitions=Delay(quotas["transitions"].value * factor),
            concurrency=quotas["account"].value * factor,
            growth=quotas["table_growth_minutes"].value * 60,
        )

    @property
    def buckets(self) -> Mapping[str, Bucket]:
        """All that refuse, by name."""
        tables = {
            f"{name} table {what}": it
            for what, each in (("reads", self.reads), ("writes", self.writes))
            for name, it in each.items()
        }
        return {
            "PutEvents": self.put_events,
            "StartExecution": self.start_execution,
            "board of ended trips": self.board,
            **tables,
        }

    def flow(self, now: float, seconds: float) -> None:
        """Time passes; an on-demand table grows to twice its peak, once in half an hour."""
        for bucket in self.buckets.values():
            bucket.flow(seconds)
        self.invocations.flow(seconds)
        self.transitions.flow(seconds)
        if now - self.grown >= self.growth:
            self.grown = now
            for bucket in (*self.reads.values(), *self.writes.values()):
                bucket.rate = bucket.burst = max(bucket.rate, 2 * bucket.peak)

    def admit(self, service: str, wanted: Mapping[str, Floats], seconds: float) -> Flags:
        """Who gets all it wants: units of its table, an entry on the board, a PutEvents, an execution."""
        granted = np.ones(len(wanted["reads"]), dtype=bool)
        for bucket, name in (
            (self.reads.get(service), "reads"),
            (self.board, "ends"),
            (self.writes.get(service), "writes"),
            (self.start_execution, "starts"),
            (self.put_events, "puts"),
        ):
            if bucket is not None:
                granted &= bucket.take(np.where(granted, wanted[name], 0.0), seconds)
        return granted
