"""book and cancel: requests to the saga."""

from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer

from console.commands.lines import say_entry
from console.commands.options import JsonOption, StageOption, TripArgument, on_stage
from console.connection import Target, connect
from console.follow import Ending, follow
from console.render import STYLES, because, log_rows, plain, rejected_as, standing
from console.requests import Request, ask_for_trip, ask_to_cancel, read_trip
from console.screen import Screen
from console.trouble import Exit, Trouble
from shared.message import Mode
from shared.observer.standing import Rejection
from shared.saga.timeline import Status


def book(  # noqa: PLR0913, PLR0917 - a command's options are its parameters
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A trip as JSON, such as examples/trips/trip-success.json.")
    ],
    mode: Annotated[Mode | None, typer.Option(help="Who coordinates the trip.")] = None,
    follow_it: Annotated[
        bool, typer.Option("--follow", help="Wait for the outcome; exit code 0 only if CONFIRMED.")
    ] = False,
    fresh_id: Annotated[bool, typer.Option("--fresh-id", help="Give the trip an id of its own.")] = False,
    trip_id: Annotated[str | None, typer.Option("--id", help="Give the trip this id.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds to follow it at most.", min=0)] = 60.0,
    stage: StageOption = "local",
    as_json: JsonOption = False,
) -> None:
    """Put a request to book a trip on the bus, and follow it if asked to."""
    if fresh_id and trip_id is not None:
        raise Trouble("--fresh-id and --id exclude each other: give one of them", Exit.USAGE)
    screen, trip = Screen(as_json=as_json), read_trip(file)
    chosen = str(uuid4()) if fresh_id else trip_id
    trip |= {"tripId": chosen} if chosen is not None else {}
    trip |= {"mode": mode.value} if mode else {}
    target = connect(stage)
    request = ask_for_trip(target, trip)
    _say_put(screen, request)
    if not follow_it:
        _say_next(screen, target, request)
        return
    ending = _follow(screen, target, request, timeout)
    _conclude(screen, target, request, ending, timeout)


def cancel(trip_id: TripArgument, stage: StageOption = "local", as_json: JsonOption = False) -> None:
    """Ask to cancel a trip, booked or not. A trip that nobody has heard of yet is cancelled in advance."""
    screen, target = Screen(as_json=as_json), connect(stage)
    event_id = ask_to_cancel(target, trip_id)
    if as_json:
        screen.answer({"tripId": trip_id, "eventId": event_id})
    screen.say(f"Asked to cancel trip {trip_id} (event {event_id}).")
    screen.say(f"Next: wayfare timeline {trip_id}{on_stage(stage)}", "dim")


def _say_put(screen: Screen, request: Request) -> None:
    screen.say(f"trip   {request.trip_id or '(no usable trip id)'}")
    screen.say(f"event  {request.event_id}")


def _say_next(screen: Screen, target: Target, request: Request) -> None:
    if screen.as_json:
        screen.answer({"tripId": request.trip_id, "eventId": request.event_id})
    screen.say(f"Next: wayfare status {request.trip_id or request.event_id}{on_stage(target.stage.name)}", "dim")


def _follow(screen: Screen, target: Target, request: Request, timeout: float) -> Ending:
    with screen.busy("following"):
        return follow(
            target.log,
            request,
            lambda entry: say_entry(screen, entry),
            patience=timeout,
            pause=0.1 if target.engine else 0.5,
        )


def _conclude(screen: Screen, target: Target, request: Request, ending: Ending, timeout: float) -> None:
    """Name the outcome, and end with its exit code."""
    if screen.as_json:
        screen.answer(_as_json(request, ending))
    if ending.rejection:
        _say_rejected(screen, ending.rejection)
        raise typer.Exit(Exit.NO)
    if not ending.ended:
        raise Trouble(
            f"trip {request.trip_id or '(no usable id)'} has no outcome after {timeout:g} s"
            f" (status {ending.verdict.status}): look again with"
            f" `wayfare status {request.trip_id or request.event_id}{on_stage(target.stage.name)}`"
        )
    status = ending.verdict.status
    screen.say(f"{status}{because(ending.verdict.reason, ending.verdict.message)}", f"bold {STYLES[status]}")
    screen.say(f"Next: wayfare timeline {request.trip_id}{on_stage(target.stage.name)}", "dim")
    if status is not Status.CONFIRMED:
        raise typer.Exit(Exit.NO)


def _say_rejected(screen: Screen, rejection: Rejection) -> None:
    screen.say(f"REJECTED ({plain(rejection.reason)})", "bold red")
    for problem in rejection.problems:
        screen.say(f"  {plain(problem)}")


def _as_json(request: Request, ending: Ending) -> dict[str, object]:
    rejections = [ending.rejection] if ending.rejection else []
    return {
        **standing(request.trip_id or "", ending.known, rejections),
        "eventId": request.event_id,
        "rejected": rejected_as(ending.rejection) if ending.rejection else None,
        "log": log_rows(ending.log),
    }
