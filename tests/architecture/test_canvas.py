"""The canvas: both sagas are clean, whatever is taken from a design is named, the drawings are current."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from console.canvas.doc import DOC, DRAWING, current
from console.canvas.drawing import flowchart
from console.canvas.sagas import catalog_of
from infra.canvas import graph
from infra.canvas.design import Design, Place, design_of
from infra.canvas.edges import undoings
from infra.canvas.events import CannotDraw, Event
from infra.canvas.following import Said
from infra.canvas.lint import lint
from infra.catalog import CATALOG, Catalog
from infra.stages import named
from shared.message import Mode
from tests.fourth.test_fourth import FOUR

Case = tuple[str, str, bool]

CASES: list[Case] = [
    (saga, stage, orchestrator)
    for saga in ("trip", "records")
    for stage in ("local", "local-reverse")
    for orchestrator in (True, False)
]


@cache
def designed(case: Case) -> Design:
    """A saga in a stage, with its orchestrator or without."""
    saga, stage, orchestrator = case
    catalog = catalog_of(saga)
    return design_of(catalog, replace(named(stage, catalog.saga), orchestrator=orchestrator))


def without(design: Design) -> Iterator[tuple[str, str, Design]]:
    """Each thing that a design can lose: what it is, what must be named then, and what is left."""
    for rule in design.rules:
        rest = tuple(other for other in design.rules if other is not rule)
        yield f"rule {rule.purpose}", f"{rule.service} {rule.role}", replace(design, rules=rest)
    for place in design.handlers:
        yield "handler", str(place), replace(design, handlers=_less(design.handlers, place))
        yield "unit", str(place), replace(design, units=_less(design.units, place))
    for state in design.machine["States"] if design.machine else ():
        machine = {**design.machine, "States": _less(design.machine["States"], state)} if design.machine else None
        yield "state", state, replace(design, machine=machine)


def _less(all_of: Mapping[Any, Any], key: object) -> dict[Any, Any]:
    return {other: value for other, value in all_of.items() if other != key}


@pytest.mark.parametrize("case", CASES)
def test_a_saga_as_it_is_has_no_finding(case: Case) -> None:
    assert lint(designed(case)) == []


@pytest.mark.parametrize("case", CASES)
def test_whatever_is_taken_from_the_design_is_named(case: Case) -> None:
    """Each rule, handler, unit and state of the machine, one at a time: the lint says where it is missing, and how to cure it."""
    lost = [*without(designed(case))]
    assert len(lost) > 30
    for what, name, rest in lost:
        findings = lint(rest)
        assert any(name in (it.where if what != "state" else str(it)) for it in findings), (what, name, findings)
        assert all(it.what and it.cure for it in findings)


@pytest.mark.parametrize("case", CASES)
def test_a_compensating_handler_that_is_taken_away_leaves_a_step_that_is_never_undone(case: Case) -> None:
    """For each participant that books before the pivot: not only its name is missed, but what it would have given back."""
    design = designed(case)
    for who in design.catalog.undone:
        place = Place(who.name, "compensate")
        for rest in (_less(design.handlers, place), {**design.handlers, place: "booking_consumer"}):
            kinds = {it.kind for it in lint(replace(design, handlers=rest)) if it.where == str(place)}
            assert "not-undone" in kinds


def rules_changed(design: Design, purpose: str, **changes: Any) -> Design:
    """A design in which the rules of that purpose are otherwise."""
    return replace(design, rules=tuple(replace(it, **changes) if it.purpose == purpose else it for it in design.rules))


def said(design: Design) -> set[tuple[str, str]]:
    """Kinds of findings, and where they are."""
    return {(it.kind, it.where) for it in lint(design)}


LOCAL: Case = ("trip", "local", True)


def test_a_rule_that_no_fact_can_match_is_named() -> None:
    """Misspelt, or of a leg that nobody has: it is deaf, and what it should hear is unheard."""
    for upstream, misspelt in (("hotel", "HotelBoked"), ("flight", "FlightBoked")):
        pattern = {"source": [f"travel.{upstream}"], "detail-type": [misspelt]}
        deaf = said(rules_changed(designed(LOCAL), f"after-{upstream}", pattern=pattern))
        listener = {"hotel": "flight", "flight": "car"}[upstream]
        assert {("deaf-rule", f"{listener} book after-{upstream}"), ("unheard", f"{listener} book")} <= deaf
    too_late = {"source": ["travel.car"], "detail": {"metadata": {"leg": [{"numeric": [">", 30]}]}}}
    assert ("deaf-rule", "hotel compensate failed-later") in said(
        rules_changed(designed(LOCAL), "failed-later", pattern=too_late)
    )


def test_a_rule_that_doubles_another_is_named() -> None:
    """Two rules of one queue that hear the same fact."""
    design = designed(LOCAL)
    (closing,) = [it for it in design.rules if (it.service, it.purpose) == ("flight", "after-hotel")]
    doubled = replace(design, rules=(*design.rules, replace(closing, purpose="again")))
    assert ("heard-twice", "flight book") in said(doubled)


def test_a_loop_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A function that says again what it hears would never stop."""

    def echo(_catalog: Catalog, _place: Place, _maker: str, event: Event) -> frozenset[Said]:
        return frozenset({Said("booked", event)})

    monkeypatch.setattr(graph, "announced", echo)
    loops = [it for it in lint(designed(LOCAL)) if it.kind == "cycle"]
    assert "TripRequested -> TripRequested" in loops[0].what


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("mode", Mode)
def test_no_rule_could_make_a_loop(case: Case, mode: Mode) -> None:
    """If each queue heard everything there still were none: the handlers themselves put aside what is not for them."""
    design = designed(case)
    everything = tuple(replace(rule, pattern={"source": [{"prefix": ""}]}) for rule in design.rules)
    assert graph.cycle(replace(design, rules=everything), mode) == []


