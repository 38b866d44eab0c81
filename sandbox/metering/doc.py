"""docs/metering.md, made from the reckoned trips and the price list.

`python -m sandbox.metering.doc --write` writes it; `--check` fails when it is not what it would write.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final

from infra.packaging import ROOT
from infra.prices import Prices, load
from sandbox.metering.by_hand import BILLS, LACKING, Bill
from sandbox.metering.cost import MILLION, PRICED
from sandbox.metering.counts import (
    EVENTS,
    EXACT,
    GB_SECONDS,
    INIT_GB_SECONDS,
    INVOCATIONS,
    LOG_BYTES,
    QUEUE_REQUESTS,
    READ_UNITS,
    TRANSITIONS,
    WRITE_UNITS,
)
from sandbox.metering.steps import Tally
from sandbox.modes import MODES

PAGE: Final = ROOT / "docs" / "metering.md"

TITLES: Final[Mapping[str, str]] = {
    EVENTS: "events",
    QUEUE_REQUESTS: "queue requests",
    INVOCATIONS: "calls",
    WRITE_UNITS: "write units",
    READ_UNITS: "read units",
    TRANSITIONS: "transitions",
}

INTRODUCTION: Final = """\
# What a trip costs, and how that is counted

<!-- Made by `python -m sandbox.metering.doc --write` from the reckoned trips and the price list. Do not edit; a test compares. -->

The local engine counts what AWS would bill, where it happens (`sandbox/engine/meter.py`). The counts are of this machine,
the rules of counting and the prices are AWS's, as far as they are published; nothing here has seen a bill. The tables below
were **reckoned by hand** (`sandbox/metering/by_hand.py`), and `tests/metering/test_a_trip.py` runs each of these trips on the
engine and asserts that the meter counts exactly this, event by event and unit by unit.

## The rules

| meter | what is counted | by which rule |
| --- | --- | --- |
| `events` | each accepted entry of PutEvents, for its source's owner | source, detail-type, detail and resources in UTF-8 bytes, and 14 for a time; per started 64 KB. Delivery within the account is free |
| `queue_requests` | every call of SQS, for the queue's owner: EventBridge's own send, the poller's receives that brought something, its deletes, and what functions and machines ask | per started 64 KB of what a call carries; a receive and a delete are shared by a batch of up to ten |
| `invocations` | calls of functions | one each |
| `gb_seconds` | from the event handed to the runtime until its answer, times memory | started milliseconds. This machine's speed, not Lambda's |
| `init_gb_seconds` | the same, of starting an environment | billed at the same price; apart, because cold starts here say nothing about AWS's |
| `write_units` | puts, updates, deletes, for the table's owner | the larger of the item before and after, per started KB. A failed condition costs the item that stands, at least 1. In a transaction twice, also when it is cancelled. An index: 1 when its copy changes, 2 when it moves, nothing when it stays, per started KB |
| `read_units` | reads, for the table's owner | per started 4 KB, at least 1; keys one by one, there or not; a query's page added up, before any filter. Half if eventually consistent, twice in a transaction |
| `transitions` | states that a Standard workflow enters | one each, and one for each retry |
| `log_bytes` | lines that reach a log group, Lambda's START, END and REPORT included | UTF-8 bytes |

Sources: the pricing pages named below; for units
[conditional writes](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/WorkingWithItems.html),
[on-demand capacity](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html) and
[event size](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevent-size.html).

**Assumed**, because no published rule was found: that EventBridge's send is billed to the queue's account; that a cancelled
transaction costs twice each item that stands; that the bytes of a log line are its text alone, without metadata.

**Not counted**, because it depends on time and not on trips: empty receives, alarms, metrics, the observer's clock. They are a
stage's fixed cost (`python -m infra.idle_cost prod`). **Not counted at all**: X-Ray's traces (5.00 US dollars a million
recorded; how many are is a sampling rule), the archive of requests, storage, and backups.

**Apart**: what operators, tools and tests ask for themselves. It has the owner `operator`, and is no part of a trip.
"""

TRIPS: Final = """\
## One trip, step by step

