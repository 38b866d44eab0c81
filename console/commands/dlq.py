"""dlq: messages that nobody could handle: what they are, what would become of them, and sending them on."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from console.commands.options import JsonOption, StageOption, on_stage
from console.connection import connect
from console.dead_letters import Box, Waiting, box_named, held, kind, url_of, waiting
from console.redrive import Chosen, Ended, redriving
from console.render import ago, plain
from console.screen import Screen
from console.trouble import Exit, Trouble
from infra.catalog import CATALOG
from sandbox.operating.letters import Letter, last_try
from shared.aws.saga_log import DynamoSagaLog
from shared.saga.timeline import Facts

SHORT = 8
"""Characters of a message's id that tell it from others on a screen."""

QueueArgument = Annotated[
    list[str], typer.Argument(metavar="QUEUE", help="`hotel compensate`, `orchestrator start`, `quarantine`, …")
]
TripOption = Annotated[str | None, typer.Option("--trip", help="Only this trip's messages.")]

app = typer.Typer(no_args_is_help=True, help="Messages that nobody could handle.")


@app.callback()
def dlq() -> None:
    """Messages that nobody could handle."""


@app.command("list")
def list_(stage: StageOption = "local", as_json: JsonOption = False) -> None:
    """Every dead-letter queue and the quarantine: how many messages, since when, and why (of the first ten)."""
    screen = Screen(as_json=as_json)
    target = connect(stage)
    with screen.busy("looking into the queues"):
        found = waiting(target)
    if as_json:
        screen.answer([{**queue._asdict(), "oldest": _moment(queue.oldest)} for queue in found])
        return
    now = datetime.now(UTC)
    screen.table(
        ("queue!", "waiting#", "oldest#", "why"),
        [(queue.title, queue.depth, _age(queue.oldest, now), _reasons(queue)) for queue in found],
    )
    if full := next((queue for queue in found if queue.depth), None):
        screen.say(f"Next: wayfare dlq show {full.title}{on_stage(stage)}", "dim")


@app.command()
def show(
    queue: QueueArgument,
    limit: Annotated[int, typer.Option(help="How many at most.", min=1, max=1000)] = 20,
    body: Annotated[bool, typer.Option("--body", help="Print each whole message: it may hold personal data.")] = False,
    stage: StageOption = "local",
    as_json: JsonOption = False,
) -> None:
    """The messages of one queue: what each is, whose, why it is there. Nothing of what a client wrote, unless asked for."""
    screen, target = Screen(as_json=as_json), connect(stage)
    box, sqs = box_named(target.names, queue), target.client("sqs")
    with screen.busy("looking into the queue"), held(sqs, url_of(sqs, box.queue), limit) as letters:
        shown = [_shown(box, letter, target.log, with_body=body) for letter in letters]
    if as_json:
        screen.answer(shown)
        return
    if not shown:
        screen.say(f"Nothing waits in {box.title}.")
        return
    now = datetime.now(UTC)
    screen.table(
        ("message!", "event", "trip", "sent#", "taken#", "why"),
        [_row(message, letter, now) for message, letter in zip(shown, letters, strict=True)],
    )
    for message in shown if body else ():
        screen.say(f"{message['id'][:SHORT]}  {plain(message['body'])}")
    screen.say(f"Next: wayfare dlq redrive {box.title} --dry-run{on_stage(stage)}", "dim")


@app.command()
def redrive(  # noqa: PLR0913, PLR0917 - a command's options are its parameters
    queue: QueueArgument,
    trip: TripOption = None,
    message: Annotated[str | None, typer.Option("--message", help="Only the message whose id begins so.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would become of each.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Move also what would come straight back.")] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for what becomes of them.", min=0)] = 60.0,
    stage: StageOption = "local",
    as_json: JsonOption = False,
) -> None:
    """Send messages back to their queue, and tell what became of each. Exit code 0 only if none is there or comes back."""
    screen, target = Screen(as_json=as_json), connect(stage)
    box = box_named(target.names, queue)

    def wanted(letter: Letter) -> bool:
        return trip in (None, letter.trip_id) and (message is None or letter.id.startswith(message))

    with screen.progress() as tell, redriving(target, box, wanted) as work:
        going = [] if dry_run else work.going(force=force)
        work.move(going, tell)
        ended = work.follow(going, wait, tell) if going else []
        chosen = work.chosen
    _report(screen, box, chosen, ended, dry_run=dry_run)
    if not chosen:
        screen.say(f"No such message waits in {box.title}.")
    elif dry_run:
        only = f" --trip {trip}" if trip else ""
        some = any(not each.prediction.fate.comes_back for each in chosen)
        following = f"redrive {box.title}{only}" if some else f"show {box.title}"
        _conclude_rehearsal(screen, chosen, f"wayfare dlq {following}{on_stage(stage)}")
    else:
        _conclude(screen, chosen, ended, box.title, on_stage(stage))


