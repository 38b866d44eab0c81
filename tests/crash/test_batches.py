"""One PutEvents carries a whole batch: an entry that fails is one message's affair, whichever it is."""

from collections import Counter
from collections.abc import Sequence

import pytest

from sandbox.memory.ledger import MemoryLedger
from services.hotel.participant import HOTEL
from shared.message import Fact
from shared.ports import Busy
from shared.saga.driver import drive
from shared.saga.effects import Ports
from shared.saga.record import State
from shared.saga.runtime import Delivery, handle_booking
from tests.samples import NOW, TERMS, a_trip, body


class Bus:
    """`Publisher` whose first call fails at one entry: it is not put, or it is put and its answer says otherwise."""

    def __init__(self, entry: int, *, put: bool) -> None:
        self.entry: int | None = entry
        self.put = put
        self.facts: Counter[str] = Counter()

    def publish(self, facts: Sequence[Fact]) -> Sequence[Exception | None]:
        failed, self.entry = self.entry, None
        put = [fact for number, fact in enumerate(facts) if number != failed or self.put]
        self.facts.update(fact.metadata.event_id for fact in put)
        return [Busy("ThrottlingException") if number == failed else None for number in range(len(facts))]


class NoDeadLetters:
    """Nothing here may be put aside."""

    def park(self, body: str, reason: str) -> None:
        raise AssertionError(f"{body} was put aside: {reason}")


@pytest.mark.parametrize("put", [False, True], ids=["not put", "its answer lost"])
@pytest.mark.parametrize(("size", "entry"), [(size, entry) for size in (1, 2, 10) for entry in range(size)])
def test_an_entry_that_fails_brings_back_its_own_message_alone(size: int, entry: int, put: bool) -> None:
    """Only that message is delivered again; then its fact is out too, and every room is held once."""
    ledger, bus = MemoryLedger(), Bus(entry, put=put)
    ports = Ports(ledger, bus, NoDeadLetters())
    bodies = [body("TripRequested", "travel.client", a_trip(tripId=f"trip-{n}")) for n in range(size)]

    def deliver(wanted: Sequence[str], attempt: int) -> list[Exception | None]:
        return drive([handle_booking(HOTEL, TERMS["hotel"], Delivery(it, NOW, attempt)) for it in wanted], ports)

    outcomes = deliver(bodies, 1)
    assert [number for number, failure in enumerate(outcomes) if failure] == [entry]
    assert deliver([bodies[entry]], 2) == [None]
    facts = {f"hotel:trip-{n}:BOOKED": 2 if put and n == entry else 1 for n in range(size)}
    assert bus.facts == facts
    assert {record.state for record in ledger.records.values()} == {State.BOOKED}
    assert {item.held for item in ledger.stock.values()} == {size}
