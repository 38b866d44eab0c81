"""How much a mode is, and who depends on whom: counted from templates, rules, settings and code, nothing run."""

import ast
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from infra import idle_cost, settings
from infra.catalog import CATALOG, OBSERVER, ORCHESTRATOR, Catalog, Participant
from infra.machine import definition
from infra.names import PLATFORM, Names
from infra.packaging import ROOT
from infra.prices import Prices
from infra.rules import observer_rules, participant_rules, platform_rules
from infra.stages import Stage, named
from infra.synth import synth
from sandbox.modes import ORCHESTRATION, Mode

UNUSED: Final[Mapping[bool, str]] = {True: "book", False: "task"}
"""The role of a participant that an orchestrated trip (True) or a choreographed one (False) never calls."""
ASKED_BY_EVENTS: Final = ("WAYFARE_AFTER", "WAYFARE_DEFINITION")
"""Settings for the book function alone: whom it follows, and what the first leg stamps (the starter does it, orchestrated)."""


def newcomers(catalog: Catalog = CATALOG) -> dict[str, int]:
    """Where a further participant could come, by its leg: early, late, or last."""
    first, second, *_ = catalog.participants
    *_, last, pivot = catalog.participants
    return {
        f"between {first.name} and {second.name}": (first.leg + second.leg) // 2,
        f"between {last.name} and {pivot.name}": (last.leg + pivot.leg) // 2,
        f"after {pivot.name}, as the new pivot": pivot.leg + 5,
    }


LINES: Final[Mapping[str, tuple[str, ...]]] = {
    "domain of the participants": ("services/hotel/*.py", "services/flight/*.py", "services/car/*.py"),
    "saga runtime, both modes": ("shared/*.py", "shared/saga/*.py", "shared/aws/*.py"),
    "observer, both modes": (
        "services/trip/*.py",
        "shared/observer/*.py",
        "shared/aws/observing.py",
        "shared/aws/saga_log.py",
    ),
    "infrastructure, both modes": ("infra/constructs/*.py", "infra/*.py"),
    "choreography: who hears what": ("infra/rules.py",),
    "orchestration alone": (
        "services/orchestrator/*.py",
        "infra/machine.py",
        "infra/orchestrator.py",
        "shared/saga/starter.py",
        "shared/saga/tasks.py",
        "shared/aws/machine.py",
        "shared/aws/starting.py",
        "shared/aws/tasks.py",
    ),
}
"""Files by role; a file counts for the last role that names it."""


class Footprint(msgspec.Struct, frozen=True, kw_only=True):
    """What a mode is made of, in its stage's production templates, and what a further participant would touch."""

    mode: str
    resources: int
    rules: int
    queues: int
    functions: int
    states: int
    stacks: int
    synchronous_calls: int
    """Functions that somebody waits for, on the way to the commit."""
    up_at_once: str
    touched: dict[str, list[str]]
    """For each place a newcomer could take: the existing stacks that must be changed and deployed."""


def footprints(modes: Sequence[Mode]) -> list[Footprint]:
    """One for each mode."""
    return [_footprint(mode) for mode in modes]


def resources_of(mode: Mode) -> list[tuple[str, dict[str, Any]]]:
    """The resources that a mode uses, by stack, as production would have them."""
    stage, orchestrated = _production(mode), mode == ORCHESTRATION
    machine = Names(stage).stack(ORCHESTRATOR)
    found = []
    for template in sorted(synth(stage).glob("*.template.json")):
        stack = template.name.removesuffix(".template.json")
        if stack == machine and not orchestrated:
            continue
        body = json.loads(template.read_text())["Resources"]
        unused = re.compile(
            rf"{UNUSED[orchestrated].capitalize()}|Alarm({'|'.join(CATALOG.legs)}){UNUSED[orchestrated]}"
        )
        found += [(stack, one) for name, one in body.items() if not unused.match(name)]
    return found


def month_of(mode: Mode, prices: Prices) -> list[idle_cost.Line]:
    """What a mode's part of a stage costs in thirty days in which nobody books."""
    return [*idle_cost.lines((one for _, one in resources_of(mode)), prices)]