def _report(screen: Screen, box: Box, chosen: Sequence[Chosen], ended: Sequence[Ended], *, dry_run: bool) -> None:
    outcomes = {each.chosen.letter.id: each for each in ended}
    if screen.as_json:
        messages = [_told(each, outcomes.get(each.letter.id)) for each in chosen]
        screen.answer({"queue": box.queue, "dryRun": dry_run, "messages": messages})
        return
    rows = [
        (each.letter.id[:SHORT], each.letter.detail_type or each.letter.what, each.letter.trip_id or "", *_fate(each))
        for each in chosen
    ]
    if dry_run and chosen:
        screen.table(("message!", "event", "trip", "would become", "because"), rows)
    elif chosen:
        screen.table(
            ("message!", "event", "trip", "predicted", "became"),
            [(*row[:4], _became(each, outcomes.get(each.letter.id))) for row, each in zip(rows, chosen, strict=True)],
        )


def _conclude_rehearsal(screen: Screen, chosen: Sequence[Chosen], following: str) -> None:
    """The sums, and the command that does it; exit code 1 if some would come straight back."""
    fates = Counter(each.prediction.fate for each in chosen)
    screen.say(", ".join(f"{count} {fate}" for fate, count in fates.items()))
    screen.say(f"Next: {following}", "dim")
    if any(each.prediction.fate.comes_back for each in chosen):
        raise typer.Exit(Exit.NO)


def _conclude(screen: Screen, chosen: Sequence[Chosen], ended: Sequence[Ended], title: str, suffix: str) -> None:
    """The sums, and the exit code: 1 if some are still there or came back, 3 if some are not done in time."""
    left, back = len(chosen) - len(ended), sum(each.back for each in ended)
    screen.say(f"{len(ended)} moved, {left} left where they are, {back} came back.", "bold")
    if left or back:
        screen.say(f"Next: wayfare dlq show {title}{suffix}", "dim")
        raise typer.Exit(Exit.NO)
    if not all(each.over for each in ended):
        raise Trouble(f"not all is done yet: look again with `wayfare stuck{suffix}`")


def _fate(chosen: Chosen) -> tuple[str, str]:
    return str(chosen.prediction.fate), chosen.prediction.why


def _became(chosen: Chosen, ended: Ended | None) -> str:
    return str(ended) if ended else f"left where it is: {chosen.prediction.why}"


def _told(chosen: Chosen, ended: Ended | None) -> dict[str, Any]:
    """A message of a redrive, as JSON can carry it."""
    letter, (fate, because) = chosen.letter, _fate(chosen)
    outcome = None if ended is None else "back" if ended.back else str(ended.now.fate)
    return {
        "id": letter.id,
        "detailType": letter.detail_type,
        "tripId": letter.trip_id,
        "to": [" ".join(inbox) for inbox in chosen.to],
        "prediction": fate,
        "why": because,
        "moved": ended is not None,
        "outcome": outcome,
        "outcomeWhy": None if ended is None else ended.now.why,
    }


def _shown(box: Box, letter: Letter, log: DynamoSagaLog, *, with_body: bool) -> dict[str, Any]:
    """A message as it may be shown: what it says about itself, and who gave it up, and why."""
    return {
        "id": letter.id,
        "detailType": letter.detail_type,
        "source": letter.event.source if letter.event else "",
        "tripId": letter.trip_id,
        "kind": kind(box, letter),
        "reason": letter.reason or _told_by_observer(box, letter, log),
        "received": letter.received,
        "sent": _moment(letter.sent_at),
        **({"body": letter.body} if with_body else {}),
    }


def _told_by_observer(box: Box, letter: Letter, log: DynamoSagaLog) -> str:
    if box.inbox.role != "compensate" or letter.trip_id is None:
        return ""
    return last_try(Facts(log.recall(letter.trip_id).noted, CATALOG.legs), box.inbox.service)


def _row(message: dict[str, Any], letter: Letter, now: datetime) -> tuple[object, ...]:
    reason = f"{message['kind']}: {message['reason']}" if message["reason"] else message["kind"]
    what = letter.detail_type or letter.what
    return message["id"][:SHORT], what, letter.trip_id or "", _age(letter.sent_at, now), letter.received, reason


def _reasons(queue: Waiting) -> str:
    return "; ".join(f"{count} x {reason}" for reason, count in queue.reasons.items())


def _age(moment: datetime | None, now: datetime) -> str:
    return f"{ago(moment, now)} ago" if moment else ""


def _moment(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
