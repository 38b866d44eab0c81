"""audit: does everything on record add up?"""

import typer

from console.audit import audit_stage
from console.commands.options import JsonOption, StageOption, on_stage
from console.connection import connect
from console.screen import Screen
from console.trouble import Exit


def audit(stage: StageOption = "local", as_json: JsonOption = False) -> None:
    """Check the saga's invariants on all that is on record. Exit code 0: nothing is wrong; 1: an invariant is violated."""
    screen, target = Screen(as_json=as_json), connect(stage)
    with screen.busy("reading every record, twice if need be"):
        found = audit_stage(target)
    if as_json:
        screen.answer(found._asdict() | {"violations": [it._asdict() for it in found.violations]})
    screen.say(f"{found.trips} trips ({found.open} under way), {found.stock} stock items.")
    if found.violations:
        screen.table(("", "where", "what is wrong"), found.violations)
        screen.say(f"{len(found.violations)} violations. Next: wayfare timeline TRIP{on_stage(stage)}", "bold red")
        raise typer.Exit(Exit.NO)
    screen.say("Nothing is wrong: stock adds up, every ended trip is booked by all or by none.", "bold green")
