"""`Ledger` and the stock desk: one suite for the fake, for DynamoDB as moto has it, and for the local engine."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace

from shared.aws.stock import StockError
from shared.message import Mode
from shared.ports import Busy, Stale, Tripwire
from shared.saga.record import Claim, Record, State, Stock, StockKey
from tests.ports.conftest import Bookkeeping
from tests.samples import NOW, a_trip, booked, cancelled, failed, tombstone

T = TypeVar("T")

MON, TUE = StockKey("holiday inn", "2017-07-10"), StockKey("holiday inn", "2017-07-11")


def claims(*keys: StockKey, quantity: int = 1, unlisted: int = 10) -> tuple[Claim, ...]:
    return tuple(Claim(key.item, key.unit, quantity, unlisted) for key in keys)


def shelf(books: Bookkeeping, *keys: StockKey) -> dict[StockKey, Stock]:
    return dict(books.ledger.look("nobody", keys).shelf)


def record(books: Bookkeeping, trip_id: str = "trip-1") -> Record | None:
    return books.ledger.look(trip_id, ()).record


def undone(standing: Record) -> Record:
    return replace(standing, state=State.CANCELLED, released=True, reason="flight_full", cause="event-2")


class TestLooking:
    """A strongly consistent look at a record and some stock."""

    def test_what_nobody_has_written_is_not_there(self, bookkeeping: Bookkeeping) -> None:
        """No record, and no key on the shelf."""
        assert bookkeeping.ledger.look("trip-1", (MON, TUE)) == (None, {})

    def test_what_is_written_is_seen_at_once(self, bookkeeping: Bookkeeping) -> None:
        """Record and stock, in one look; of the keys asked for only."""
        bookkeeping.ledger.decide(booked())
        assert bookkeeping.ledger.look("trip-1", (MON,)) == (booked(), {MON: Stock(10, 9, 1)})

    def test_more_keys_than_one_call_takes_are_all_seen(self, bookkeeping: Bookkeeping) -> None:
        """A fleet of five for sixty days is 300 items; BatchGetItem takes 100."""
        keys = [StockKey(f"VOLVO-{n}", f"2017-07-{day:02}") for n in range(10) for day in range(1, 31)]
        for key in keys[::37]:
            bookkeeping.desk.set_capacity(key, 1)
        bookkeeping.ledger.decide(booked())
        seen = bookkeeping.ledger.look("trip-1", keys)
        assert seen.record == booked()
        assert seen.shelf == {key: Stock(1, 1, 0) for key in keys[::37]}


class TestDeciding:
    """A first decision, with its claims, in one transaction."""

    @pytest.mark.parametrize("first", [booked(), failed(), tombstone(), tombstone(request_hash=None)])
    def test_the_first_decision_stands_and_reads_back_as_it_was(self, bookkeeping: Bookkeeping, first: Record) -> None:
        """Whatever it is."""
        assert bookkeeping.ledger.decide(first) == first
        assert record(bookkeeping) == first

    @pytest.mark.parametrize("first", [booked(), failed(), tombstone()])
    @pytest.mark.parametrize("second", [booked(cause="event-2"), failed(cause="event-2"), tombstone(cause="event-2")])
    def test_a_second_decision_changes_nothing_and_is_answered_with_the_first(
        self, bookkeeping: Bookkeeping, first: Record, second: Record
    ) -> None:
        """Records only move up; stock is taken once."""
        bookkeeping.ledger.decide(first)
        before = shelf(bookkeeping, MON, TUE)
        assert bookkeeping.ledger.decide(second) == first
        assert record(bookkeeping) == first
        assert shelf(bookkeeping, MON, TUE) == before

    def test_stock_that_nobody_listed_comes_into_being_with_its_first_claim(self, bookkeeping: Bookkeeping) -> None:
        """At the capacity that the claim tells; the next claim's own default does not change it."""
        bookkeeping.ledger.decide(booked("t1", claims(MON, unlisted=10)))
        bookkeeping.ledger.decide(booked("t2", claims(MON, quantity=3, unlisted=99)))
        assert shelf(bookkeeping, MON) == {MON: Stock(10, 6, 4)}

    def test_listed_stock_is_exact(self, bookkeeping: Bookkeeping) -> None:
        """Whatever the default would be."""
        bookkeeping.desk.set_capacity(MON, 1)
        bookkeeping.ledger.decide(booked("t1", claims(MON, unlisted=10)))
        assert bookkeeping.ledger.decide(booked("t2", claims(MON, unlisted=10))) == Stale((MON,))
        assert shelf(bookkeeping, MON) == {MON: Stock(1, 0, 1)}

    @pytest.mark.parametrize(("quantity", "unlisted"), [(1, 0), (3, 2)])
    def test_an_unlisted_item_cannot_give_more_than_its_default(
        self, bookkeeping: Bookkeeping, quantity: int, unlisted: int
    ) -> None:
        """And does not come into being by the attempt."""
        wanted = booked(claims=claims(MON, quantity=quantity, unlisted=unlisted))
        assert bookkeeping.ledger.decide(wanted) == Stale((MON,))
        assert bookkeeping.ledger.look("trip-1", (MON,)) == (None, {})

    def test_all_nights_or_none(self, bookkeeping: Bookkeeping) -> None:
        """One full night: no record, no other night taken; the answer names the full one."""
        bookkeeping.desk.set_capacity(TUE, 0)
        assert bookkeeping.ledger.decide(booked()) == Stale((TUE,))
        assert bookkeeping.ledger.look("trip-1", (MON, TUE)) == (None, {TUE: Stock(0, 0, 0)})

    def test_every_night_that_is_full_is_named(self, bookkeeping: Bookkeeping) -> None:
        """So that the next plan can avoid them all."""
        for night in (MON, TUE):
            bookkeeping.desk.set_capacity(night, 0)
        assert bookkeeping.ledger.decide(booked()) == Stale((MON, TUE))

    def test_a_duplicate_of_the_trip_that_took_the_last_room_finds_its_own_record(
        self, bookkeeping: Bookkeeping
    ) -> None:
        """Record and stock refuse at once: the record speaks first."""
        for night in (MON, TUE):
            bookkeeping.desk.set_capacity(night, 1)
        assert bookkeeping.ledger.decide(booked()) == booked()
        assert bookkeeping.ledger.decide(booked()) == booked()
        assert bookkeeping.ledger.decide(booked("another")) == Stale((MON, TUE))

    def test_sixty_nights_fit_into_one_transaction(self, bookkeeping: Bookkeeping) -> None:
        """The longest stay; given back at once too."""
        nights = [StockKey("h", (date(2017, 1, 1) + timedelta(days=n)).isoformat()) for n in range(60)]
        stay = booked(claims=claims(*nights))
        assert bookkeeping.ledger.decide(stay) == stay
        assert shelf(bookkeeping, *nights) == {night: Stock(10, 9, 1) for night in nights}
        bookkeeping.ledger.release(stay, undone(stay))
        assert shelf(bookkeeping, *nights) == {night: Stock(10, 10, 0) for night in nights}


