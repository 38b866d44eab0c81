"""What a story needs of a running system, whichever engine it runs on."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, Protocol

from sandbox.modes import Mode
from shared.observer.standing import Known, Rejection
from shared.saga.record import Record, Stock, StockKey

TASK: Final = "task"
"""The role of the function that a state machine calls; it has no queue."""


class Inbox(NamedTuple):
    """A queue, by the service that owns it and its role; or a task function, which has none."""

    service: str
    role: str


class Parked(NamedTuple):
    """A message in a dead-letter queue, with the reason if somebody gave one."""

    body: str
    reason: str


class Books(NamedTuple):
    """Everything one participant has on record."""

    records: Mapping[str, Record]
    stock: Mapping[StockKey, Stock]


class World(Protocol):
    """A stage that is up, with its clock."""

    name: str
    mode: Mode

    @property
    def now(self) -> datetime:
        """The time."""

    def put(self, detail: Any, detail_type: str | None = None, source: str | None = None) -> str:
        """Put an event on the bus: a client's request, unless it is said to be another; answers its id."""

    def send(self, inbox: Inbox, body: str) -> None:
        """Send a message straight to a queue, past the bus."""

    def pause(self, inbox: Inbox) -> None:
        """Switch the queue's consumer off; messages wait. Calls of a task function are refused."""

    def resume(self, inbox: Inbox) -> None:
        """Switch it on again."""

    def waiting(self, inbox: Inbox) -> list[str]:
        """The bodies of the messages in a queue."""

    def drop(self, inbox: Inbox) -> None:
        """Lose all messages in a queue."""

    def parked(self, inbox: Inbox) -> list[Parked]:
        """What lies in the queue's dead-letter queue."""

    def tick(self) -> None:
        """Let the observer's clock tick once."""

    def wait_until(self, moment: datetime) -> None:
        """Let time pass."""

    def settle(self) -> None:
        """Wait until no message is left anywhere (queues whose consumer is switched off do not count), and no execution runs."""

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Let things happen until this is so, and no further."""

    def executions(self, status: str) -> list[str]:
        """The names of the executions that stand like this (`RUNNING`, `SUCCEEDED`, `FAILED`, `ABORTED`, `TIMED_OUT`)."""

    def execution(self, name: str) -> Mapping[str, Any]:
        """An execution, as DescribeExecution has it."""

    def tasks(self, name: str) -> list[str]:
        """The states of an execution whose task was scheduled, in order, retries included."""

    def stop(self, name: str) -> bool:
        """Stop an execution; False if it has just ended. What it has called comes to its end all the same."""

    def set_stock(self, service: str, item: str, unit: str, capacity: int) -> None:
        """List a stock item, through its owner's own code."""

    def books(self, service: str) -> Books:
        """A participant's records and stock."""

    def known(self, trip_id: str) -> Known:
        """What the observer has on record of a trip."""

    def rejection(self, request_id: str) -> Rejection | None:
        """Whether the request that this event carried was rejected, and why."""
