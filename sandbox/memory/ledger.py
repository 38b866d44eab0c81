"""`Ledger` and the stock desk in memory: what DynamoDB's conditions and transactions do, one call at a time."""

from collections.abc import Sequence
from threading import Lock

from msgspec.structs import replace

from shared.aws.stock import StockError
from shared.ports import Seen, Stale, Tripwire
from shared.saga.record import Claim, Record, Stock, StockKey


class MemoryLedger:
    """One participant's records and stock. Every call is atomic."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.stock: dict[StockKey, Stock] = {}
        self._lock = Lock()

    def look(self, trip_id: str, keys: Sequence[StockKey]) -> Seen:
        with self._lock:
            return Seen(self.records.get(trip_id), {key: self.stock[key] for key in keys if key in self.stock})

    def decide(self, record: Record) -> Record | Stale:
        with self._lock:
            if (standing := self.records.get(record.trip_id)) is not None:
                return standing
            short = tuple(claim.key for claim in record.claims if self._item(claim).available < claim.quantity)
            if short:
                return Stale(short)
            self._move(record.claims, taken=1)
            self.records[record.trip_id] = record
            return record

    def release(self, booked: Record, cancelled: Record) -> Record:
        with self._lock:
            standing = self.records.get(booked.trip_id)
            if standing is None:
                raise Tripwire("a record that was read is gone")
            if standing.state is not booked.state or standing.request_hash != booked.request_hash:
                return standing
            if any(self._item(claim).held < claim.quantity for claim in booked.claims):
                raise Tripwire(f"less is held than trip {booked.trip_id} claims")
            self._move(booked.claims, taken=-1)
            self.records[booked.trip_id] = cancelled
            return cancelled

    def set_capacity(self, key: StockKey, capacity: int) -> Stock:
        """List an item. Raises `StockError` if more than that is held."""
        with self._lock:
            held = self.stock[key].held if key in self.stock else 0
            if capacity < held:
                raise StockError(f"capacity = {capacity}: {held} of {key} are held; set at least {held}")
            self.stock[key] = Stock(capacity, capacity - held, held)
            return self.stock[key]

    def listed(self, item: str | None = None) -> list[tuple[StockKey, Stock]]:
        """What is listed of one item, or of all."""
        with self._lock:
            return [(key, stock) for key, stock in self.stock.items() if item in (None, key.item)]

    def _item(self, claim: Claim) -> Stock:
        return self.stock.get(claim.key, Stock(claim.unlisted, claim.unlisted))

    def _move(self, claims: Sequence[Claim], *, taken: int) -> None:
        for claim in claims:
            stock, quantity = self._item(claim), taken * claim.quantity
            self.stock[claim.key] = replace(stock, available=stock.available - quantity, held=stock.held + quantity)
