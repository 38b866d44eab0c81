"""The one-page answer says what the committed results say, and prices say what they cost."""

import re
from dataclasses import replace

import msgspec
import pytest

from console.compare import answer
from infra.prices import load
from sandbox.compare.results import Results
from sandbox.metering.paper import COORDINATORS, durable, express, orchestrated, participants, standard


@pytest.fixture(scope="module")
def found() -> Results:
    """The committed example of a comparison."""
    return msgspec.json.decode(answer.RESULTS.read_bytes(), type=Results)


def test_the_page_is_made_from_the_committed_results(found: Results) -> None:
    """If not: `python -m console.compare.answer --write`."""
    assert not answer.stale(answer.PAGE, answer.document(found, load()) + "\n")


def test_the_committed_example_is_one_that_may_be_cited(found: Results) -> None:
    """Three modes, two hundred trips in each and more, three rounds, mixed outcomes, no violation, nobody lost or stuck."""
    rounds = [sample for sample in found.samples if sample.phase == "rounds"]
    assert found.violations == []
    assert len(found.modes) == 3
    assert all(sum(sample.mode == mode for sample in rounds) >= 200 for mode in found.modes)
    assert {sample.status for sample in rounds} == {"CONFIRMED", "FAILED", "CANCELLED"}
    assert all((outage.lost, outage.stuck) == (0, 0) for outage in found.outages)
    assert not re.search(r"/(home|root|tmp|work)/", found.command)


def test_a_changed_price_changes_the_page(found: Results) -> None:
    """The paper columns are reckoned from the price list that is given."""
    prices = load()
    twice = replace(prices.prices["durable_operation"], usd=2 * prices["durable_operation"])
    dearer = replace(prices, prices={**prices.prices, "durable_operation": twice})
    assert answer.document(found, dearer) != answer.document(found, prices)


def test_other_coordinators_are_reckoned_by_hand() -> None:
    """A confirmed trip: seven states; three calls, so three operations, one call to start and three to resume."""
    prices = load()
    (confirmed,) = [bill for bill in orchestrated() if bill.outcome == "confirmed"]
    assert standard(confirmed, prices) * 1e6 == pytest.approx(7 * 25)
    assert durable(confirmed, prices) * 1e6 == pytest.approx(3 * 8 + 4 * 0.2)
    assert express(confirmed, prices) * 1e6 == pytest.approx(1 + 0.0625 * 16.67)
    assert participants(confirmed, prices) * 1e6 == pytest.approx(6 * 1 + 15 * 0.4 + 8 * 0.2 + 31 * 0.625 + 19 * 0.125)
    assert len(COORDINATORS) == 3
