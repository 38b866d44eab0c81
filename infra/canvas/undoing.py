"""Compensation: whoever has booked gives back when a later step fails, found by following events through the handlers."""

from collections import defaultdict
from collections.abc import Iterator

from infra.canvas.design import Design, Place
from infra.canvas.events import Event, facts
from infra.canvas.finding import Finding
from infra.canvas.graph import cycle, undone
from shared.message import Mode


def findings(design: Design) -> Iterator[Finding]:
    """Steps that some failure leaves booked, and ways that never end."""
    missing: defaultdict[str, set[str]] = defaultdict(set)
    for mode in Mode:
        for event in facts(design.catalog, mode):
            for name in _to_undo(design, event) - undone(design, event):
                missing[name].add(f"{event.detail_type}{_asked(event)}")
    for name, events in missing.items():
        what = f"{name} keeps its booking after {', '.join(sorted(events))}"
        cure = "its compensate queue needs a rule that hears of it, and its handlers a `compensate` that gives back"
        yield Finding("not-undone", str(Place(name, "compensate")), what, cure)
    for mode in Mode:
        if way := cycle(design, mode):
            told = " -> ".join(detail_type for _, detail_type in way)
            cure = "a rule in it hears too much, or a handler announces what it was told"
            yield Finding("cycle", f"mode {mode}", f"events lead back to themselves: {told}", cure)


def _asked(event: Event) -> str:
    told = event.detail["metadata"]
    asked = f", asked because of {told['asked']}" if "asked" in told else ""
    return f" (mode {told['mode']}{asked})" if asked or told["mode"] != Mode.CHOREOGRAPHY else ""


def _to_undo(design: Design, event: Event) -> set[str]:
    """Who has to give back, once this is known.

    In mode orchestration the machine sees to it, unless the pivot answers a user or the deadline: then nobody else may be left
    to. Where failed steps are undone too, a pivot's undoing is one only when somebody asked for it.
    """
    saga, told = design.catalog.saga, event.detail["metadata"]
    part, asked = saga.part_of(told["participant"], event.detail_type), "asked" in told
    on_purpose = asked if saga.undoes_failures or told["mode"] == Mode.ORCHESTRATION else True
    failed = part == "BookingFailed" and (asked or told["mode"] == Mode.CHOREOGRAPHY)
    undoing = part == "Cancelled" and told.get("pivot", False) and (on_purpose or not saga.undoes_failures)
    earlier = {name for name, leg in design.catalog.legs.items() if leg < told["leg"]}
    own = {told["participant"]} if failed and saga.undoes_failures else set()
    return earlier | own if failed or undoing else set()
