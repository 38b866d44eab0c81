"""Queues, functions and handlers: each rule feeds a queue that is there, each queue is fed and read, each handler is named."""

from collections.abc import Iterator

from infra.canvas.design import Design, Place
from infra.canvas.finding import Finding
from infra.canvas.following import FOLLOWED
from infra.catalog import ORCHESTRATOR


def findings(design: Design) -> Iterator[Finding]:
    """Rules without a queue, queues without a feeder, functions without a handler."""
    yield from _rules(design)
    yield from _queues(design)
    yield from _functions(design)


def _rules(design: Design) -> Iterator[Finding]:
    for rule in design.rules:
        place = Place(rule.service, rule.role)
        if place not in design.queues:
            what = f"the rule {rule.purpose} feeds a queue that does not exist"
            yield Finding("no-queue", str(place), what, f"give {place.service} a unit {place.role!r} in infra/units.py")


def _queues(design: Design) -> Iterator[Finding]:
    fed = {Place(rule.service, rule.role) for rule in design.rules}
    fed |= {place for place, unit in design.units.items() if unit.ticks}
    for place in design.queues:
        if place not in fed:
            cure = "give it a rule in infra/rules.py, or `ticks` in infra/units.py"
            yield Finding("not-fed", str(place), "nothing feeds this queue", cure)


def _functions(design: Design) -> Iterator[Finding]:
    for place in dict.fromkeys((*design.units, *design.handlers, *_needed(design))):
        if place not in design.units:
            cure = f"give {place.service} a unit {place.role!r} in infra/units.py"
            yield Finding("no-function", str(place), "this function is not in the catalogue of units", cure)
        maker = design.handlers.get(place)
        if maker is None:
            cure = f"name it in {design.catalog.package}.{place.service}.handlers"
            yield Finding("no-handler", str(place), "its handlers module names no such handler", cure)
        elif maker not in FOLLOWED:
            what = f"made by {maker}, so nobody can tell what it announces"
            yield Finding("not-followed", str(place), what, "make it by one of the runtime's consumers")


def _needed(design: Design) -> Iterator[Place]:
    """What a saga cannot do without, whatever its rules say."""
    saga = design.catalog.saga
    for who in design.catalog.participants:
        yield from (Place(who.name, role) for role in ("book", "compensate"))
        if design.machine is not None:
            yield Place(who.name, "task")
    yield from (Place(saga.observer, role) for role in ("observe", "watch"))
    if saga.keeps_dossier:
        yield Place(design.catalog.pivot.name, "finish")
    if design.machine is not None:
        yield Place(ORCHESTRATOR, "start")
