"""Where a mode breaks: each limit, what a trip of the mix takes of it, and the rate at which that is all there is."""

from collections.abc import Iterator, Mapping, Sequence
from math import exp

import msgspec
import numpy as np

from infra.catalog import CATALOG, OBSERVER
from infra.stages import Stage
from sandbox.simulate.assumptions import Assumptions, Floats
from sandbox.simulate.network import Network
from sandbox.world import TASK
from shared.aws.ledger import CONFLICT_TRIES

OWN_SETTING = "raise `maximum_concurrency` in infra/stages.py"


class Break(msgspec.Struct, frozen=True, kw_only=True):
    """One limit: so much there is (a second, or at once), so much of it a trip takes, so many trips a second it bears."""

    limit: str
    value: float
    per_trip: float
    cure: str
    source: str

    @property
    def rate(self) -> float:
        return self.value / self.per_trip


class Contention(msgspec.Struct, frozen=True, kw_only=True):
    """Trips a second that want one and the same stock item, and what becomes of their transactions."""

    rate: float
    collide: float
    """The share of tries that meet another transaction."""
    given_back: float
    """The share of messages that use up their tries and are delivered again."""


def breaks(network: Network, shares: Mapping[str, float], assumed: Assumptions, stage: Stage) -> list[Break]:
    """Every limit that a trip takes something of, the tightest first."""
    found = (it for it in _limits(network, shares, assumed, stage) if it.per_trip > 0)
    return sorted(found, key=lambda it: it.rate)


def contention(rates: Sequence[float], assumed: Assumptions) -> list[Contention]:
    """What trips for one item do to each other: a transaction collides with any that overlaps it and ends before it."""
    duration = assumed.latencies["transaction"].mean
    found = []
    for rate in rates:
        collide = 1 - exp(-rate * duration)
        found.append(Contention(rate=rate, collide=collide, given_back=collide**CONFLICT_TRIES))
    return found


def _limits(network: Network, shares: Mapping[str, float], assumed: Assumptions, stage: Stage) -> Iterator[Break]:
    visits = _visits_per_trip(network, shares)
    seconds = np.array([sum(assumed.latencies[call].mean for call in it.calls) for it in network.visits])

    def limit(name: str, what: str, per_trip: float) -> Break:
        quota = assumed.quotas[name]
        return Break(limit=what, value=quota.value, per_trip=per_trip, cure=quota.cure, source=quota.source)

    for owner in (*CATALOG.legs, OBSERVER):
        mine = np.array([it.inbox.service == owner for it in network.visits])
        yield limit("table_writes", f"write units of {owner}'s new table", float(visits[mine] @ network.writes[mine]))
        yield limit("table_reads", f"read units of {owner}'s new table", float(visits[mine] @ network.reads[mine]))
    queued = np.array([it.queued for it in network.visits])
    asked = 1.0 + shares.get("cancelled after the commit", 0.0) / sum(shares.values())
    yield limit(
        "partition_writes", "write units of the board's partition of today's ended trips", float(visits @ network.ends)
    )
    yield limit("put_events", "PutEvents requests", asked + float(visits @ network.puts))
    yield limit("invocations", "EventBridge invocations", float(visits[queued].sum()))
    started = sum(float(visits[place]) for place, it in enumerate(network.visits) if "start_execution" in it.calls)
    yield limit("start_execution", "StartExecution", started)
    yield limit("transitions", "state transitions", float(visits @ network.transitions))
    yield limit("account", "functions at once, of all kinds", float(visits @ seconds))
    for place, inbox in enumerate(network.stations):
        if inbox.role != TASK:
            here = network.station == place
            per_trip = float(visits[here] @ seconds[here]) / stage.batch_size
            words = f"{stage.maximum_concurrency} batches of {inbox.service} {inbox.role} at once"
            yield Break(
                limit=words,
                value=stage.maximum_concurrency,
                per_trip=per_trip,
                cure=OWN_SETTING,
                source="infra/stages.py",
            )


def _visits_per_trip(network: Network, shares: Mapping[str, float]) -> Floats:
    """How often each visit happens to a trip of the mix."""
    total = sum(shares.values())
    found = np.zeros(len(network.visits))
    for course, outcome in enumerate(network.outcomes):
        reached = [*network.first[course], *network.cancel[course]]
        while reached:
            visit = reached.pop()
            found[visit] += shares.get(outcome, 0.0) / total
            reached += list(network.children[visit])
    return found
