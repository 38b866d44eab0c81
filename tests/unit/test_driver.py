"""The driver runs a batch side by side, and what becomes of one message never depends on its neighbours."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.memory.ledger import MemoryLedger
from services.hotel.participant import HOTEL
from shared.message import Fact
from shared.ports import Busy
from shared.saga.announcing import announcement
from shared.saga.driver import drive
from shared.saga.effects import Announce, Core, Effect, Look, Ports
from shared.saga.faults import WorkerDied
from shared.saga.runtime import handle_booking
from tests.samples import TERMS, a_trip, booked, delivery, requested


@dataclass
class Bus:
    """A bus that keeps what it is given, and refuses some trips."""

    refuses: frozenset[str] = frozenset()
    down: bool = False
    puts: list[list[Fact]] = field(default_factory=list)

    def publish(self, facts: Sequence[Fact]) -> Sequence[Exception | None]:
        self.puts.append(list(facts))
        if self.down:
            raise RuntimeError("the bus is gone")
        return [Busy("throttled") if told.metadata.trip_id in self.refuses else None for told in facts]

    @property
    def trips(self) -> list[str | None]:
        return [told.metadata.trip_id for put in self.puts for told in put]


@dataclass
class DeadLetters:
    """Keeps what is parked."""

    parked: list[str] = field(default_factory=list)

    def park(self, body: str, reason: str) -> None:
        self.parked.append(reason)


class FlakyLedger(MemoryLedger):
    """Busy for some trips."""

    def __init__(self, *busy: str) -> None:
        super().__init__()
        self.busy = busy

    def look(self, trip_id: str, keys: Any) -> Any:
        if trip_id in self.busy:
            raise Busy("throttled")
        return super().look(trip_id, keys)


def batch(trips: Sequence[str], ledger: MemoryLedger, bus: Bus, *, pool: bool = False) -> list[Exception | None]:
    """Book each trip, or handle a message that is not readable (`poison`), in one batch."""
    bodies = ["poison" if trip == "poison" else requested(a_trip(tripId=trip)) for trip in trips]
    cores = [handle_booking(HOTEL, TERMS["hotel"], delivery(body)) for body in bodies]
    ports = Ports(ledger, bus, DeadLetters())
    if not pool:
        return drive(cores, ports)
    with ThreadPoolExecutor(10) as executor:
        return drive(cores, ports, executor)


@pytest.mark.parametrize("pool", [False, True], ids=["one by one", "side by side"])
def test_a_failing_neighbour_changes_nothing(pool: bool) -> None:
    """Busy store, poison, busy bus: each message has its own outcome, the good ones are booked."""
    ledger, bus = FlakyLedger("t2"), Bus(refuses=frozenset({"t4"}))
    outcomes = batch(["t1", "t2", "poison", "t4", "t5"], ledger, bus, pool=pool)
    assert [type(outcome) for outcome in outcomes] == [type(None), Busy, type(None), Busy, type(None)]
    assert set(ledger.records) == {"t1", "t4", "t5"}


def test_a_batch_of_facts_is_put_at_once() -> None:
    """One PutEvents for ten messages, however different their ways there."""
    bus = Bus()
    assert batch([f"t{n}" for n in range(9)] + ["poison"], MemoryLedger(), bus) == [None] * 10
    assert [len(put) for put in bus.puts] == [9]


def test_facts_are_put_only_after_every_write_of_the_batch() -> None:
    """The slowest core is waited for: one put, not one for each."""
    bus = Bus()

    def slow() -> Core[None]:
        for _ in range(5):
            yield Look("slow")
        yield Announce(announcement(HOTEL, booked("slow")))

    cores = [slow(), handle_booking(HOTEL, TERMS["hotel"], delivery(requested()))]
    assert drive(cores, Ports(MemoryLedger(), bus, DeadLetters())) == [None, None]
    assert [sorted(map(str, bus.trips))] == [["slow", "trip-1"]]
    assert len(bus.puts) == 1


def test_a_bus_that_is_gone_gives_every_message_back() -> None:
    """But what is written stays written, and is announced on redelivery."""
    ledger, bus = MemoryLedger(), Bus(down=True)
    assert all(isinstance(outcome, RuntimeError) for outcome in batch(["t1", "t2"], ledger, bus))
    assert set(ledger.records) == {"t1", "t2"}
    bus.down = False
    assert batch(["t1", "t2"], ledger, bus) == [None, None]
    assert bus.trips == ["t1", "t2", "t1", "t2"]


def test_no_message_is_handled_without_work() -> None:
    """An empty batch, and a core that does nothing."""
    assert drive([], Ports(MemoryLedger(), Bus(), DeadLetters())) == []

    def idle() -> Core[None]:
        yield from ()

    assert drive([idle()], Ports(MemoryLedger(), Bus(), DeadLetters())) == [None]


def test_a_worker_that_dies_takes_the_whole_batch_along() -> None:
    """As a killed process does: no outcome at all."""

    def dying() -> Core[None]:
        yield Look("t1")
        raise WorkerDied

    with pytest.raises(WorkerDied):
        drive([dying()], Ports(MemoryLedger(), Bus(), DeadLetters()))


@given(st.lists(st.sampled_from(["t1", "t2", "t3", "busy", "poison", "mute"]), max_size=10))
def test_each_outcome_is_that_of_the_message_alone(trips: list[str]) -> None:
    """Whatever the mix, duplicates in one batch included."""
    alone = {"busy": Busy, "mute": Busy}
    outcomes = batch(trips, FlakyLedger("busy"), Bus(refuses=frozenset({"mute"})))
    assert [type(outcome) for outcome in outcomes] == [alone.get(trip, type(None)) for trip in trips]


class Meeting:
    """Counts who is in the room at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside: list[frozenset[object]] = []
        self.clashes = 0
        self.most = 0

    def visit(self, keys: frozenset[object]) -> None:
        with self._lock:
            self.clashes += any(keys & other for other in self._inside)
            self._inside.append(keys)
            self.most = max(self.most, len(self._inside))
        time.sleep(0.003)
        with self._lock:
            self._inside.remove(keys)