def test_a_queue_that_nothing_feeds_and_a_rule_without_a_queue_are_named() -> None:
    design = designed(LOCAL)
    quiet = replace(design, rules=tuple(it for it in design.rules if it.role != "book"))
    assert ("not-fed", "car book") in said(quiet)
    astray = replace(design, rules=(*design.rules, replace(design.rules[-1], role="strat")))
    assert ("no-queue", "orchestrator strat") in said(astray)


def test_a_handler_that_cannot_be_followed_is_named() -> None:
    design = designed(LOCAL)
    own = {**design.handlers, Place("car", "book"): "a function of its own"}
    assert ("not-followed", "car book") in said(replace(design, handlers=own))


def test_a_cancel_that_is_handed_over_to_another_queue_is_named() -> None:
    design = designed(LOCAL)
    text = json.dumps(design.machine).replace("wayfare-local-hotel-compensate", "wayfare-local-flight-compensate")
    assert ("no-hand-over", "hotel compensate") in said(replace(design, machine=json.loads(text)))


def test_a_participant_that_has_no_code_yet_is_named_until_it_has() -> None:
    """The fourth one of the tests, whose folder is not among the services: named; with its handlers it is as clean as the others."""
    bare = design_of(FOUR, named("local-reverse"))
    assert {it.where for it in lint(bare) if it.kind == "no-handler"} == {
        *("tour book", "tour compensate", "tour stock", "tour task")
    }
    assert ("not-undone", "hotel compensate") in said(bare)  # in reverse order it waits for the tour's word
    hotels = {place.role: maker for place, maker in bare.handlers.items() if place.service == "hotel"}
    whole = replace(bare, handlers={**bare.handlers, **{Place("tour", role): hotels[role] for role in hotels}})
    assert lint(whole) == []
    assert 'tour["tour: leg 25"]' in flowchart(whole)

    assert ("tour", "flight", "hotel") in [it.by for it in undoings(whole)]


def test_an_example_that_nobody_books_is_told() -> None:
    """The lint cannot follow it."""
    refused = Catalog(CATALOG.participants, described=CATALOG.described, example="examples/trips/trip-fail-flight.json")
    with pytest.raises(CannotDraw, match="flight does not book examples/trips/trip-fail-flight"):
        lint(design_of(refused, named("local")))


def test_the_drawings_are_current() -> None:
    """`python -m console.canvas.doc --write` changes nothing."""
    text = DOC.read_text()
    assert len(DRAWING.findall(text)) == 2
    assert current(text) == text


@pytest.mark.parametrize("case", CASES)
def test_everything_is_in_the_drawing(case: Case) -> None:
    """Each participant and its leg, each queue with its dead letters, each rule's queue and what it hears."""
    design = designed(case)
    drawn = flowchart(design)
    for who in design.catalog.participants:
        assert f"{who.name}: leg {who.leg}" in drawn
        assert design.machine is None or f"| {who.name}_task" in drawn
    for place in design.queues:
        node = f"{place.service}_{place.role}"
        assert f'{node}[["{place.role}"]] -.-x {node}_dlq' in drawn
        assert f"| {node}" in drawn or f"{node}_clock" in drawn
    assert ("machine" in drawn) is (design.machine is not None)