class TestReleasing:
    """A booking is cancelled, and gives back what it claims, in one transaction."""

    def test_a_release_gives_back_exactly_once(self, bookkeeping: Bookkeeping) -> None:
        """The second finds it cancelled, by the first."""
        bookkeeping.ledger.decide(booked())
        assert bookkeeping.ledger.release(booked(), undone(booked())) == undone(booked())
        late = replace(undone(booked()), cause="event-9")
        assert bookkeeping.ledger.release(booked(), late) == undone(booked())
        assert record(bookkeeping) == undone(booked())
        assert shelf(bookkeeping, MON, TUE) == {MON: Stock(10, 10, 0), TUE: Stock(10, 10, 0)}

    @pytest.mark.parametrize("standing", [failed(), tombstone(), cancelled(), booked(request_hash="another")])
    def test_what_is_not_this_booking_is_answered_and_left_alone(
        self, bookkeeping: Bookkeeping, standing: Record
    ) -> None:
        """Another state, or another request under the same trip id."""
        bookkeeping.ledger.decide(booked("other", claims(MON, TUE)))
        bookkeeping.ledger.decide(standing)
        before = shelf(bookkeeping, MON, TUE)
        assert bookkeeping.ledger.release(booked(), undone(booked())) == standing
        assert record(bookkeeping) == standing
        assert shelf(bookkeeping, MON, TUE) == before

    def test_a_record_that_is_gone_trips_the_wire(self, bookkeeping: Bookkeeping) -> None:
        """Records are never deleted: stop and alarm."""
        with pytest.raises(Tripwire):
            bookkeeping.ledger.release(booked(), undone(booked()))
        assert record(bookkeeping) is None

    def test_less_held_than_claimed_trips_the_wire_and_changes_nothing(self, bookkeeping: Bookkeeping) -> None:
        """Not even the night that could be given back."""
        bookkeeping.ledger.decide(booked(claims=claims(MON)))
        bookkeeping.desk.set_capacity(TUE, 5)
        with pytest.raises(Tripwire, match="less is held than trip trip-1 claims"):
            bookkeeping.ledger.release(booked(claims=claims(MON, TUE)), undone(booked(claims=claims(MON, TUE))))
        assert record(bookkeeping) == booked(claims=claims(MON))
        assert shelf(bookkeeping, MON, TUE) == {MON: Stock(10, 9, 1), TUE: Stock(5, 5, 0)}

    def test_a_trip_can_be_booked_no_more_after_its_release(self, bookkeeping: Bookkeeping) -> None:
        """A late booking loses against its own cancel."""
        bookkeeping.ledger.decide(booked())
        bookkeeping.ledger.release(booked(), undone(booked()))
        assert bookkeeping.ledger.decide(booked(cause="late")) == undone(booked())
        assert shelf(bookkeeping, MON) == {MON: Stock(10, 10, 0)}


