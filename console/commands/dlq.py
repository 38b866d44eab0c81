"""dlq: messages that nobody could handle."""

from datetime import UTC, datetime

import typer

from console.commands.options import JsonOption, StageOption
from console.connection import connect
from console.dead_letters import Waiting, waiting
from console.render import ago
from console.screen import Screen

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
        screen.answer([{**queue._asdict(), "oldest": queue.oldest and queue.oldest.isoformat()} for queue in found])
        return
    now = datetime.now(UTC)
    screen.table(
        ("queue!", "waiting#", "oldest#", "why"),
        [
            (queue.queue, queue.depth, f"{ago(queue.oldest, now)} ago" if queue.oldest else "", _reasons(queue))
            for queue in found
        ],
    )


def _reasons(queue: Waiting) -> str:
    return "; ".join(f"{count} x {reason}" for reason, count in queue.reasons.items())
