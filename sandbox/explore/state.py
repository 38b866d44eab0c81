"""What a state of the explored system is. Things are named by their numbers, sets are bits (`numbered.py`)."""

from typing import NamedTuple

from sandbox.world import Inbox


class Message(NamedTuple):
    """A message in a queue. `receives` counts its deliveries where the case looks at that, else it stays 0."""

    inbox: Inbox
    body: str
    receives: int = 0


class Job(NamedTuple):
    """What a worker was started with: the messages of one batch, or one task of an execution (and nothing else)."""

    inbox: Inbox
    messages: tuple[int, ...] = ()
    task: str = ""


class Worker(NamedTuple):
    """A worker in the middle of its job: the answers it had so far. `execution` waits for its answer (-1: none does)."""

    job: int
    answers: tuple[int, ...] = ()
    execution: int = -1


class Left(NamedTuple):
    """What the surroundings may still do, and how often."""

    cancels: int = 0
    expiries: int = 0
    losses: int = 0
    stops: int = 0
    ticks: int = 0
    repeats: int = 0


class State(NamedTuple):
    """Everything that matters for what can happen next.

    `stores`: what each ledger (then the saga log, then the executions) holds. `waiting`: messages that are to be
    delivered; `handled` ones may be delivered again, whenever; `parked` ones lie in a dead-letter queue. `facts`: what
    the observer was, or may have been, told.
    """

    stores: tuple[int, ...]
    waiting: int
    handled: int
    parked: int
    workers: tuple[int, ...]
    facts: int
    left: Left