ODD = [
    "🏨 Zum 🦄 𠜎",
    "<script>alert('x')</script>",
    "'; DROP TABLE trips; --",
    "${jndi:ldap://x}",
    "%s {0} {{x}}",
    'a"b\\c',
    "STOCK#TRIP#/../",
    "x" * 100,
]


class TestKeeping:
    """What is kept comes back as it was."""

    @pytest.mark.parametrize("name", ODD)
    def test_names_are_kept_letter_by_letter(self, bookkeeping: Bookkeeping, name: str) -> None:
        """In keys, claims, trips, details and messages."""
        key = StockKey(name, name)
        odd = booked(
            claims=claims(key), trip=a_trip(hotel=name), details={name: [name]}, message=name, reason=name, cause=name
        )
        assert bookkeeping.ledger.decide(odd) == odd
        assert bookkeeping.ledger.look("trip-1", (key,)) == (odd, {key: Stock(10, 9, 1)})

    def test_a_part_of_the_trip_that_passes_through_may_hold_anything(self, bookkeeping: Bookkeeping) -> None:
        """Floats, nulls, empty text and numbers beyond DynamoDB's 38 digits."""
        part = {"price": 0.1 + 0.2, "tiny": 5e-324, "big": 10**60, "none": None, "empty": "", "list": [[], {}, True]}
        odd = booked(trip=a_trip(tour=part), decided_at=NOW + timedelta(microseconds=1), mode=Mode.ORCHESTRATION)
        bookkeeping.ledger.decide(odd)
        assert record(bookkeeping) == odd

    def test_trips_are_kept_apart(self, bookkeeping: Bookkeeping) -> None:
        """Also those whose ids begin alike."""
        for trip_id in ("t", "t-1", "T", "_"):
            bookkeeping.ledger.decide(booked(trip_id))
        assert record(bookkeeping, "t") == booked("t")
        assert record(bookkeeping, "T") == booked("T")
        assert record(bookkeeping, "t-") is None


