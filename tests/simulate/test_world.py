"""The system in virtual time: what AWS may do to it, one thing at a time."""

from random import Random

from infra.stages import named
from sandbox.modes import CHOREOGRAPHY
from sandbox.simulate.scenario import deal
from sandbox.simulate.weather import AnyPace, Fault, Weather
from sandbox.simulate.world import SimulatedWorld
from sandbox.world import Inbox
from shared.saga.timeline import Status
from tests.samples import a_trip

Story = list[tuple[float, str, str]]


class Once(Weather):
    """Fair, but for one fault at the first occasion that fits."""

    def __init__(self, fault: Fault, service: str = "") -> None:
        super().__init__(Random(0), frozenset())
        self.fault: Fault | None = fault
        self.service = service

    def strikes(self, fault: Fault, now: float) -> bool:
        return self._use(fault == self.fault)

    def at_effect(self, service: str, now: float) -> Fault | None:
        fault = self.fault
        return fault if self._use(fault is not None and service == self.service) else None

    def _use(self, fits: bool) -> bool:
        if fits:
            self.fault = None
        return fits


class Told:
    """A world in which nothing goes wrong but what the weather says, and its story."""

    def __init__(self, weather: Weather | None = None, seed: int = 1) -> None:
        self.story: Story = []
        self.chance = Chance(seed)
        self.world = SimulatedWorld(
            named("local"),
            self.chance,
            weather or Weather(Random(0), frozenset()),
            AnyPace(self.chance),
            lambda *it: self.story.append(it),
        )

    def put(self, trips: int = 1) -> None:
        for number in range(1, trips + 1):
            self.world.put(a_trip(tripId=f"trip-{number}"))

    def received(self, by: str, what: str) -> list[float]:
        """When a worker of this name received a message of this kind."""
        return [at for at, who, it in self.story if who.startswith(by) and it.startswith("receives") and what in it]

    def happened(self, words: str) -> list[str]:
        return [what for _, _, what in self.story if what.startswith(words)]

    @property
    def status(self) -> Status | None:
        summary = self.world.known("trip-1").summary
        return summary.status if summary else None


class Chance(Random):
    """Chance, in which a pause lasts twice as long as messages stay hidden."""

    def expovariate(self, lambd: float = 1.0) -> float:
        return 2.0


def test_a_worker_that_stands_still_is_overtaken_by_another() -> None:
    """Its message is delivered again while it still holds it; both end, and the trip is booked once."""
    told = Told(Once(Fault.SLOW, "hotel"))
    told.put()
    told.world.settle()
    first, second = told.received("hotel book", "TripRequested")
    assert second - first >= told.world.stage.visibility_seconds
    assert told.happened("stands still")
    assert len(told.received("flight book", "HotelBooked")) == 2
    assert [what for _, who, what in told.story if who.startswith("hotel") and "BOOKED of" in what and "done" in what]
    assert told.status is Status.CONFIRMED


def test_a_message_of_a_worker_that_died_comes_again_after_the_visibility_timeout() -> None:
    told = Told(Once(Fault.DIES_AFTER, "car"))
    told.put()
    told.world.settle()
    first, second = told.received("car book", "FlightBooked")
    assert told.happened("dies after")
    assert second - first >= told.world.stage.visibility_seconds
    assert told.status is Status.CONFIRMED


def test_an_event_that_cannot_be_delivered_waits_in_the_dead_letter_queue_until_it_is_redriven() -> None:
    told = Told(Once(Fault.LOST))
    told.put()
    told.world.settle()
    assert told.happened("gives up on hotel book")
    assert told.status is None
    told.world.redrive(Inbox("hotel", "book"))
    told.world.settle()
    assert told.world.parked_in == []
    assert told.status is Status.CONFIRMED


def test_the_observers_clock_ticks_until_every_outcome_is_closed() -> None:
    """A booking that flight never hears of: the deadline passes, the trip fails, the room is free."""
    told = Told()
    told.world.pause(Inbox("flight", "book"))
    told.put()
    told.world.enter(30, lambda: told.world.drop(Inbox("flight", "book")))
    told.world.settle()
    assert told.status is Status.FAILED
    assert told.world.agenda.now >= told.world.stage.deadline_seconds
    assert not any(stock.held for stock in told.world.books("hotel").stock.values())


def test_two_writes_on_one_item_collide_and_one_of_them_tries_again() -> None:
    """As DynamoDB's TransactionConflict: the later one to end is the one that is refused."""
    worlds = [Told(seed=seed) for seed in range(40)]
    for told in worlds:
        told.put(8)
        told.world.settle()
        assert not told.world.watchman.violations
    assert sum(len(told.happened("meets another transaction")) for told in worlds) > 10


def test_batches_hold_one_to_ten_messages_and_answer_one_by_one() -> None:
    """One of the batch is refused by the store; the others are done with."""
    told = Told(Once(Fault.BUSY, "hotel"))
    told.world.pause(Inbox("hotel", "book"))
    told.put(8)
    told.world.enter(60, lambda: told.world.resume(Inbox("hotel", "book")))
    told.world.settle()
    batches = [what for _, who, what in told.story if who.startswith("hotel book") and what.startswith("receives")]
    sizes = [what.count("TripRequested") for what in batches]
    assert max(sizes) > 1
    assert sum(sizes) == 9
    assert len(told.happened("gives back")) == 1


def test_scarce_places_and_cancels_are_dealt() -> None:
    """Trips are in each other's way as often as not."""
    dealt = [deal(Random(seed), (CHOREOGRAPHY,)) for seed in range(200)]
    assert any(it.scarce for it in dealt)
    assert {put.detail_type for it in dealt for put in it.puts} == {"TripRequested", "TripCancelRequested"}
    assert {len(it.trips) for it in dealt} == {1, 2, 3, 4}
