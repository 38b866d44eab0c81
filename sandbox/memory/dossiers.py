"""Dossiers in memory, and the ledgers of those who share them."""

from collections.abc import Sequence
from threading import Lock

from sandbox.memory.ledger import MemoryLedger
from shared.ports import Seen
from shared.saga.dossier import Dossier, DossierLedger
from shared.saga.participant import Participant
from shared.saga.record import Record, StockKey


class MemoryDossiers:
    """`Dossiers`. Every call is atomic."""

    def __init__(self) -> None:
        self.all: dict[str, Dossier] = {}
        self._lock = Lock()

    def read(self, trip_id: str) -> Dossier | None:
        with self._lock:
            return self.all.get(trip_id)

    def replace(self, dossier: Dossier) -> bool:
        with self._lock:
            standing = self.all.get(dossier.trip_id)
            if dossier.version != (standing.version if standing else 0) + 1:
                return False
            self.all[dossier.trip_id] = dossier
            return True


class MemoryDossierLedger(MemoryLedger):
    """`Ledger` of one participant, whose records lie in the dossiers."""

    def __init__(self, dossiers: MemoryDossiers, who: Participant) -> None:
        super().__init__()
        self._ledger = DossierLedger(dossiers, who)

    def look(self, trip_id: str, keys: Sequence[StockKey]) -> Seen:
        return self._ledger.look(trip_id, keys)

    def decide(self, record: Record) -> Record:
        return self._noted(self._ledger.decide(record))

    def release(self, booked: Record, cancelled: Record) -> Record:
        return self._noted(self._ledger.release(booked, cancelled))

    def finish(self, record: Record) -> None:
        """Close the dossier, once."""
        self._ledger.finish(record)

    def _noted(self, standing: Record) -> Record:
        self.records[standing.trip_id] = standing
        return standing
