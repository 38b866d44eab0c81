"""audit: does everything on record add up?"""

from collections.abc import Iterable

import typer

from console.audit import audit_stage
from console.commands.options import JsonOption, StageOption, on_stage
from console.connection import connect
from console.screen import Screen
from console.trouble import Exit
from sandbox.auditor import Violation

CODES = {"S1": 11, "S2": 12, "S3": 13, "S4": 14, "S5": 15, "S6": 16, "L1": 21, "L2": 22, "L3": 23}
"""The exit code of each invariant, for ever: ten and its number for safety, twenty and its number for liveness."""


def audit(stage: StageOption = "local", as_json: JsonOption = False) -> None:
    """Check the saga's invariants on all that is on record. Exit code 0: nothing is wrong; 11 to 16: S1 to S6 is violated; 21: L1."""
    screen, target = Screen(as_json=as_json), connect(stage)
    with screen.busy("reading every record, twice if need be"):
        found = audit_stage(target)
    code = code_of(found.violations)
    if as_json:
        violations = [it._asdict() for it in found.violations]
        screen.answer(found._asdict() | {"violations": violations, "exitCode": code})
    screen.say(f"{found.trips} trips ({found.open} under way), {found.stock} stock items.")
    if found.violations:
        screen.table(("", "where", "what is wrong"), found.violations)
        screen.say(f"{len(found.violations)} violations. Next: wayfare timeline TRIP{on_stage(stage)}", "bold red")
        raise typer.Exit(code)
    screen.say("Nothing is wrong: stock adds up, every ended trip is booked by all or by none.", "bold green")
    if found.open:
        screen.say(f"Next: wayfare stuck{on_stage(stage)}", "dim")


def code_of(violations: Iterable[Violation]) -> int:
    """The exit code for what is wrong; of several invariants the gravest speaks: safety before liveness, then in their order."""
    return min((CODES[it.invariant] for it in violations), default=Exit.OK)
