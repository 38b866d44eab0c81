"""The state machine: it books every leg, can undo every leg that books before the commit, and hands over what it cannot."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from infra.asl import problems
from infra.canvas.design import Design
from infra.canvas.finding import Finding
from infra.machine import INVOKE, SEND

DO = re.compile(r"'do': '(\w+)'")
CURE = "infra/machine.py makes the machine from the catalogue: see what it leaves out"

Machine = Mapping[str, Any]


class Call(NamedTuple):
    """A state that asks a participant to do something; `handed_over` is the queue that gets it if it keeps failing."""

    state: str
    function: str
    do: str
    handed_over: str


def findings(design: Design, machine: Machine | None) -> Iterator[Finding]:
    """What a machine of this design forgets; `machine` is None where there is none."""
    if machine is None:
        return
    for problem in problems(machine):
        yield Finding("machine", f"machine {design.names.machine}", problem, CURE)
    calls = [*calls_of(machine)]
    for who in design.catalog.participants:
        mine = [call for call in calls if call.function == design.names.function(who.name, "task")]
        yield from _booked(who.name, mine)
        if who in design.catalog.undone:
            yield from _cancelled(design, who.name, [call for call in mine if call.do == "cancel"])
    decides = [call for call in calls if call.do == "decide"]
    pivot = design.catalog.pivot.name
    if not any(call.function == design.names.function(pivot, "task") for call in decides):
        yield Finding("machine", f"{pivot} task", f"the machine never asks {pivot} to decide after a fault", CURE)


def calls_of(machine: Machine) -> Iterator[Call]:
    """The calls of participants in a definition."""
    for name, state in machine["States"].items():
        if state.get("Resource") == INVOKE:
            arguments = state["Arguments"]
            asked = DO.search(arguments["Payload"])
            yield Call(name, arguments["FunctionName"], asked[1] if asked else "", _hand_over(machine, state))


def _hand_over(machine: Machine, state: Mapping[str, Any]) -> str:
    """The name of the queue to which a state's last Catch sends; "" if it sends to none."""
    for catch in state.get("Catch", ()):
        caught = machine["States"].get(catch["Next"], {})
        if caught.get("Resource") == SEND:
            return str(caught["Arguments"]["QueueUrl"]).rpartition("/")[2]
    return ""


def _booked(name: str, calls: list[Call]) -> Iterator[Finding]:
    if not any(call.do == "book" for call in calls):
        yield Finding("machine", f"{name} task", f"the machine never books {name}", CURE)


def _cancelled(design: Design, name: str, calls: list[Call]) -> Iterator[Finding]:
    if not calls:
        yield Finding("machine", f"{name} task", f"the machine never cancels {name}", CURE)
    for call in calls:
        if call.handed_over != design.names.queue(name, "compensate"):
            what = f"when {call.state!r} keeps failing, it is not handed over to {name}'s compensate queue"
            yield Finding("no-hand-over", f"{name} compensate", what, CURE)
