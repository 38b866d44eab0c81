"""A design on the screen, and as JSON."""

from collections.abc import Sequence
from typing import Any

from console.screen import Screen
from infra.canvas.design import Design
from infra.canvas.edges import Undoing, edges, undoings
from infra.canvas.finding import Finding
from infra.names import dead_letters
from shared.message import Mode


def in_json(design: Design, findings: Sequence[Finding]) -> dict[str, Any]:
    """All of it, for programs."""
    return {
        "saga": design.catalog.saga.name,
        "stage": design.stage.name,
        "participants": [
            {"name": who.name, "leg": who.leg, "pivot": who == design.catalog.pivot}
            for who in design.catalog.participants
        ],
        "queues": [
            {"queue": design.queue(place), "deadLetters": dead_letters(design.queue(place))} for place in design.queues
        ],
        "edges": [
            {"from": it.sender, "to": str(it.place), "words": it.words, "orchestrated": it.orchestrated}
            for it in edges(design)
        ],
        "undoings": [it._asdict() for it in undoings(design)],
        "findings": [it._asdict() for it in findings],
    }


def say(screen: Screen, design: Design) -> None:
    """Who tells whom what, and what is undone by whom."""
    legs = ", ".join(f"{name} ({leg})" for name, leg in design.catalog.legs.items())
    screen.say(
        f"Stage {design.stage.name}, compensation {design.stage.compensation}. Legs: {legs}; the last is the pivot."
    )
    screen.say()
    rows = [
        (it.sender, str(it.place), ", ".join((*it.words, *map(_orchestrated, it.orchestrated)))) for it in edges(design)
    ]
    screen.table(("from!", "to the queue!", "what"), rows)
    screen.say()
    screen.table(
        ("after!", "gives back", "if"), [(it.fact, ", ".join(it.by), _condition(it)) for it in undoings(design)]
    )
    screen.say()


def _orchestrated(word: str) -> str:
    return f"{word} (orchestrated)"


def _condition(it: Undoing) -> str:
    asked = "answers a user's cancel or a deadline" if it.asked else ""
    return ", ".join(filter(None, ("orchestrated" if it.mode is Mode.ORCHESTRATION else "", asked)))


def say_findings(screen: Screen, findings: Sequence[Finding], linted: str) -> None:
    """What is wrong, where, and what to do; or that nothing is."""
    for it in findings:
        screen.say(f"{it.where}: {it.what}.", "bold red")
        screen.say(f"  Cure: {it.cure}.")
    if findings:
        screen.say(f"{len(findings)} findings in {linted}.", "bold red")
    else:
        screen.say(f"Nothing is wrong with {linted}.", "bold green")
