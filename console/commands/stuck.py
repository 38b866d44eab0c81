"""stuck: what waits on what."""

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

import typer

from console.commands.options import JsonOption, StageOption, on_stage
from console.connection import connect
from console.render import STYLES, ago, plain
from console.requests import checked
from console.screen import Screen
from console.stuck import Depth, depths_of, scene_of
from console.trouble import Exit
from sandbox.operating.stuck import Stuck
from sandbox.operating.stuck import stuck as waiting_trips


def stuck(
    trip_id: Annotated[str | None, typer.Argument(metavar="[TRIP]", help="Only this trip.")] = None,
    stage: StageOption = "local",
    as_json: JsonOption = False,
) -> None:
    """Every trip without an end: who decided what, what waits where, what comes next, what to do. Exit code 0: there is none."""
    wanted = None if trip_id is None else checked(trip_id)
    screen, target = Screen(as_json=as_json), connect(stage)
    with screen.busy("reading every record and every queue"):
        scene, depths = scene_of(target), depths_of(target)
        found = [trip for trip in waiting_trips(scene) if wanted in (None, trip.trip_id)]
    if as_json:
        screen.answer({"trips": [_as_json(trip) for trip in found], "queues": [_depth(each) for each in depths]})
    for trip in found:
        _say(screen, trip, scene.now, stage)
    busy = [each for each in depths if each.messages]
    if busy:
        screen.say("In flight: " + ", ".join(f"{each.messages} at {' '.join(each.inbox)}" for each in busy))
    if found:
        screen.say(f"{len(found)} without an end.", "bold yellow")
        raise typer.Exit(Exit.NO)
    screen.say("Nothing waits: every trip has its end.", "bold green")


def _say(screen: Screen, trip: Stuck, now: datetime, stage: str) -> None:
    status = f"{trip.status}{' (parked)' if trip.parked else ''}"
    since = f", asked {ago(trip.since, now)} ago" if trip.since else ""
    screen.say(f"{trip.trip_id}: {status}{since}", f"bold {STYLES[trip.status]}")
    screen.table(("", ""), [(f"  {name}", value) for name, value in _details(trip, now)])
    screen.say(f"  Next: {trip.advice.command}{on_stage(stage)}", "dim")


def _details(trip: Stuck, now: datetime) -> Iterator[tuple[str, str]]:
    yield "decided", ", ".join(f"{name} {state or 'nothing'}" for name, state in trip.decided.items())
    if trip.last_fact_at:
        yield "last heard", f"{trip.last_fact}, {ago(trip.last_fact_at, now)} ago"
    for lying in trip.messages:
        yield "message", plain(lying)
    if trip.running:
        yield "execution", "running"
    for awaited in trip.awaits:
        yield "waits for", str(awaited)
    if trip.until:
        late = trip.until <= now
        yield "until", f"{trip.until:%Y-%m-%d %H:%M:%S} UTC{f' (passed {ago(trip.until, now)} ago)' if late else ''}"
    if trip.nudges:
        yield "reminded", f"{trip.nudges} times"
    yield "do", trip.advice.what


def _as_json(trip: Stuck) -> dict[str, Any]:
    return {
        "tripId": trip.trip_id,
        "status": str(trip.status),
        "parked": list(trip.parked),
        "since": _moment(trip.since),
        "decided": {name: state and str(state) for name, state in trip.decided.items()},
        "lastFact": trip.last_fact or None,
        "lastFactAt": _moment(trip.last_fact_at),
        "messages": [
            {
                "queue": " ".join(lying.inbox),
                "id": lying.letter.id,
                "detailType": lying.letter.detail_type,
                "parked": lying.parked,
                "received": lying.letter.received,
                "reason": lying.letter.reason,
            }
            for lying in trip.messages
        ],
        "running": trip.running,
        "awaits": [awaited._asdict() for awaited in trip.awaits],
        "until": _moment(trip.until),
        "nudges": trip.nudges,
        "advice": trip.advice._asdict(),
    }


def _depth(each: Depth) -> dict[str, Any]:
    return {"queue": " ".join(each.inbox), "messages": each.messages}


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
