"""The reports say what was found: labels, figures that tie up, nothing from outside unescaped."""

import json
import re
from html.parser import HTMLParser

import msgspec
import pytest

from console.compare import charts
from console.compare.content import COMPUTED, COUNTED, LISTED, MEASURED, SIMULATED, Chart, Table, sections
from console.compare.markdown import markdown
from console.compare.page import page
from infra.prices import Price, Prices
from sandbox.compare import results
from sandbox.compare.results import Broken, Results
from sandbox.metering.cost import MILLION
from tests.compare.given import PRICES, a_count, some_results

EVIL = 'wayfare compare --mix <script>alert("1")</script>|`x`'


@pytest.fixture(scope="module")
def found() -> Results:
    return some_results()


def test_correctness_comes_first_after_the_summary(found: Results) -> None:
    titles = [section.title for section in sections(found)]
    assert titles[:3] == ["In short", "Correctness", "Latency"]
    assert titles[-1] == "Validity"


def test_every_figure_is_labelled(found: Results) -> None:
    allowed = {MEASURED, COUNTED, LISTED, SIMULATED, COMPUTED}
    blocks = [block for section in sections(found) for block in section.blocks]
    assert blocks
    for block in blocks:
        assert set(block.label.split(" x ")) <= allowed, block.title
    assert {MEASURED, COUNTED, SIMULATED, COMPUTED} <= {block.label for block in blocks}


def test_the_figures_tie_up(found: Results) -> None:
    """Outcomes sum to trips; percentiles count the samples; meters sum to the cost; the mix makes the price of a trip."""
    for mode, sums in found.balances.items():
        assert sums["trips"] == sum(sums[status] for status in ("CONFIRMED", "FAILED", "CANCELLED", "open"))
        fair = [it for it in found.samples if (it.mode, it.phase, it.faulty) == (mode, "rounds", False)]
        sizes = [it.spread.size for it in found.latencies if (it.mode, it.of) == (mode, "outcome")]
        assert sum(sizes) == len(fair)
    for cost in found.costs:
        assert cost.million == pytest.approx(sum(cost.by_meter.values()))
        assert 0 < cost.observer < cost.million
    assert found.months[0].trip * MILLION == pytest.approx(found.costs[0].million)  # all kinds cost alike here


def test_another_price_list_changes_the_costs() -> None:
    dear = Prices(PRICES.title, PRICES.region, PRICES.as_of, {**PRICES.prices, "event": Price(1e-3, "x", "x", "x")})
    (cheap,), (cost,) = (results.costs([a_count("choreography", "confirmed")], prices) for prices in (PRICES, dear))
    assert cost.by_meter["events"] == pytest.approx(5 * MILLION * 1e-3)
    assert cost.by_meter["queue_requests"] == cheap.by_meter["queue_requests"]


def test_the_page_needs_nothing_else(found: Results) -> None:
    """No script, no link, no image, and a policy that forbids the network."""
    text = page(found)
    assert "default-src 'none'" in text
    assert not re.search(r"<(script|link|img|iframe)\b|\b(src|href)=|url\(|@import|https?://", text)


def test_the_page_is_well_formed_and_holds_all_charts(found: Results) -> None:
    """Every element is closed in its place."""
    reader = Reader()
    reader.feed(page(found))
    assert reader.open == []
    assert reader.seen.count("svg") == 4
    assert sum(isinstance(block, Chart) for section in sections(found) for block in section.blocks) == 4


class Reader(HTMLParser):
    """Follows the elements of a page."""

    VOID = ("meta", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_what_came_from_outside_is_escaped() -> None:
    told = msgspec.structs.replace(some_results(command=EVIL), violations=[Broken("L1", "<b>&", EVIL)])
    assert "<script>" not in page(told)
    assert "&lt;script&gt;" in page(told)
    for line in markdown(told).splitlines():
        assert line.startswith("    ") or "<script>" not in line


def test_the_same_tables_are_in_both_reports(found: Results) -> None:
    text, html = markdown(found), page(found)
    for section in sections(found):
        for block in section.blocks:
            if isinstance(block, Table) and block.rows:
                assert f"### {block.title}\n\n*{block.label}*" in text
                assert block.title.replace("'", "&#x27;") in html


def test_a_violation_is_the_first_thing_that_a_reader_sees(found: Results) -> None:
    broken = msgspec.structs.replace(found, violations=[Broken("L1", "trip 7", "only hotel booked")])
    assert 'class="verdict bad"' in page(broken)
    assert "1 violations (L1)" in markdown(broken)
    assert 'class="verdict good"' in page(found)


def test_results_survive_their_file(found: Results) -> None:
    text = msgspec.json.encode(found)
    assert msgspec.json.decode(text, type=Results) == found
    assert len(json.loads(text)["samples"]) == len(found.samples)


@pytest.mark.parametrize("draw", [charts.latency, charts.cost, charts.volume, charts.matrix])
def test_a_chart_of_nothing_is_nothing(draw: object, found: Results) -> None:
    bare = msgspec.structs.replace(found, samples=[], latencies=[], costs=[], months=[], outages=[], break_even=[])
    assert callable(draw)
    assert draw(bare) == ""
