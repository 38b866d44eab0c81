"""Status and saga log: pure functions of the set of facts seen, which never claim more than is true."""

import itertools
from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.saga.timeline import Facts, Line, Noted, Status, saga_log, verdict
from tests.samples import DEADLINE, LEGS, NOW
from tests.unit.histories import HISTORIES, Ending, History, claim, told

FINAL = (Status.FAILED, Status.CANCELLED)


@pytest.fixture(params=list(HISTORIES))
def trip(request: pytest.FixtureRequest) -> History:
    """Each typical trip in turn."""
    return HISTORIES[request.param]


def subsets(trip: History) -> Iterator[tuple[int, ...]]:
    """Every set of facts that may have been seen, by their places in time."""
    places = range(len(trip.noted))
    return itertools.chain.from_iterable(itertools.combinations(places, n) for n in range(len(places) + 1))


def log(noted: Iterator[Noted] | tuple[Noted, ...] | list[Noted]) -> list[Line]:
    return saga_log(Facts(noted, LEGS))


def text(lines: list[Line]) -> list[str]:
    return [
        " ".join(filter(None, (line.event, line.step, line.participant, f"({line.note})" if line.note else "")))
        for line in lines
    ]


def test_whoever_saw_everything_knows_the_outcome(trip: History) -> None:
    """The protocol's table."""
    assert claim(trip.noted) == trip.ending


def test_no_subset_of_the_facts_claims_more_than_is_true(trip: History) -> None:
    """S5: lost or late facts make the observer lag, never lie."""
    for places in subsets(trip):
        seen = claim(trip.noted[place] for place in places)
        last = max(places, default=-1)
        if seen.status is Status.CONFIRMED:
            assert trip.commit is not None
            assert trip.held_after(trip.commit) == set(LEGS)
        elif seen.status in FINAL:
            assert seen == trip.ending
            assert not trip.held_after(last)
        elif seen.status is Status.COMPENSATING:
            assert any(trip.noted[place].part in ("BookingFailed", "Cancelled") for place in places)


def test_an_end_is_final_whatever_comes_to_light_later(trip: History) -> None:
    """More facts never turn FAILED or CANCELLED into anything else; only the user undoes CONFIRMED."""
    claims = {frozenset(places): claim(trip.noted[place] for place in places) for places in subsets(trip)}
    for places, seen in claims.items():
        for more in range(len(trip.noted)):
            later = claims[places | {more}]
            if seen.status in FINAL:
                assert later == seen
            elif seen.status is Status.CONFIRMED and later.status is not Status.CONFIRMED:
                assert (trip.noted[more].participant, trip.noted[more].part) == ("car", "Cancelled")


def test_nothing_ends_that_has_not_started_whatever_was_seen(trip: History) -> None:
    """T16, for every subset: each end has one start before it, the log begins and ends with the saga."""
    for places in subsets(trip):
        lines = log([trip.noted[place] for place in places])
        assert bool(lines) is bool(places)
        steps = [(line.event, line.step, line.participant) for line in lines]
        assert len(set(steps)) == len(steps)
        for place, (event, step, participant) in enumerate(steps):
            if event in ("end", "refused") and step != "saga":
                start = steps.index(("start", step, participant))
                assert start < place
                assert lines[start].at <= lines[place].at
        if lines:
            assert text(lines)[0] == "begin saga"
            ended = claim(trip.noted[place] for place in places).status.ended
            assert (steps[-1][:2] == ("end", "saga")) is ended


@given(st.data())
def test_the_order_of_arrival_and_repeats_do_not_matter(data: st.DataObject) -> None:
    """Any permutation of any multiset of facts says what the set says."""
    trip = data.draw(st.sampled_from(list(HISTORIES.values())))
    seen = data.draw(st.lists(st.sampled_from(trip.noted), unique=True, min_size=1))
    shuffled = data.draw(st.permutations(seen))
    repeated = shuffled + data.draw(st.lists(st.sampled_from(shuffled)))
    distinct = list({fact.event_id: fact for fact in repeated}.values())
    assert verdict(Facts(distinct, LEGS)) == verdict(Facts(seen, LEGS))
    assert log(distinct) == log(seen)


@given(st.data())
def test_clocks_that_differ_change_no_status(data: st.DataObject) -> None:
    """Only sets count; and still nothing ends before it started."""
    trip = data.draw(st.sampled_from(list(HISTORIES.values())))
    skews = data.draw(st.lists(st.integers(-100, 100), min_size=len(trip.noted), max_size=len(trip.noted)))
    noted = [
        replace(fact, occurred_at=fact.occurred_at + timedelta(seconds=skew))
        for fact, skew in zip(trip.noted, skews, strict=True)
    ]
    assert claim(noted) == trip.ending
    lines = log(noted)
    for line in lines:
        if line.event == "end" and line.step != "saga":
            start = next(each for each in lines if each[1:4] == ("start", line.step, line.participant))
            assert lines.index(start) < lines.index(line)
            assert start.at <= line.at


