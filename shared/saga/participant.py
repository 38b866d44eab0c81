"""The participant's descriptor: all that the runtime needs to know of a service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.message import Booked, BookingFailed, Cancelled
from shared.saga.declaration import Saga, title_of
from shared.saga.plan import Planning
from shared.saga.record import StockKey


def no_stock(item: str, unit: str) -> StockKey:
    """The shelf of a service that keeps none."""
    raise ValueError(f"{item} / {unit}: this service keeps no stock")


class Speaker(Protocol):
    """Whoever may answer a request: the first leg, or the orchestrator's starter (leg 0)."""

    @property
    def name(self) -> str: ...
    @property
    def leg(self) -> int: ...
    @property
    def pivot(self) -> bool: ...
    @property
    def source(self) -> str: ...
    @property
    def saga(self) -> Saga: ...


@dataclass(frozen=True, kw_only=True)
class Participant:
    """A service that takes part in a saga.

    `leg` orders participants; the last one is the `pivot`, whose record commits the trip. `plan` is called with the
    trip and the stage's capacity for unlisted stock (None: the service's own default). `shelve` names a stock item from
    what a person calls it, and raises `ValueError` with the cure. `step` is what the saga log calls this leg. `since` is
    the definition of the saga in which it joined: sagas that began under an earlier one go on without it.
    """

    saga: Saga
    name: str
    leg: int
    booked: type[Booked]
    failed: type[BookingFailed]
    cancelled: type[Cancelled]
    plan: Callable[[Mapping[str, Any], int | None], Planning]
    step: str
    shelve: Callable[[str, str], StockKey] = no_stock
    pivot: bool = False
    since: int = 1

    @property
    def title(self) -> str:
        return title_of(self.name)

    @property
    def source(self) -> str:
        return self.saga.source_of(self.name)

    def detail_type(self, part: str) -> str:
        """What its fact is called on the bus."""
        return self.saga.detail_type(self.name, part)