@dataclass(frozen=True)
class Visit:
    """An effect that takes a moment."""

    keys: frozenset[object]

    def perform(self, ports: Any) -> None:
        ports.meeting.visit(self.keys)

    def touches(self) -> frozenset[object]:
        return self.keys


def visits(*keys: str) -> Meeting:
    """One effect for each word, touching its letters, in one round."""

    def core(word: str) -> Core[None]:
        yield Visit(frozenset(word))

    meeting = Meeting()
    with ThreadPoolExecutor(10) as executor:
        assert drive([core(word) for word in keys], SimpleNamespace(meeting=meeting), executor) == [None] * len(keys)
    return meeting


def test_effects_without_a_common_key_run_side_by_side() -> None:
    """A batch need not be slower than its slowest message."""
    assert visits("a", "b", "c", "d").most > 1


def test_effects_that_share_a_key_never_run_side_by_side() -> None:
    """Not even through a third: `ab` and `cd` are held together by `bc`."""
    assert visits("a", "a", "a").most == 1
    assert visits("ab", "cd", "bc").most == 1


@given(st.lists(st.text("abcde", min_size=1, max_size=2), max_size=8))
def test_no_two_effects_ever_meet_on_a_key(keys: list[str]) -> None:
    """Whatever the batch."""
    assert visits(*keys).clashes == 0


def test_effects_on_one_key_run_in_the_order_of_the_batch() -> None:
    """The first message of a batch wins, so that a batch is as fair as its queue."""
    done: list[str] = []

    @dataclass(frozen=True)
    class Write:
        name: str

        def perform(self, _ports: object) -> None:
            done.append(self.name)

        def touches(self) -> frozenset[object]:
            return frozenset({"k"})

    def core(make: Callable[[], Effect]) -> Core[None]:
        yield make()

    names = [str(n) for n in range(8)]
    with ThreadPoolExecutor(4) as executor:
        drive([core(partial(Write, name)) for name in names], None, executor)
    assert done == names
