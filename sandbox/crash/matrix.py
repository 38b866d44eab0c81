"""The matrix: what is to happen where is derived from a run in which nothing happens, so no call can be forgotten.

A first run notes every call that every function makes. Each call and each kind of fault makes a case. A run of such a case
notes what the function does when the message comes again: each of those calls makes further cases, of two faults.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import NamedTuple

from sandbox.crash.scenarios import POISON, SCENARIOS, Scenario, Tale, inboxes
from sandbox.crash.world import ONCE, Call, Kind, Place, Plan, TappedWorld, kinds_for
from sandbox.modes import Mode
from sandbox.world import Inbox
from shared.saga.timeline import Status


class Case(NamedTuple):
    """One cell: in which mode and scenario, and what happens where."""

    mode: Mode
    scenario: str
    plan: Plan
    seed: int = 0

    def __str__(self) -> str:
        faults = [f"call {number} of {service} {role}: {kind}" for ((service, role), number), kind in self.plan.items()]
        return f"{self.mode.name}, {self.scenario}, seed {self.seed}: {'; '.join(faults) or 'nothing happens'}"


class Run(NamedTuple):
    """What a run of a case noted, and what is wrong with its end."""

    calls: Sequence[Call]
    wrong: Sequence[str]


def run(case: Case) -> Run:
    """Run one case to rest, and check its end."""
    scenario = SCENARIOS[case.scenario]
    world = TappedWorld(case.plan, case.mode, case.seed)
    tale = Tale(world)
    world.meanwhile = partial(_meanwhile, tale)
    scenario.tell(tale)
    tale.come_to_rest()
    return Run(world.calls, [*_common(case, tale), *(_as_told(scenario, tale) if _heals_itself(case) else ())])


def cases(mode: Mode, scenario: str, kinds: Sequence[Kind], seed: int = 0) -> Iterator[Case]:
    """One fault in the scenario: every call, every kind."""
    for call in run(Case(mode, scenario, {}, seed)).calls:
        for kind in kinds_for(call, kinds):
            yield Case(mode, scenario, {_place(call): kind}, seed)


def cases_again(case: Case, kinds: Sequence[Kind]) -> Iterator[Case]:
    """A second fault, when the message of the first one comes again: every call, every kind."""
    (first,) = case.plan
    for call in run(case).calls:
        if call.again and call.inbox == first.inbox and call.number > first.number:
            for kind in kinds_for(call, kinds):
                yield case._replace(plan={**case.plan, _place(call): kind})


def _meanwhile(tale: Tale, kind: Kind, inbox: Inbox, bodies: Sequence[str]) -> None:
    """What goes on while a worker sleeps over its messages."""
    if kind is Kind.LATE_TO_A_CANCEL:
        for body in bodies:
            tale.world.again(inbox, body)
        tale.world.settle()
        for name in list(tale.trips):
            tale.cancel(name)
    else:
        tale.remind()


def _place(call: Call) -> Place:
    return Place(call.inbox, call.number)


def _heals_itself(case: Case) -> bool:
    return all(kind in ONCE for kind in case.plan.values())


def _common(case: Case, tale: Tale) -> Iterator[str]:
    """What must hold whatever happened."""
    if set(tale.world.happened) != set(case.plan):
        yield f"only {tale.world.happened} happened"
    if tale.open:
        yield f"{', '.join(tale.open)} did not come to an end"
    for name in tale.cancelled:
        if tale.status(name) is Status.CONFIRMED:
            yield f"{name} is confirmed, though the user cancelled it"
    yield from map(str, tale.violations())


def _as_told(scenario: Scenario, tale: Tale) -> Iterator[str]:
    """A redelivery heals it: the end is that of the scenario, everybody is answered, and no message is given up."""
    if tale.endings() not in (sorted(scenario.ends), scenario.or_else):
        yield f"ended {tale.endings()}, not {sorted(scenario.ends)}"
    if unanswered := [request for request in tale.refused if tale.world.rejection(request) is None]:
        yield f"nobody answered {', '.join(unanswered)}"
    for inbox in inboxes(tale.world):
        bodies = {parked.body for parked in tale.world.parked(inbox)}
        if bodies != ({POISON} if scenario.poisoned else set()):
            yield f"{inbox.service} {inbox.role} gave up {bodies or 'nothing'}"