def code_lines() -> dict[str, int]:
    """Lines of code by role: no blank lines, comments or docstrings."""
    role_of = {path: role for role, globs in LINES.items() for each in globs for path in ROOT.glob(each)}
    counts: Counter[str] = Counter()
    for path, role in role_of.items():
        counts[role] += _code_lines(path)
    return {role: counts[role] for role in LINES}


def with_newcomer(leg: int) -> Catalog:
    """The catalogue with a further participant on that leg; between the first and the pivot it joins while trips are in flight."""
    since = CATALOG.definition + 1 if CATALOG.first.leg < leg < CATALOG.pivot.leg else 1
    newcomer = Participant("insurance", leg, since=since)
    return Catalog(tuple(sorted((*CATALOG.participants, newcomer), key=lambda who: who.leg)))


def touched(mode: Mode, catalog: Catalog) -> list[str]:
    """The existing stacks whose rules, settings or states differ under another catalogue."""
    before, after = _wiring(mode, CATALOG), _wiring(mode, catalog)
    return [stack for stack in before if before[stack] != after[stack]]


def _footprint(mode: Mode) -> Footprint:
    every = resources_of(mode)
    kinds = Counter(one["Type"] for _, one in every)
    machines = [one for _, one in every if one["Type"] == "AWS::StepFunctions::StateMachine"]
    states = json.loads(_definition(CATALOG))["States"] if machines else {}
    calls = [state for state in states.values() if "lambda:invoke" in state.get("Resource", "")]
    return Footprint(
        mode=mode.name,
        resources=len(every),
        rules=kinds["AWS::Events::Rule"],
        queues=kinds["AWS::SQS::Queue"],
        functions=kinds["AWS::Lambda::Function"],
        states=len(states),
        stacks=len({stack for stack, _ in every}),
        synchronous_calls=len(calls),
        up_at_once="the orchestrator and the participant it calls" if calls else "one participant at a time",
        touched={place: touched(mode, with_newcomer(leg)) for place, leg in newcomers().items()},
    )


def _wiring(mode: Mode, catalog: Catalog) -> dict[str, str]:
    """What each existing stack says of its surroundings, as far as the mode uses it."""
    stage, orchestrated = named(_production(mode)), mode == ORCHESTRATION
    wiring = {
        PLATFORM: repr(platform_rules(catalog, stage)),
        OBSERVER: repr((observer_rules(catalog, stage), settings.observer(catalog, stage, OBSERVER))),
    }
    for who in CATALOG.participants:
        wiring[who.name] = repr([*_participants_wiring(catalog, stage, who, orchestrated=orchestrated)])
    if orchestrated:
        wiring[ORCHESTRATOR] = _definition(catalog)
    return wiring


def _participants_wiring(catalog: Catalog, stage: Stage, who: Participant, *, orchestrated: bool) -> Iterator[Any]:
    for rule in participant_rules(catalog, stage, who):
        if not (orchestrated and rule.role == "book"):
            yield rule
    for name, value in settings.participant(catalog, stage, who).items():
        if not (orchestrated and name in ASKED_BY_EVENTS):
            yield name, value


def _definition(catalog: Catalog) -> str:
    """The state machine as text."""
    return json.dumps(definition(catalog, str, str))


def _production(mode: Mode) -> str:
    return mode.stage.replace("local", "prod", 1)


def _code_lines(path: Path) -> int:
    """Lines that hold code: those of statements, without docstrings."""
    tree = ast.parse(path.read_text())
    lines = set(range(1, len(path.read_text().splitlines()) + 1))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        for each in getattr(node, "body", []) if isinstance(node, documented) else ():
            if (
                isinstance(each, ast.Expr)
                and isinstance(each.value, ast.Constant)
                and isinstance(each.value.value, str)
            ):
                lines -= set(range(each.lineno, (each.end_lineno or each.lineno) + 1))
    text = path.read_text().splitlines()
    return sum(1 for number in lines if text[number - 1].strip() and not text[number - 1].lstrip().startswith("#"))
