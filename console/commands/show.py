"""status, timeline and trips: what the observer knows."""

from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
import typer
from rich.text import Text

from console.commands.lines import say_entry
from console.commands.options import JsonOption, StageOption, TripArgument, on_stage
from console.connection import Target, connect
from console.mermaid import sequence_diagram
from console.render import STYLES, ago, because, entries, log_rows, plain, rejected_as, standing
from console.requests import checked
from console.screen import Screen
from console.trouble import Exit, Trouble
from infra.catalog import CATALOG
from shared.observer.standing import Known, Rejection, Summary
from shared.saga.timeline import Facts, Status


def status(trip_id: TripArgument, stage: StageOption = "local", as_json: JsonOption = False) -> None:
    """Where a trip stands, why, and which requests for it were rejected (an event id tells of its one request)."""
    screen, target = Screen(as_json=as_json), connect(stage)
    known, rejections = _on_record(target, trip_id)
    found = standing(trip_id, known, rejections)
    if as_json:
        screen.answer(found)
        return
    _say_standing(screen, found, rejections)
    for service in found["parked"]:
        screen.say(f"Next: wayfare dlq redrive {service} compensate --trip {trip_id} --dry-run{on_stage(stage)}", "dim")
    screen.say(f"Next: wayfare timeline {trip_id}{on_stage(stage)}", "dim")


def timeline(
    trip_id: TripArgument,
    stage: StageOption = "local",
    as_json: JsonOption = False,
    as_mermaid: Annotated[bool, typer.Option("--mermaid", help="Print a Mermaid sequence diagram.")] = False,
) -> None:
    """The saga log of a trip, in seconds since its request (EventBridge stamps that with whole seconds)."""
    if as_json and as_mermaid:
        raise Trouble("--json and --mermaid exclude each other: give one of them", Exit.USAGE)
    screen, target = Screen(as_json=as_json), connect(stage)
    known, rejections = _on_record(target, trip_id)
    facts = Facts(known.noted, CATALOG.legs)
    if as_json:
        screen.answer({**standing(trip_id, known, rejections), "log": log_rows(entries(facts))})
    elif as_mermaid:
        screen.say(sequence_diagram(facts))
    else:
        for entry in entries(facts):
            say_entry(screen, entry)
        if not known.noted:
            _say_standing(screen, standing(trip_id, known, rejections), rejections)


def trips(
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=500)] = 20,
    stage: StageOption = "local",
    as_json: JsonOption = False,
) -> None:
    """Trips that are open, or ended today or yesterday; the newest first."""
    screen, target = Screen(as_json=as_json), connect(stage)
    now = datetime.now(UTC)
    found = target.log.recent(now, limit)
    if as_json:
        screen.answer([msgspec.to_builtins(summary) for summary in found])
        return
    if not found:
        screen.say(f"No trips on stage {stage}: book one with `wayfare book FILE{on_stage(stage)}`.")
        return
    screen.table(
        ("trip!", "status!", "asked#", "reason"),
        [
            (
                summary.trip_id,
                _coloured(summary),
                f"{ago(summary.requested_at, now)} ago",
                _why(summary),
            )
            for summary in found
        ],
    )
    if any(summary.parked for summary in found):
        screen.say(f"Next: wayfare dlq list{on_stage(stage)}", "dim")
    screen.say(f"Next: wayfare timeline TRIP{on_stage(stage)}", "dim")


def _on_record(target: Target, trip_id: str) -> tuple[Known, list[Rejection]]:
    """All that is on record under an id. Raises Trouble when there is nothing."""
    log = target.log
    known, rejections = log.recall(checked(trip_id)), log.rejections(trip_id)
    if not known.noted and not rejections and (by_event := log.rejection(trip_id)):
        rejections = [by_event]
    if not known.noted and not rejections:
        raise Trouble(
            f"nothing is known of trip {trip_id} on stage {target.stage.name}:"
            " look again in a moment if it was just put, or list the known ones with"
            f" `wayfare trips{on_stage(target.stage.name)}`",
            Exit.NO,
        )
    return known, rejections


def _say_standing(screen: Screen, found: dict[str, Any], rejections: list[Rejection]) -> None:
    if found["status"] is None:
        screen.say(f"{found['tripId']}: no trip was started under this id", "bold")
    else:
        status = Status(found["status"])
        screen.say(f"{status}{because(found['reason'], found['message'])}", f"bold {STYLES[status]}")
        screen.table(("", ""), [(f"  {name}", value) for name, value in _details(found)])
    for rejection in rejections:
        screen.say(f"request {plain(rejection.request_id)} was rejected: {rejected_as(rejection)}", "red")


def _details(found: dict[str, Any]) -> list[tuple[str, str]]:
    told = [("trip", found["tripId"]), ("requested", found["requestedAt"]), ("deadline", found["deadline"])]
    if found["parked"]:
        told += [("parked", f"{name}: {why}") for name, why in found["parkedBecause"].items()]
    if found["cancelUnanswered"]:
        told.append(("cancel", "asked for, and not answered yet"))
    return [(name, value) for name, value in told if value]


def _coloured(summary: Summary) -> Text:
    return Text(f"{summary.status}{' (parked)' if summary.parked else ''}", STYLES[summary.status])


def _why(summary: Summary) -> str:
    if summary.parked:
        return f"parked at {', '.join(summary.parked)}: the compensation waits for an operator"
    return ": ".join(part for part in (summary.reason, summary.message) if part)
