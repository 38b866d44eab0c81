"""Rules: every known fact is heard where the protocol says so, once, and every rule hears something."""

from collections import defaultdict
from collections.abc import Iterator

from infra.canvas.design import QUARANTINED, Design, Place
from infra.canvas.events import Event, asked_for, known, strangers
from infra.canvas.finding import Finding
from infra.canvas.following import mode_of
from infra.canvas.graph import everything, reached
from infra.catalog import ORCHESTRATOR
from infra.matching import matches
from shared.message import Mode

ODD_MODES = (None, "a mode that nobody knows")


def findings(design: Design) -> Iterator[Finding]:
    """What is heard by nobody, or twice; and rules that hear nothing."""
    yield from _unheard(design)
    yield from _heard_twice(design)
    yield from _deaf(design)


def listeners(design: Design, event: Event) -> Iterator[Place]:
    """Who has to hear an event, as the protocol has it. Who has to compensate is followed through the handlers instead."""
    catalog, saga = design.catalog, design.catalog.saga
    observer = Place(saga.observer, "observe")
    if event.detail_type == saga.requested:
        yield _opener(design, event)
    elif event.detail_type == saga.expired:
        yield from (Place(who.name, "compensate") for who in catalog.participants)
    elif event.detail_type == saga.cancel_requested:
        yield from (Place(catalog.pivot.name, "compensate"), observer)
    elif event.detail_type not in saga.outcomes:
        yield observer
        yield from _next(design, event)


def _opener(design: Design, event: Event) -> Place:
    if event.detail.get("mode") != Mode.ORCHESTRATION:
        return Place(design.catalog.first.name, "book")
    return Place(ORCHESTRATOR, "start") if design.stage.orchestrator else QUARANTINED


def _next(design: Design, event: Event) -> Iterator[Place]:
    """Whose booking a booking starts, under the definition that it tells; what follows the commit."""
    catalog = design.catalog
    for who in catalog.participants:
        if event.name != (who.source, who.booked):
            continue
        stamped = event.detail["metadata"].get("definition", 1)
        for following, definitions in catalog.downstreams(who).items():
            if stamped in definitions and mode_of(event) is Mode.CHOREOGRAPHY:
                yield Place(following.name, "book")
        if who == catalog.pivot and catalog.saga.keeps_dossier:
            yield Place(who.name, "finish")


def samples(design: Design) -> Iterator[Event]:
    """Everything that may be on the bus and is meant to be."""
    yield from (asked_for(design.catalog, mode) for mode in ODD_MODES)
    for mode in Mode:
        yield from known(design.catalog, mode)


def _unheard(design: Design) -> Iterator[Finding]:
    missed: defaultdict[Place, set[str]] = defaultdict(set)
    for event in samples(design):
        for place in {*listeners(design, event)} - {*reached(design, event)}:
            missed[place].add(_told(event))
    for event in strangers(design.catalog):
        if QUARANTINED not in reached(design, event):
            missed[QUARANTINED].add(f"{event.detail_type} from {event.source}")
    for place, events in missed.items():
        what = f"no rule of this queue hears {', '.join(sorted(events))}"
        yield Finding("unheard", str(place), what, f"give the queue a rule for it in {_file(place)}")


def _told(event: Event) -> str:
    mode = mode_of(event)
    return event.detail_type if mode is Mode.CHOREOGRAPHY else f"{event.detail_type} (mode {mode})"


def _file(place: Place) -> str:
    return f"infra/rules.py ({'platform' if place == QUARANTINED else place.service})"


def _heard_twice(design: Design) -> Iterator[Finding]:
    doubled: defaultdict[Place, set[str]] = defaultdict(set)
    for event in samples(design):
        places = reached(design, event)
        for place in {place for place in places if places.count(place) > 1}:
            doubled[place].add(_told(event))
    for place, events in doubled.items():
        what = f"two rules of this queue hear {', '.join(sorted(events))}, and double each message"
        yield Finding("heard-twice", str(place), what, "narrow one of the two patterns")


def _deaf(design: Design) -> Iterator[Finding]:
    every = {*samples(design), *strangers(design.catalog)}
    every |= {event for mode in Mode for event in everything(design, mode)}
    seen = [event.matched for event in every]
    for rule in design.rules:
        if not any(matches(rule.pattern, event) for event in seen):
            where = f"{rule.service} {rule.role} {rule.purpose}"
            cure = "mend its source, detail-type, mode, leg or pivot, or take the rule away"
            yield Finding("deaf-rule", where, "no fact of any contract matches this rule", cure)