The trip of [trip-success.json](../examples/trips/trip-success.json): two nights, one traveller, a car for two days. Nothing is
delivered twice, every batch has one message, and a refusal is that of a participant that has nothing left (one that the
request asks for with `failBook…` costs no read). Longer names make larger items: a record of this trip is a little below 1 KB,
and past it each write of it costs double.
"""


def document() -> str:
    """The text of docs/metering.md."""
    prices = load()
    outcomes = [(outcome, [bill for bill in BILLS if bill.outcome == outcome]) for outcome in _outcomes()]
    parts = [INTRODUCTION, _prices(prices), _totals(prices), TRIPS]
    parts += [_outcome(outcome, bills) for outcome, bills in outcomes]
    return "\n".join(parts)


def _outcomes() -> list[str]:
    return list(dict.fromkeys(bill.outcome for bill in BILLS))


def _prices(prices: Prices) -> str:
    names = {price: meter for meter, (price, _) in PRICED.items() if meter != INIT_GB_SECONDS}
    rows = [
        (
            f"`{names[name]}`" if name in names else "",
            f"{price.usd:.10f}".rstrip("0"),
            price.unit,
            price.dated,
            _linked(price.source),
        )
        for name, price in prices.prices.items()
    ]
    words = f"## The prices\n\n{prices.label}; in US dollars. They stand in `infra/prices.json`; another file may take its place.\n"
    return f"{words}\n{_table(('meter', 'price', 'for one', 'dated', 'source'), rows)}"


def _linked(source: str) -> str:
    return re.sub(r"https://([^/]+)\S*", r"[\1](\g<0>)", source)


def _totals(prices: Prices) -> str:
    rows = [(bill.outcome, bill.mode, *_cells(bill.total), f"{_million(bill.total, prices):.2f}") for bill in BILLS]
    words = (
        "## What each outcome costs\n\nThe last column is US dollars for a million such trips, of what this table counts: without"
        f" `{GB_SECONDS}` and `{LOG_BYTES}`, which no two runs have alike.\n"
    )
    return f"{words}\n{_table(('outcome', 'mode', *TITLES.values(), 'USD per million'), rows)}"


def _million(total: Tally, prices: Prices) -> float:
    return MILLION * sum(quantity * prices[PRICED[meter][0]] for (meter, _), quantity in total.items())


def _outcome(outcome: str, bills: list[Bill]) -> str:
    """One table for all modes whose totals agree, and one for each other."""
    text = f"### {outcome.capitalize()}\n"
    for _, alike in groupby(bills, key=lambda bill: bill.total):
        first, *others = alike
        text += f"\nIn mode `{first.mode}`:\n\n{_steps(first)}"
        for other in others:
            text += f"\nIn mode `{other.mode}`: {_compared(first, other)}\n"
    absent = [(mode, why) for (mode, lacks), why in LACKING.items() if lacks == outcome and mode in MODES]
    return text + "".join(f"\nNot in mode `{mode}`: {why}.\n" for mode, why in absent)


def _compared(first: Bill, other: Bill) -> str:
    return "the same." if first.steps == other.steps else "the same total; the flight gives back before the hotel."


def _steps(bill: Bill) -> str:
    rows = [(step.what, *_cells(step.costs), step.why) for step in bill.steps]
    observer = {(meter, owner): quantity for (meter, owner), quantity in bill.total.items() if owner == "trip"}
    sums = [("**total**", *_cells(bill.total), ""), ("of it, the observer's", *_cells(observer), "")]
    return _table(("what happens", *TITLES.values(), "why"), [*rows, *sums])


def _cells(costs: Tally) -> Iterator[str]:
    """The sum over owners on each meter; nothing where it is zero."""
    for meter in EXACT:
        quantity = sum(quantity for (name, _), quantity in costs.items() if name == meter)
        yield str(quantity) if quantity else ""


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, tuple("---" for _ in columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def main() -> None:
    """Write the page, or fail when it is not up to date."""
    match sys.argv[1:]:
        case ["--write"]:
            PAGE.write_text(document())
        case ["--check"]:
            if not PAGE.exists() or PAGE.read_text() != document():
                sys.exit("docs/metering.md is not up to date: run `python -m sandbox.metering.doc --write`")
        case _:
            sys.exit("usage: python -m sandbox.metering.doc --check | --write")


if __name__ == "__main__":
    main()
