"""What a stage costs in a month in which nobody books: counted from its templates, at list price.

`python -m infra.idle_cost STAGE` prints it. Computed, not measured: nothing here has seen a bill.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from infra.prices import Prices, load
from infra.synth import synth

MINUTES: Final = 30 * 24 * 60
POLLERS = 5
"""Lambda's pollers on an idle queue; each asks about three times a minute, and an empty answer is billed."""
POLLS_A_MINUTE = 3
TICK_SECONDS = 0.1
"""Assumed run time of a tick that finds nothing."""
TICK_LOG_KB = 1
"""Assumed length of a tick's log lines."""
SHARDS = 4
"""Queries of a tick (`shared/aws/saga_log.py`), each half a read unit."""
OWN_METRICS = 1
"""Published by a tick: OldestOpenTrip. The others come with trips."""

Resource = dict[str, Any]


class Line(NamedTuple):
    """One thing that is billed; `quantity` in its own unit, `price` in dollars for one."""

    what: str
    quantity: float
    price: float

    @property
    def dollars(self) -> float:
        return self.quantity * self.price


def lines(resources: Iterable[Resource], prices: Prices) -> Iterator[Line]:
    """What these resources cost, idle, in thirty days."""
    every = [*resources]
    count = Counter(resource["Type"] for resource in every)
    ticks = MINUTES * sum("ScheduleExpression" in resource.get("Properties", {}) for resource in every)
    memory_gb = max((_memory(resource) for resource in every), default=0) / 1024
    polls = count["AWS::Lambda::EventSourceMapping"] * POLLERS * POLLS_A_MINUTE * MINUTES
    yield Line("empty receives of Lambda's pollers", polls, prices["queue_request"])
    yield Line("alarms", count["AWS::CloudWatch::Alarm"], prices["alarm_month"])
    yield Line("metrics of our own", OWN_METRICS, prices["metric_month"])
    yield Line("ticks: traces", ticks, prices["trace"])
    yield Line("ticks: schedule", ticks, prices["schedule_tick"])
    yield Line("ticks: queue requests (send, receive, delete)", 3 * ticks, prices["queue_request"])
    yield Line("ticks: function calls", ticks, prices["lambda_request"])
    yield Line("ticks: function time, GB-seconds", ticks * TICK_SECONDS * memory_gb, prices["lambda_gb_second"])
    yield Line("ticks: read units", ticks * SHARDS * 0.5, prices["read_unit"])
    yield Line("ticks: log, GB", ticks * TICK_LOG_KB / 1e6, prices["log_gb"])


def month(stage: str, prices: Prices) -> list[Line]:
    """What a stage costs, idle, in thirty days."""
    return [*lines(resources(synth(stage)), prices)]


def report(stage: str) -> str:
    """The bill as text: each line, then the sum."""
    billed = month(stage, load())
    rows = [f"{line.what:<46} {line.quantity:>12,.2f} {line.price:>14.10f} {line.dollars:>7.2f}" for line in billed]
    total = f"{'sum, US dollars in thirty idle days':<74} {sum(line.dollars for line in billed):>7.2f}"
    return "\n".join([f"{'stage ' + stage:<46} {'quantity':>12} {'price':>14} {'dollars':>7}", *rows, total])


def resources(assembly: Path) -> Iterator[Resource]:
    """Every resource of every template in a cloud assembly."""
    for template in sorted(assembly.glob("*.template.json")):
        yield from json.loads(template.read_text())["Resources"].values()


def _memory(resource: Resource) -> float:
    is_function = resource["Type"] == "AWS::Lambda::Function"
    return float(resource["Properties"]["MemorySize"]) if is_function else 0.0


def main() -> None:
    """Print the bill of the named stage."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m infra.idle_cost STAGE   (dev, prod)")
    sys.stdout.write(f"{report(sys.argv[1])}\n")


if __name__ == "__main__":
    main()
