"""A design as a Mermaid flowchart: who books, in which order; what starts it, what undoes it, where it waits, where it is given up."""

from collections.abc import Iterator

from infra.canvas.design import QUARANTINED, Design, Place
from infra.canvas.edges import ANYBODY, Edge, edges
from infra.canvas.machinery import calls_of
from infra.catalog import ORCHESTRATOR
from shared.saga.declaration import PARTS

MACHINE = "machine"
BREAK = "<br/>"


def flowchart(design: Design) -> str:
    """The diagram's source."""
    return "\n".join(("flowchart LR", *(f"    {line}" for line in _lines(design))))


def _lines(design: Design) -> Iterator[str]:
    saga = design.catalog.saga
    yield 'client(["client"])'
    for who in design.catalog.participants:
        pivot = ", the pivot" if who == design.catalog.pivot else ""
        yield from _service(design, who.name, f"{who.name}: leg {who.leg}{pivot}")
    yield from _service(design, saga.observer, f"{saga.observer}: the observer")
    if design.machine is not None:
        yield from _service(design, ORCHESTRATOR, f"{ORCHESTRATOR}: the state machine")
    yield f'{ANYBODY}(["{ANYBODY}"])'
    yield from _queue(QUARANTINED)
    for edge in edges(design):
        yield _arrow(design, edge)
    yield from _calls(design)


def _service(design: Design, service: str, title: str) -> Iterator[str]:
    yield f'subgraph {service}["{title}"]'
    for place, unit in design.units.items():
        if place.service == service:
            yield from (
                f"    {line}" for line in (_queue(place) if unit.has_queue else [f'{_id(place)}("{place.role}")'])
            )
            if unit.ticks:
                yield f'    {_id(place)}_clock(["every minute"]) --> {_id(place)}'
    if service == ORCHESTRATOR:
        yield f'    {_id(Place(service, "start"))} --> {MACHINE}[/"{MACHINE}"/]'
    yield "end"


def _queue(place: Place) -> Iterator[str]:
    """A queue with the function behind it (of the same name), and its dead letters."""
    yield f'{_id(place)}[["{place.role}"]] -.-x {_id(place)}_dlq[("dead letters")]'


def _id(place: Place) -> str:
    return f"{place.service}_{place.role}"


def _arrow(design: Design, edge: Edge) -> str:
    """Compensations are dotted; what everybody tells the observer is drawn as one word."""
    words = [*edge.words, *(f"{word} (orchestrated)" for word in edge.orchestrated)]
    facts = [design.catalog.saga.detail_type(edge.sender, part) for part in PARTS]
    if {*facts} <= {*words}:
        words = ["every fact", *(word for word in words if word not in facts)]
    line = "-.->" if edge.place.role == "compensate" else "-->"
    return f'{_source(design, edge)} {line}|"{BREAK.join(words)}"| {_id(edge.place)}'


def _source(design: Design, edge: Edge) -> str:
    """Where an arrow begins. Mermaid lets none lead from a subgraph into itself."""
    if edge.sender == design.catalog.saga.observer:
        return _id(Place(edge.sender, "watch"))
    return _id(Place(edge.sender, "book")) if edge.sender == edge.place.service else edge.sender


def _calls(design: Design) -> Iterator[str]:
    """What the machine asks of each participant, and where it leaves a cancel that keeps failing."""
    if design.machine is None:
        return
    calls = [*calls_of(design.machine)]
    for who in design.catalog.participants:
        mine = [call for call in calls if call.function == design.names.function(who.name, "task")]
        asked = ", ".join(dict.fromkeys(call.do for call in mine))
        yield f'{MACHINE} ==>|"{asked}"| {_id(Place(who.name, "task"))}'
        if any(call.handed_over for call in mine):
            yield f'{MACHINE} -.->|"hand over"| {_id(Place(who.name, "compensate"))}'
