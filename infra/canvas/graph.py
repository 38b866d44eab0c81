"""The graph of a design: which event reaches which queue, and what is announced then."""

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter

from infra.canvas.design import Design, Place
from infra.canvas.events import Event, known
from infra.canvas.following import Said, announced
from infra.matching import matches
from infra.rules import Rule
from shared.message import Mode

Name = tuple[str, str]
"""An event's source and detail-type."""


def hearing(design: Design, event: Event) -> list[Rule]:
    """The rules that an event matches."""
    seen = event.matched
    return [rule for rule in design.rules if matches(rule.pattern, seen)]


def reached(design: Design, event: Event) -> list[Place]:
    """The queues that an event gets into, as often as it does."""
    return [Place(rule.service, rule.role) for rule in hearing(design, event)]


def answers(design: Design, place: Place, event: Event) -> frozenset[Said]:
    """What the function behind a queue may announce when it handles such an event; nothing if there is none."""
    maker = design.handlers.get(place)
    return announced(design.catalog, place, maker, event) if maker and place in design.units else frozenset()


def following(design: Design, mode: Mode) -> dict[Name, set[Name]]:
    """What each event leads to, in sagas of that mode: the graph "event -> queue -> announced events"."""
    found: dict[Name, set[Name]] = {}
    for event in everything(design, mode):
        onward = found.setdefault(event.name, set())
        for place in reached(design, event):
            onward |= {said.event.name for said in answers(design, place, event)}
    return found


def everything(design: Design, mode: Mode) -> Iterable[Event]:
    """All that may be on the bus: what is known, and the observer's outcomes."""
    told = list(known(design.catalog, mode))
    observer = Place(design.catalog.saga.observer, "observe")
    ends = {said.event for event in told for said in announced(design.catalog, observer, "observation_consumer", event)}
    return (*told, *sorted(ends))


def cycle(design: Design, mode: Mode) -> list[Name]:
    """A way from an event back to itself; none is []."""
    try:
        TopologicalSorter(following(design, mode)).prepare()
    except CycleError as error:
        found: list[Name] = error.args[1]
        return found
    return []


def undone(design: Design, failure: Event) -> set[str]:
    """Who gives back what it booked once this is on the bus, at once or one after the other.

    Everyone before it has booked; it itself has failed, or was undone.
    """
    legs, told = design.catalog.legs, failure.detail["metadata"]
    wanted, seen, found = [failure], {failure}, set[str]()
    while wanted:
        event = wanted.pop()
        for place in reached(design, event):
            leg = legs.get(place.service, 0)
            standing = "failed" if leg == told["leg"] else "booked" if 0 < leg < told["leg"] else ""
            onward = {said.event for said in answers(design, place, event) if standing and said.standing == standing}
            cancels = design.catalog.named(place.service).cancelled if place.service in legs else ""
            if any(each.detail_type == cancels for each in onward):
                found.add(place.service)
            wanted += onward - seen
            seen |= onward
    return found
