"""What would become of a message is told by the shipped core of its queue, and nothing is written by asking."""

import json
from copy import deepcopy
from typing import Any

import pytest
from msgspec.structs import replace

from infra.names import PLATFORM, QUARANTINE
from sandbox.memory.reality import MemoryReality
from sandbox.memory.world import MemoryWorld
from sandbox.operating.letters import Letter
from sandbox.operating.rehearsal import Fate, Prediction, Rehearsal
from sandbox.world import Inbox
from services.car.participant import CAR
from services.flight.participant import FLIGHT
from services.hotel.participant import HOTEL
from shared.saga.announcing import announcement
from shared.saga.participant import Participant
from shared.saga.record import Record, State
from tests.operating.given import envelope
from tests.saga.story import Story, Trip, cancelled, requested, settled, stock

WHO = {who.name: who for who in (HOTEL, FLIGHT, CAR)}


@pytest.fixture
def story() -> Story:
    """In memory: what is asked is a pure function."""
    return Story(MemoryWorld())


def fates(story: Story, inbox: str, *bodies: str) -> list[Prediction]:
    """What would become of these messages, one after the other; and nothing has changed."""
    world = story.world
    assert isinstance(world, MemoryWorld)
    before = state_of(world)
    prophet = Rehearsal(MemoryReality(world), world.now)
    service, role = inbox.split()
    found = [prophet.predict(Inbox(service, role), Letter(str(at), body)) for at, body in enumerate(bodies)]
    assert state_of(world) == before
    return found


def state_of(world: MemoryWorld) -> Any:
    """Everything that could have been written."""
    stores = {name: (ledger.records, ledger.stock) for name, ledger in world.ledgers.items()}
    log = (world.log._facts, world.log._summaries, world.log._rejections)
    return deepcopy((stores, log, world._queues, world._parked, world._events))


def told(who: Participant, record: Record, **changes: Any) -> str:
    """A record's fact, as a queue holds it."""
    fact = announcement(who, replace(record, **changes))
    return envelope(json.loads(fact.detail()), fact.detail_type, fact.source)


def booked(story: Story, name: str, trip: Trip | None = None) -> str:
    """What a participant announced when it booked."""
    record = story.world.books(name).records[(trip or story.trip)["tripId"]]
    return told(WHO[name], record, state=State.BOOKED, released=False, reason="")


def test_a_request_that_nobody_heard_will_apply_once(story: Story) -> None:
    """Of two copies the first would book, the second find it booked."""
    asked = envelope(story.trip)
    first, second = fates(story, "hotel book", asked, asked)
    assert first == (Fate.APPLIES, "books")
    assert second.fate is Fate.APPLIED


def test_the_last_room_is_taken_on_paper_too(story: Story) -> None:
    """Of two trips the second would be refused: messages are predicted in their order."""
    story.given(stock("hotel", 1))
    predictions = fates(story, "hotel book", envelope(story.trip), envelope(story.another()))
    assert [why.split(" ")[0] for _, why in predictions] == ["books", "refuses"]
    assert {fate for fate, _ in predictions} == {Fate.APPLIES}


def test_what_was_booked_is_applied_already_even_if_it_was_given_back(story: Story) -> None:
    """The booking's message did what it could."""
    story.when(requested(), settled())
    assert fates(story, "flight book", booked(story, "hotel"))[0].fate is Fate.APPLIED
    story.when(cancelled(), settled())
    ((fate, why),) = fates(story, "flight book", booked(story, "hotel"))
    assert (fate, why[:9]) == (Fate.APPLIED, "CANCELLED")


def test_a_booking_of_an_aborted_trip_is_refused(story: Story) -> None:
    """Flight's tombstone refuses it; car, the pivot, decided otherwise."""
    story.when(cancelled(), settled(), requested(), settled())
    tombstone = story.world.books("hotel").records[story.trip["tripId"]]
    assert not tombstone.released
    assert fates(story, "hotel book", envelope(story.trip))[0].fate is Fate.TOMBSTONE
    other = Story(MemoryWorld())
    other.when(requested(), settled())
    flights = booked(other, "flight").replace(other.trip["tripId"], story.trip["tripId"])
    assert fates(story, "car book", flights)[0].fate is Fate.DECIDED


def test_a_conflict_is_refused_by_another_decision(story: Story) -> None:
    story.when(requested(), settled())
    other = envelope({**story.trip, "car": "Fiat"})
    assert fates(story, "hotel book", other) == [(Fate.DECIDED, "another request has this trip id")]


def test_a_malformed_request_would_be_rejected_once(story: Story) -> None:
    """Until the observer has the rejection there is something left to do."""
    story.when(requested(checkIn="tomorrow"), settled())
    rejected = envelope({**story.trip, "tripId": "another", "checkIn": "tomorrow"})
    assert fates(story, "hotel book", rejected) == [(Fate.APPLIES, "is rejected (invalid)")]
    known = rejected.replace("an-event", story.requests[-1])
    assert fates(story, "hotel book", known) == [(Fate.APPLIED, "is rejected (invalid)")]