class TestTheStockDesk:
    """Listing capacities, and seeing what is free and held."""

    def test_listing_keeps_what_is_held(self, bookkeeping: Bookkeeping) -> None:
        """Capacity changes around the bookings."""
        bookkeeping.ledger.decide(booked(claims=claims(MON, quantity=3)))
        assert bookkeeping.desk.set_capacity(MON, 5) == Stock(5, 2, 3)
        assert bookkeeping.desk.set_capacity(MON, 3) == Stock(3, 0, 3)
        assert shelf(bookkeeping, MON) == {MON: Stock(3, 0, 3)}

    def test_less_than_is_held_cannot_be_listed(self, bookkeeping: Bookkeeping) -> None:
        """The answer says how much is held."""
        bookkeeping.ledger.decide(booked(claims=claims(MON, quantity=3)))
        with pytest.raises(StockError, match=r"capacity = 2: 3 of holiday inn / 2017-07-10 are held; set at least 3"):
            bookkeeping.desk.set_capacity(MON, 2)
        assert shelf(bookkeeping, MON) == {MON: Stock(10, 7, 3)}

    def test_what_is_listed_can_be_seen_item_by_item_or_all(self, bookkeeping: Bookkeeping) -> None:
        """Records are no stock."""
        bookkeeping.ledger.decide(booked())
        bookkeeping.desk.set_capacity(StockKey("ritz", "2017-07-10"), 2)
        assert dict(bookkeeping.desk.listed("ritz")) == {StockKey("ritz", "2017-07-10"): Stock(2, 2, 0)}
        assert dict(bookkeeping.desk.listed("nowhere")) == {}
        assert set(dict(bookkeeping.desk.listed())) == {MON, TUE, StockKey("ritz", "2017-07-10")}


def side_by_side(count: int, work: Callable[[int], T]) -> Sequence[T]:
    """The same work by so many threads at once."""
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(work, range(count)))


def patiently(work: Callable[[], T]) -> T:
    """As a redelivery would: again while the table is busy."""
    while True:
        try:
            return work()
        except Busy:
            continue


class TestManyAtOnce:
    """Exact to the unit, whoever comes first."""

    def test_fifty_for_twenty_places_exactly_twenty_get_one(self, busy_bookkeeping: Bookkeeping) -> None:
        """On two nights each, and the others get nothing."""
        books = busy_bookkeeping
        for night in (MON, TUE):
            books.desk.set_capacity(night, 20)
        answers = side_by_side(50, lambda n: patiently(lambda: books.ledger.decide(booked(f"t{n}"))))
        assert Counter(map(type, answers)) == {Record: 20, Stale: 30}
        assert shelf(books, MON, TUE) == {MON: Stock(20, 0, 20), TUE: Stock(20, 0, 20)}
        assert sum(record(books, f"t{n}") is not None for n in range(50)) == 20

    def test_one_trip_by_twenty_workers_is_decided_once(self, busy_bookkeeping: Bookkeeping) -> None:
        """All answer the same record, be it booked or cancelled."""
        books = busy_bookkeeping
        words: list[Callable[[int], Record]] = [lambda n: booked(cause=f"b{n}"), lambda n: tombstone(cause=f"c{n}")]
        answers = side_by_side(20, lambda n: patiently(lambda: books.ledger.decide(words[n % 2](n))))
        assert all(answer == answers[0] for answer in answers)
        standing = record(books)
        assert standing == answers[0]
        held = 1 if standing is not None and standing.state is State.BOOKED else 0
        assert sum(stock.held for stock in shelf(books, MON).values()) == held

    def test_twenty_releases_give_back_once(self, busy_bookkeeping: Bookkeeping) -> None:
        """However many workers were told."""
        books = busy_bookkeeping
        books.ledger.decide(booked())
        side_by_side(20, lambda _: patiently(lambda: books.ledger.release(booked(), undone(booked()))))
        assert shelf(books, MON, TUE) == {MON: Stock(10, 10, 0), TUE: Stock(10, 10, 0)}

    def test_listing_while_trips_are_booked_loses_no_unit(self, busy_bookkeeping: Bookkeeping) -> None:
        """Capacity is available plus held, at every moment that counts."""
        books = busy_bookkeeping
        books.desk.set_capacity(MON, 30)

        def work(n: int) -> Any:
            if n % 4 == 0:
                return patiently(lambda: books.desk.set_capacity(MON, 30 + n))
            return patiently(lambda: books.ledger.decide(booked(f"t{n}", claims(MON))))

        side_by_side(20, work)
        stock = shelf(books, MON)[MON]
        assert stock.held == 15
        assert stock.available + stock.held == stock.capacity
