"""docs/choreography-or-orchestration.md: the answer in one page, made from a comparison's results and the price list.

`python -m console.compare.answer --write` makes it from docs/comparison/results.json; `--check` fails when it is not what
would be written.
"""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from console.compare.figures import dollars, interval, number
from console.compare.markdown import table
from console.compare.reading import advice, in_short
from infra.packaging import ROOT
from infra.prices import Prices, load
from sandbox.compare.results import Cost, Latency, Results
from sandbox.metering.cost import MILLION
from sandbox.metering.paper import COORDINATORS, orchestrated, participants

RESULTS: Final = ROOT / "docs" / "comparison" / "results.json"
PAGE: Final = ROOT / "docs" / "choreography-or-orchestration.md"

QUESTION: Final = """\
# Choreography or orchestration?

<!-- Made by `python -m console.compare.answer --write` from docs/comparison/results.json. Do not edit; a test compares. -->

AWS's Prescriptive Guidance puts choreography inside a service and orchestration between services; Serverless Land and other
well-known voices say the reverse. Here both coordinate the *same* participants, over the same records, on the same trips, so
that what differs is the coordination. Measured on one machine with a local engine, **not on AWS**: times compare the modes
with each other and are no forecast; counted operations and their prices carry over, as far as the engine counts as AWS does
([how it counts](metering.md)).
"""

ENGINE: Final = """\
The local engine lets every execution wait 0.15 s before its first state, and plays all of AWS in one process: the times of the
orchestrated mode are largely the engine's. What AWS itself takes between two states was not measured by anyone we found.
"""

PAPER: Final = """\
## Other coordinators, on paper

Not built and not measured: the participants' part is taken from the counted operations of the orchestrated trips, and the
state machine's transitions are replaced by what another coordinator would be billed. US dollars for a million trips, list
price, without function time and logs.
"""

PAPER_NOTE: Final = """\
Express: one request and a second of 64 MB a trip (assumed). It is cheap and runs a trip at least once, perhaps twice at the
same time, which a saga's coordinator must not do. Durable function: an operation for each call of a participant, and one call
to start and to resume it each time; its own running time and what it stores are left out, so the figure is a floor. It is
Standard's guarantee at a price near choreography's, if the rest is as little as it seems: worth building, and measuring, next.
"""


def document(found: Results, prices: Prices) -> str:
    """The page's text."""
    return "\n".join([*_opening(found), *_figures(found), *_paper(prices), *_closing(found)])


def _opening(found: Results) -> Iterator[str]:
    yield QUESTION
    yield "## In short\n"
    yield from (f"- {it}" for it in in_short(found))
    yield ""
    yield from (f"{it}\n" for it in advice())


def _figures(found: Results) -> Iterator[str]:
    yield "## The figures\n"
    yield "*Times: measured here (p50 with its 95 % interval). Money: computed from counted operations, list price, before any free tier.*\n"
    columns = (
        "mode",
        "confirmed, ms#",
        "refused at the car, ms#",
        "until all is released, ms#",
        "a million confirmed, USD#",
        "a million refused at the car, USD#",
        "a month of nobody booking, USD#",
    )
    yield from table(columns, [_row(found, mode) for mode in found.modes])
    yield ""
    yield ENGINE
    for it in found.break_even:
        if it.trips is not None:
            yield f"{it.one} and {it.other} cost the same at {number(round(it.trips))} trips a month of the mix, fixed cost included.\n"


def _row(found: Results, mode: str) -> Sequence[str]:
    month = next(it for it in found.months if it.mode == mode)
    return (
        mode,
        _median(found.latencies, mode, "confirmed", "outcome"),
        _median(found.latencies, mode, "refused-car", "outcome"),
        _median(found.latencies, mode, "refused-car", "released"),
        _million(found.costs, mode, "confirmed"),
        _million(found.costs, mode, "refused-car"),
        dollars(month.fixed),
    )


def _median(latencies: Sequence[Latency], mode: str, group: str, of: str) -> str:
    found = [it.spread.p50 for it in latencies if (it.mode, it.group, it.of) == (mode, group, of)]
    return interval(found[0]) if found else ""


def _million(costs: Sequence[Cost], mode: str, group: str) -> str:
    found = [it.million for it in costs if (it.mode, it.group) == (mode, group)]
    return dollars(found[0]) if found else ""


def _paper(prices: Prices) -> Iterator[str]:
    yield PAPER
    rows = [
        (
            bill.outcome,
            dollars(participants(bill, prices) * MILLION),
            *(dollars(price(bill, prices) * MILLION) for price in COORDINATORS.values()),
        )
        for bill in orchestrated()
    ]
    yield from table(("outcome", "participants and observer#", *(f"{name}#" for name in COORDINATORS)), rows)
    yield ""
    yield PAPER_NOTE


def _closing(found: Results) -> Iterator[str]:
    yield "## Check it\n"
    yield f"`make compare` makes the whole report on your machine. This page: {found.date}, {number(len(found.samples))} trips, by\n"
    yield f"    {found.command}\n"
    yield "The [report](comparison/report.md) has the distributions, the failure matrix, the break-even volumes, what adding a fourth"
    yield "participant touches, and what the local engine does not model; [results.json](comparison/results.json) has every trip."


def main() -> None:
    """Write the page, or say that it is stale."""
    text = document(msgspec.json.decode(RESULTS.read_bytes(), type=Results), load()) + "\n"
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(text)
    elif sys.argv[1:] != ["--check"]:
        sys.exit("usage: python -m console.compare.answer --write | --check")
    elif stale(PAGE, text):
        sys.exit(f"{PAGE.name} is not what {RESULTS.name} makes: python -m console.compare.answer --write")


def stale(page: Path, text: str) -> bool:
    """Whether a page is missing or other than its text."""
    return not page.exists() or page.read_text() != text


if __name__ == "__main__":
    main()
