"""What a stage costs in a month in which nobody books: counted from its templates, at list price.

`python -m infra.idle_cost STAGE` prints it. Computed, not measured: nothing here has seen a bill.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

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
"""Queries of a tick (`services/trip/log.py`), each half a read unit."""
OWN_METRICS = 1
"""Published by a tick: OldestOpenTrip. The others come with trips."""

# us-east-1, US dollars, before any free tier.
ALARM_MONTH = 0.10  # price list of 2026-08-06
METRIC_MONTH = 0.30  # price list of 2026-08-06
SQS_REQUEST = 0.40e-6  # price list of 2025-08-28
SCHEDULE_TICK = 1.00e-6  # EventBridge Scheduler's price, 2026-10; none was found for a scheduled rule
LAMBDA_REQUEST = 0.20e-6  # 2026-10
LAMBDA_GB_SECOND = 0.0000133334  # arm64, 2026-10
READ_UNIT = 0.125e-6  # price list of 2026-08-15
LOG_GB = 0.50  # price list of 2026-08-06
TRACE = 5.00e-6  # AWS's page, undated

Resource = dict[str, Any]


class Line(NamedTuple):
    """One thing that is billed; `quantity` in its own unit, `price` in dollars for one."""

    what: str
    quantity: float
    price: float

    @property
    def dollars(self) -> float:
        return self.quantity * self.price


def lines(resources: Iterable[Resource]) -> Iterator[Line]:
    """What these resources cost, idle, in thirty days."""
    every = [*resources]
    count = Counter(resource["Type"] for resource in every)
    ticks = MINUTES * sum("ScheduleExpression" in resource.get("Properties", {}) for resource in every)
    memory_gb = max((_memory(resource) for resource in every), default=0) / 1024
    polls = count["AWS::Lambda::EventSourceMapping"] * POLLERS * POLLS_A_MINUTE * MINUTES
    yield Line("empty receives of Lambda's pollers", polls, SQS_REQUEST)
    yield Line("alarms", count["AWS::CloudWatch::Alarm"], ALARM_MONTH)
    yield Line("metrics of our own", OWN_METRICS, METRIC_MONTH)
    yield Line("ticks: traces", ticks, TRACE)
    yield Line("ticks: schedule", ticks, SCHEDULE_TICK)
    yield Line("ticks: queue requests (send, receive, delete)", 3 * ticks, SQS_REQUEST)
    yield Line("ticks: function calls", ticks, LAMBDA_REQUEST)
    yield Line("ticks: function time, GB-seconds", ticks * TICK_SECONDS * memory_gb, LAMBDA_GB_SECOND)
    yield Line("ticks: read units", ticks * SHARDS * 0.5, READ_UNIT)
    yield Line("ticks: log, GB", ticks * TICK_LOG_KB / 1e6, LOG_GB)


def report(stage: str) -> str:
    """The bill as text: each line, then the sum."""
    billed = [*lines(resources(synth(stage)))]
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