LOGS = {
    "goes well": [
        "begin saga",
        "start book hotel",
        "end book hotel",
        "start book flight",
        "end book flight",
        "start book car",
        "end book car",
        "end saga (CONFIRMED)",
    ],
    "hotel refuses": [
        "begin saga",
        "start book hotel",
        "refused book hotel (hotel_full)",
        "end saga (FAILED: hotel_full)",
    ],
    "flight refuses": [
        "begin saga",
        "start book hotel",
        "end book hotel",
        "start book flight",
        "refused book flight (flight_full)",
        "start cancel hotel",
        "end cancel hotel",
        "end saga (FAILED: flight_full)",
    ],
    "cancelled before the commit": [
        "begin saga",
        "start book hotel",
        "end book hotel",
        "abort saga (cancelled)",
        "start cancel hotel",
        "end cancel hotel",
        "end saga (CANCELLED: cancelled)",
    ],
    "cancelled after the commit": [
        "begin saga",
        "start book hotel",
        "end book hotel",
        "start book flight",
        "end book flight",
        "start book car",
        "end book car",
        "abort saga (the user cancelled the trip after its commit)",
        "start cancel car",
        "end cancel car",
        "start cancel flight",
        "end cancel flight",
        "start cancel hotel",
        "end cancel hotel",
        "end saga (CANCELLED: cancelled)",
    ],
    "a compensation is parked and redriven": [
        "begin saga",
        "start book hotel",
        "end book hotel",
        "start book flight",
        "end book flight",
        "start book car",
        "refused book car (car_unavailable)",
        "start cancel hotel",
        "end cancel hotel",
        "start cancel flight",
        "delayed cancel flight (attempt 1: Busy)",
        "parked cancel flight (attempt 1: Busy)",
        "end cancel flight",
        "end saga (FAILED: car_unavailable)",
    ],
}


@pytest.mark.parametrize("name", LOGS)
def test_the_saga_log_reads_as_the_saga_went(name: str) -> None:
    """Word for word: T1, T2, and the longer ways."""
    assert text(log(HISTORIES[name].noted)) == LOGS[name]


def test_a_tombstone_is_no_line_in_the_log() -> None:
    """Nothing was held, so nothing was given back."""
    lines = text(log(HISTORIES["cancelled before anything"].noted))
    assert lines == ["begin saga", "abort saga (cancelled)", "end saga (CANCELLED: cancelled)"]


def test_a_parked_compensation_is_named_until_it_is_done() -> None:
    """`…Cancelled` supersedes it."""
    noted = HISTORIES["a compensation is parked and redriven"].noted
    assert verdict(Facts(noted[:5], LEGS)).parked == ("flight",)
    assert text(log(noted[:5]))[-1] == "parked cancel flight (attempt 1: Busy)"
    assert verdict(Facts(noted, LEGS)).parked == ()


def test_a_fact_of_delay_alone_claims_nothing() -> None:
    """It says that something is to be undone, not that it was."""
    assert claim([told("hotel CompensationDelayed Busy", 0)]) == Ending(Status.PENDING)
    assert claim([]) == Ending(Status.PENDING)
    assert saga_log(Facts([], LEGS)) == []


def test_request_and_deadline_are_known_from_any_fact() -> None:
    """Whichever was seen; without any, the first that was heard of the trip counts."""
    facts = Facts([told("client CancelRequested", 5), told("car Booked", 9)], LEGS)
    assert (facts.requested_at, facts.deadline) == (NOW, DEADLINE)
    alone = Facts([told("client CancelRequested", 5)], LEGS)
    assert (alone.requested_at, alone.deadline) == (NOW + timedelta(seconds=6), None)


@pytest.mark.parametrize(
    ("words", "unanswered"),
    [
        (("client CancelRequested",), True),
        (("client CancelRequested", "car Booked"), True),
        (("client CancelRequested", "flight BookingFailed flight_full", "hotel Cancelled flight_full"), True),
        (("client CancelRequested", "car BookingFailed car_unavailable"), False),
        (("client CancelRequested", "car Cancelled cancelled"), False),
        (("car Booked",), False),
    ],
)
def test_a_cancel_is_answered_by_the_pivot_alone(words: tuple[str, ...], unanswered: bool) -> None:
    """Whatever else has failed: it could still book."""
    facts = Facts([told(word, place) for place, word in enumerate(words)], LEGS)
    assert bool(facts.cancel_unanswered) is unanswered