def test_what_is_unreadable_stays_poison(story: Story) -> None:
    """With the reason that its core would give."""
    version = envelope({"metadata": {"version": 2}}, "HotelBooked", "travel.hotel")
    for inbox in ("hotel book", "flight compensate", "trip observe", "orchestrator start"):
        junk, other = fates(story, inbox, "no event", version)
        assert (junk.fate, junk.why[:20]) == (Fate.POISON, "not readable as JSON")
        assert other.fate is Fate.POISON
    assert fates(story, "trip watch", "no event") == [(Fate.APPLIED, "there is nothing left to do")]


def test_an_undo_that_waits_will_apply(story: Story) -> None:
    """What is booked is given back; where nothing is yet, a tombstone comes."""
    story.when(requested(), settled())
    record = story.world.books("car").records[story.trip["tripId"]]
    undone = told(CAR, record, state=State.CANCELLED, released=True, reason="cancelled")
    first, second = fates(story, "hotel compensate", undone, undone)
    assert first == (Fate.APPLIES, "gives its booking back (car_cancelled)")
    assert second.fate is Fate.APPLIED
    unknown = undone.replace(story.trip["tripId"], "never-heard-of")
    assert fates(story, "hotel compensate", unknown) == [(Fate.APPLIES, "leaves a tombstone (car_cancelled)")]


def test_a_deadline_never_undoes_a_commit(story: Story) -> None:
    story.when(requested(), settled())
    expired = told(CAR, story.world.books("car").records[story.trip["tripId"]])
    event = json.loads(expired) | {"source": "travel.trip", "detail-type": "TripExpired"}
    event["detail"]["metadata"]["participant"] = "trip"
    ((fate, why),) = fates(story, "car compensate", json.dumps(event))
    assert (fate, "never undone by time" in why) == (Fate.DECIDED, True)


def test_tables_that_contradict_the_record_would_stop_it_again(story: Story) -> None:
    """The tripwire: less is held than the booking claims. It would be tried and parked again."""
    story.when(requested(), settled())
    record = story.world.books("car").records[story.trip["tripId"]]
    undone = told(CAR, record, state=State.CANCELLED, released=True, reason="cancelled")
    world = story.world
    assert isinstance(world, MemoryWorld)
    stock_of_hotel = world.ledgers["hotel"].stock
    kept = dict(stock_of_hotel)
    for key, item in kept.items():
        stock_of_hotel[key] = replace(item, held=0, available=item.capacity)
    ((fate, why),) = fates(story, "hotel compensate", undone)
    assert (fate, why[:9]) == (Fate.FAILS, "Tripwire:")


def test_a_fact_that_the_observer_lost_will_apply(story: Story) -> None:
    """What it has is known."""
    story.when(requested(), settled())
    assert fates(story, "trip observe", booked(story, "car"))[0].fate is Fate.APPLIED
    fresh = booked(story, "hotel").replace(story.trip["tripId"], "another")
    assert fates(story, "trip observe", fresh) == [(Fate.APPLIES, "keeps Booked of hotel, enters PENDING")]


def test_an_execution_would_be_started_once(story: Story) -> None:
    asked = envelope({**story.trip, "mode": "orchestration"})
    first, second = fates(story, "orchestrator start", asked, asked)
    assert first == (Fate.APPLIES, "starts an execution")
    assert second.fate is Fate.APPLIED


def test_out_of_the_quarantine_there_is_a_way_only_where_a_rule_leads(story: Story) -> None:
    """By the rules of today: a fact of a known type and sender has its readers; a misspelt one, or a forged one, has none."""
    story.when(requested(), settled())
    heard = booked(story, "hotel")
    prophet = Rehearsal(MemoryReality(story.world), story.world.now)  # type: ignore[arg-type]
    quarantine = Inbox(PLATFORM, QUARANTINE)
    assert prophet.destinations(quarantine, Letter("", heard)) == [("flight", "book"), ("trip", "observe")]
    assert fates(story, f"{PLATFORM} {QUARANTINE}", heard)[0].fate is Fate.APPLIED
    for lost in (heard.replace("HotelBooked", "HotelBoked"), heard.replace("travel.hotel", "travel.car"), "no event"):
        assert fates(story, f"{PLATFORM} {QUARANTINE}", lost) == [
            (Fate.POISON, "no rule of this stage brings it to a service")
        ]


@pytest.mark.parametrize("body", ["", "[]", "7", "null", '{"detail": 7}', envelope(7), envelope({"metadata": 7})])
def test_any_message_is_shown_without_its_content(body: str) -> None:
    """A letter is read leniently: it has a description, and at most a trip's id."""
    letter = Letter("id", body)
    assert letter.trip_id is None
    assert letter.what in (f"no event ({len(body)} characters)", "TripRequested from travel.client")
