"""One suite for the dossiers in memory, on moto and on the local engine; and for the ledger that lies in them."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace

from sandbox.memory.dossiers import MemoryDossiers
from shared.aws.dossiers import DynamoDossiers
from shared.ports import Busy, Tripwire
from shared.saga.dossier import Dossier, DossierLedger, Dossiers, Standing, entered, finished
from shared.saga.participant import Participant
from shared.saga.record import Record, State
from tests.ports.conftest import Aws
from tests.samples import PARTICIPANTS, booked, cancelled, failed, tombstone

HOTEL, FLIGHT, CAR = PARTICIPANTS.values()


@pytest.fixture(params=("memory", "moto", "local"))
def dossiers(request: pytest.FixtureRequest) -> Iterator[Dossiers]:
    """Each kind in turn, empty."""
    if request.param == "memory":
        yield MemoryDossiers()
        return
    where: Aws = request.getfixturevalue("moto") if request.param == "moto" else engine_of(request)
    yield DynamoDossiers(where.client("dynamodb"), where.table("hotel"))


def engine_of(request: pytest.FixtureRequest) -> Aws:
    """The local engine."""
    return Aws("local", request.getfixturevalue("local"))


def ledger(dossiers: Dossiers, who: Participant = HOTEL) -> DossierLedger:
    return DossierLedger(dossiers, who)


def standing(dossiers: Dossiers) -> Dossier:
    found = dossiers.read("trip-1")
    assert found is not None
    return found


class TestDossiers:
    """What stands is replaced by the version that follows it, and by no other."""

    def test_what_is_written_reads_back(self, dossiers: Dossiers) -> None:
        """Records, steps, status, version."""
        first = entered(Dossier(trip_id="trip-1"), HOTEL, booked())
        assert dossiers.replace(first)
        assert dossiers.read("trip-1") == first
        assert dossiers.read("trip-2") is None

    def test_a_first_write_happens_once(self, dossiers: Dossiers) -> None:
        """Two that both saw nothing: the later one is told."""
        first = entered(Dossier(trip_id="trip-1"), HOTEL, booked())
        assert [dossiers.replace(first), dossiers.replace(first)] == [True, False]

    def test_a_write_on_an_old_version_changes_nothing(self, dossiers: Dossiers) -> None:
        """Somebody's write came between."""
        first = entered(Dossier(trip_id="trip-1"), HOTEL, booked())
        second = finished(first)
        assert [dossiers.replace(each) for each in (first, second, second, first)] == [True, True, False, False]
        assert dossiers.read("trip-1") == second


class TestLedger:
    """A participant's records in a dossier keep the rules that its records anywhere keep."""

    def test_the_first_decision_stands(self, dossiers: Dossiers) -> None:
        """A later one is answered with it, and leaves no trace."""
        mine = ledger(dossiers)
        assert mine.decide(booked(claims=())) == booked(claims=())
        assert mine.decide(failed()) == booked(claims=())
        assert standing(dossiers).version == 1
        assert mine.look("trip-1", ()).record == booked(claims=())

    def test_a_cancelled_step_leaves_no_record_of_it(self, dossiers: Dossiers) -> None:
        """Only the decision, as a guard against repeats."""
        mine = ledger(dossiers)
        mine.decide(booked(claims=()))
        assert set(standing(dossiers).records) == {"hotel"}
        mine.release(booked(claims=()), cancelled(claims=()))
        found = standing(dossiers)
        assert (found.records, found.steps) == ({}, ("Start", "Hotel", "HotelRollback"))
        assert found.decisions["hotel"].state is State.CANCELLED
        assert found.status is Standing.ROLLED_BACK

    def test_a_release_repeated_is_one_entry(self, dossiers: Dossiers) -> None:
        """What stands is answered."""
        mine = ledger(dossiers)
        mine.decide(booked(claims=()))
        first = mine.release(booked(claims=()), cancelled(claims=()))
        assert mine.release(booked(claims=()), cancelled(claims=(), reason="again")) == first
        assert standing(dossiers).steps.count("HotelRollback") == 1

    def test_a_booking_of_another_request_is_left_alone(self, dossiers: Dossiers) -> None:
        """It is answered, as it stands."""
        mine, theirs = ledger(dossiers), booked(claims=(), request_hash="another")
        mine.decide(theirs)
        assert mine.release(booked(claims=()), cancelled(claims=())) == theirs

    def test_a_release_of_what_is_not_there_is_a_tripwire(self, dossiers: Dossiers) -> None:
        """A record never goes away."""
        with pytest.raises(Tripwire):
            ledger(dossiers).release(booked(claims=()), cancelled(claims=()))

    def test_a_tombstone_is_no_step(self, dossiers: Dossiers) -> None:
        """Nothing was done, and a booking that comes later loses."""
        mine = ledger(dossiers)
        mine.decide(tombstone())
        assert mine.decide(booked(claims=())).state is State.CANCELLED
        assert standing(dossiers).steps == ()

    def test_finishing_twice_is_one_entry(self, dossiers: Dossiers) -> None:
        """The pivot announces its booking as often as it is asked."""
        mine = ledger(dossiers, CAR)
        record = mine.decide(booked(claims=()))
        mine.finish(record)
        mine.finish(record)
        assert standing(dossiers).steps == ("Start", "Car", "Finish")
        assert standing(dossiers).status is Standing.COMMITTED

    def test_participants_at_once_lose_no_decision(self, dossiers: Dossiers) -> None:
        """Each write that another's came between is made anew."""

        def decide(who: Participant) -> Record:
            return ledger(dossiers, who).decide(booked(claims=()))

        with ThreadPoolExecutor(3) as pool:
            list(pool.map(decide, PARTICIPANTS.values()))
        found = standing(dossiers)
        assert (set(found.decisions), found.version) == (set(PARTICIPANTS), 3)
        assert sorted(found.steps[1:]) == ["Car", "Flight", "Hotel"]


@dataclass
class Contended:
    """Dossiers in which another participant's write comes before each of the first ones."""

    others: Sequence[Dossier]
    all: MemoryDossiers = field(default_factory=MemoryDossiers)
    writes: int = 0

    def read(self, trip_id: str) -> Dossier | None:
        return self.all.read(trip_id)

    def replace(self, dossier: Dossier) -> bool:
        if self.writes < len(self.others):
            assert self.all.replace(self.others[self.writes])
        self.writes += 1
        return self.all.replace(dossier)


def test_a_write_that_never_comes_through_is_busy() -> None:
    """The message is delivered again; nothing was written."""
    empty = Dossier(trip_id="trip-1")
    contended = Contended([replace(empty, version=number) for number in range(1, 100)])
    with pytest.raises(Busy):
        ledger(contended).decide(booked(claims=()))
    assert standing(contended).decisions == {}


def test_a_write_that_loses_a_race_is_made_anew() -> None:
    """And what the other one wrote is kept."""
    others = [entered(Dossier(trip_id="trip-1"), FLIGHT, booked(claims=()))]
    contended = Contended(others)
    ledger(contended).decide(booked(claims=()))
    assert standing(contended).steps == ("Start", "Flight", "Hotel")
