"""The observer: what it keeps, when it speaks up, and how it holds its tongue."""

import json
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from services.trip.observer import observe, remind, watch
from shared.message import Metadata, Unreadable
from shared.observer.effects import Enter, FindDue, Note, NoteRejection, Recall
from shared.observer.standing import (
    BACK_OFF,
    LONGEST_BACK_OFF,
    NO_DEADLINE,
    PATIENCE,
    Known,
    Summary,
    assess,
    cancel_overdue,
    expired,
    lateness,
    nudged,
    tells_nothing_new,
)
from shared.ports import Busy
from shared.saga.effects import Announce
from shared.saga.timeline import Facts, Noted, Status
from tests.samples import DEADLINE, LEGS, NOW, PARTICIPANTS, body, cancel_requested, fact, metadata, requested
from tests.unit.by_hand import Run, by_hand
from tests.unit.histories import HISTORIES, told
from tests.unit.test_compensation import REPEATED_CANCEL

CANCEL = told("client CancelRequested", 0)
ASKED = CANCEL.occurred_at


def facts(*noted: Noted) -> Facts:
    return Facts(noted, LEGS)


def summary(*noted: Noted, before: Summary | None = None) -> Summary:
    return assess(facts(*noted), before)


class TestAssessing:
    """From facts to the summary, and what it waits for."""

    def test_an_open_trip_is_due_at_its_deadline(self) -> None:
        """As participants tell it."""
        found = summary(told("hotel Booked", 0))
        assert (found.status, found.open, found.due, found.deadline) == (Status.PENDING, True, DEADLINE, DEADLINE)

    def test_what_has_begun_and_is_not_heard_of_again_is_due_at_its_deadline(self) -> None:
        """The orchestrator tells it, when nobody else has."""
        found = summary(told("orchestrator Started", 0))
        assert (found.status, found.open, found.due, found.requested_at) == (Status.PENDING, True, DEADLINE, NOW)

    def test_the_beginning_of_another_requests_execution_moves_no_deadline(self) -> None:
        """A conflict is found by the first leg, after the execution was started: its trip is the participants'."""
        early = NOW - timedelta(hours=1)
        other = replace(told("orchestrator Started", 0), deadline=early, requested_at=early, request_hash="another")
        mine = replace(told("hotel Booked", 1), request_hash="mine")
        found = summary(other, mine)
        assert (found.due, found.deadline, found.requested_at) == (DEADLINE, DEADLINE, NOW)
        assert facts(other, mine).request_hash == "mine"

    def test_a_beginning_is_never_the_end(self) -> None:
        """Its time has a resolution of a second, and may lie behind the facts that follow it."""
        late = replace(told("orchestrator Started", 0), occurred_at=NOW + timedelta(hours=1))
        failed = told("hotel BookingFailed hotel_full", 3)
        assert summary(late, failed).due == failed.occurred_at

    def test_a_trip_without_a_known_deadline_gets_one(self) -> None:
        """Of which only a cancel was heard."""
        found = summary(replace(told("hotel Cancelled tombstone", 3), deadline=None))
        assert found.due == NOW + timedelta(seconds=4) + NO_DEADLINE

    def test_an_ended_trip_is_closed_at_its_last_fact(self) -> None:
        """Nothing is waited for any more."""
        noted = HISTORIES["flight refuses"].noted
        found = summary(*noted)
        assert (found.status, found.open, found.due) == (Status.FAILED, False, noted[-1].occurred_at)
        assert (found.reason, found.seen) == ("flight_full", 3)

    def test_a_cancel_without_an_answer_keeps_even_a_confirmed_trip_open(self) -> None:
        """It is looked at again once patience is over."""
        found = summary(CANCEL, told("car Booked", 5))
        assert (found.status, found.open, found.due) == (Status.CONFIRMED, True, ASKED + PATIENCE)

    def test_the_earlier_of_deadline_and_patience_is_due(self) -> None:
        """Whichever comes first."""
        late = told("client CancelRequested", 290)
        assert summary(told("hotel Booked", 0), CANCEL).due == ASKED + PATIENCE
        assert summary(told("hotel Booked", 0), late).due == DEADLINE

    def test_what_the_observer_did_so_far_is_taken_over(self) -> None:
        """The outcome it announced, its nudges, its silence."""
        before = replace(nudged(summary(told("hotel Booked", 0)), NOW), announced=Status.CONFIRMED)
        found = summary(told("hotel Booked", 0), told("flight Booked", 1), before=before)
        assert (found.announced, found.nudges, found.not_before) == (Status.CONFIRMED, 1, NOW + BACK_OFF)

    def test_a_pending_trip_that_stays_pending_costs_no_write(self) -> None:
        """Only PENDING may be left with too low a count: no later set of facts leads back to it."""
        one, two = summary(told("hotel Booked", 0)), summary(told("hotel Booked", 0), told("flight Booked", 1))
        assert tells_nothing_new(two, one)
        assert tells_nothing_new(one, one)
        assert not tells_nothing_new(one, None)
        assert not tells_nothing_new(summary(*HISTORIES["goes well"].noted), two)
        assert not tells_nothing_new(summary(told("hotel Booked", 0), CANCEL), one)
        noted = HISTORIES["car refuses"].noted
        assert not tells_nothing_new(summary(*noted[:4]), summary(*noted[:3]))


class TestSpeakingUp:
    """TripExpired past the deadline, the repeated cancel past patience; twice as seldom each time."""

    @pytest.mark.parametrize(("late", "says"), [(-1, False), (0, True), (3600, True)])
    def test_an_open_outcome_past_the_deadline_is_expired(self, late: int, says: bool) -> None:
        """Not a second before."""
        noted = told("hotel Booked", 0)
        assert expired(facts(noted), summary(noted), DEADLINE + timedelta(seconds=late)) is says

    def test_an_ended_trip_never_expires(self) -> None:
        """A commit is not undone by time, and nobody is bothered."""
        noted = HISTORIES["goes well"].noted
        assert not expired(facts(*noted), summary(*noted), DEADLINE + timedelta(days=30))

    @pytest.mark.parametrize(("after", "says"), [(29, False), (30, True), (300, True)])
    def test_a_cancel_is_repeated_after_patience(self, after: int, says: bool) -> None:
        """While the pivot's answer was not seen."""
        assert cancel_overdue(facts(CANCEL), summary(CANCEL), ASKED + timedelta(seconds=after)) is says

    def test_an_answered_cancel_is_not_repeated(self) -> None:
        """Whatever is still to be compensated."""
        noted = (CANCEL, told("car BookingFailed cancelled", 1))
        assert not cancel_overdue(facts(*noted), summary(*noted), ASKED + timedelta(hours=1))

    def test_the_observer_backs_off_but_never_gives_up(self) -> None:
        """30 s, 1 min, 2 min, … an hour, and an hour each time after."""
        standing, pauses = summary(told("hotel Booked", 0)), []
        for _ in range(40):
            standing = nudged(standing, NOW)
            assert standing.not_before is not None
            pauses.append(standing.not_before - NOW)
        assert pauses[:4] == [BACK_OFF, BACK_OFF * 2, BACK_OFF * 4, BACK_OFF * 8]
        assert pauses[7:] == [LONGEST_BACK_OFF] * 33

    def test_nothing_is_said_while_backing_off(self) -> None:
        """Neither about the deadline nor about the cancel."""
        noted = (CANCEL, told("hotel Booked", 1))
        silent = nudged(summary(*noted), DEADLINE)
        for rule in (expired, cancel_overdue):
            assert not rule(facts(*noted), silent, DEADLINE + BACK_OFF - timedelta(seconds=1))
            assert rule(facts(*noted), silent, DEADLINE + BACK_OFF)

    def test_lateness_is_that_of_the_latest_open_trip(self) -> None:
        """What the alarm by age looks at; an ended trip with an open cancel is not late."""
        late = summary(told("hotel Booked", 0))
        latest = replace(late, deadline=DEADLINE - timedelta(minutes=5))
        ended = replace(latest, status=Status.CONFIRMED, deadline=NOW - timedelta(days=9))
        assert lateness([late, latest, ended], DEADLINE + timedelta(minutes=1)) == timedelta(minutes=6)
        assert lateness([], NOW) == timedelta(0)
        assert lateness([late], NOW) == timedelta(0)


def observing(message: str) -> Run:
    """Handle a message of a trip of which nothing was known before."""
    return by_hand(observe(LEGS, "travel.client", message), {Note: lambda effect: Known((effect.fact,), None)})


def entered(run: Run) -> list[Summary]:
    return [effect.summary for effect in run.effects if isinstance(effect, Enter)]


class TestObserving:
    """One message of the observe queue."""

    def test_a_fact_is_kept_and_the_summary_brought_up_to_date(self) -> None:
        """And nothing is announced while the outcome is open."""
        run = observing(fact("hotel", "Booked"))
        assert run.names == ["Note", "Enter"]
        assert entered(run)[0].status is Status.PENDING

    @pytest.mark.parametrize(
        ("name", "outcome"),
        [
            ("goes well", "TripConfirmed"),
            ("flight refuses", "TripFailed flight_full"),
            ("cancelled before the commit", "TripCancelled cancelled"),
        ],
    )
    def test_an_end_is_announced_before_it_is_marked_so(self, name: str, outcome: str) -> None:
        """Whichever fact completes the set, and from all that is known."""
        noted = HISTORIES[name].noted
        repeat = {"goes well": "car", "flight refuses": "flight", "cancelled before the commit": "car"}[name]
        part = "Booked" if name == "goes well" else "BookingFailed"
        run = by_hand(observe(LEGS, "travel.client", fact(repeat, part)), {Note: lambda _: Known(noted, None)})
        assert run.names == ["Note", "Announce", "Enter"]
        assert run.said == [outcome]
        (final,) = entered(run)
        assert final.announced is final.status

    def test_an_end_that_is_announced_is_not_announced_again(self) -> None:
        """A repeated fact costs a read, no more."""
        noted = HISTORIES["goes well"].noted
        standing = replace(summary(*noted), announced=Status.CONFIRMED)
        run = by_hand(observe(LEGS, "travel.client", fact("car", "Booked")), {Note: lambda _: Known(noted, standing)})
        assert run.names == ["Note"]

    def test_an_end_that_could_not_be_announced_is_tried_again(self) -> None:
        """The summary says so only once it is on the bus."""
        noted = HISTORIES["goes well"].noted
        run = by_hand(
            observe(LEGS, "travel.client", fact("car", "Booked")),
            {Note: lambda _: Known(noted, None), Announce: lambda _: Busy("throttled")},
        )
        assert isinstance(run.failure, Busy)
        assert not entered(run)

    def test_a_cancel_after_the_commit_announces_the_new_end(self) -> None:
        """CONFIRMED was announced; CANCELLED follows."""
        noted = HISTORIES["cancelled after the commit"].noted
        before = replace(summary(*noted[:3]), announced=Status.CONFIRMED)
        run = by_hand(
            observe(LEGS, "travel.client", fact("hotel", "Cancelled")), {Note: lambda _: Known(noted, before)}
        )
        assert run.said == ["TripCancelled cancelled"]

    def test_an_outcome_names_the_trip_its_hash_and_its_last_fact(self) -> None:
        """With an event id that repeats are known by."""
        noted = tuple(replace(each, request_hash="hash") for each in HISTORIES["goes well"].noted)
        run = by_hand(observe(LEGS, "travel.client", fact("car", "Booked")), {Note: lambda _: Known(noted, None)})
        meta = run.announced[0].metadata
        assert isinstance(meta, Metadata)
        assert (meta.event_id, meta.causation_id) == ("trip:trip-1:CONFIRMED", noted[-1].event_id)
        assert (meta.request_hash, meta.participant, meta.deadline) == ("hash", "trip", DEADLINE)

    @pytest.mark.parametrize("message", [cancel_requested(), REPEATED_CANCEL], ids=["client", "its own repetition"])
    def test_a_cancel_is_one_note_a_trip_whoever_repeats_it(self, message: str) -> None:
        """Whoever cancels twice cancels once; its own reminder comes back to the observer and is no news."""
        run = observing(message)
        (note,) = [effect.fact for effect in run.effects if isinstance(effect, Note)]
        assert (note.event_id, note.participant, note.part) == ("client:trip-1:CANCEL", "client", "CancelRequested")
        assert not run.quarantined

    def test_a_rejection_is_kept_by_its_request_and_changes_no_status(self) -> None:
        """It is about one request, never about a trip."""
        detail = {
            "metadata": {**metadata("hotel", "REJECTED"), "eventId": "hotel:event-7:REJECTED"},
            "data": {
                "requestId": "event-7",
                "reason": "invalid",
                "problems": [{"field": "hotel", "value": '""', "cure": "send text"}],
            },
        }
        run = observing(body("TripRequestRejected", "travel.hotel", detail))
        assert run.names == ["NoteRejection"]
        (effect,) = run.effects
        assert isinstance(effect, NoteRejection)
        assert (effect.rejection.request_id, effect.rejection.problems[0].field) == ("event-7", "hotel")

    @pytest.mark.parametrize(
        ("message", "why"),
        [
            ("not json", "not readable as JSON"),
            (requested(), "metadata.version"),
            (cancel_requested("a/b"), "tripId: send 1 to 64"),
            (body("TripCancelRequested", "travel.hotel", {"tripId": "trip-1"}), "metadata.version"),
            (fact("hotel", "Booked", version=2), "this reader knows version 1"),
            (fact("hotel", "Booked", leg=20), "no fact of a known participant"),
            (fact("hotel", "Booked", participant="car"), "does not belong to source"),
            (body("CarBooked", "travel.hotel", {"metadata": metadata("hotel", "B")}), "no fact of a known participant"),
            (body("TourBooked", "travel.tour", {"metadata": metadata("tour", "B", leg=40)}), "no fact of a known"),
            (fact("hotel", "BookingFailed", {"reason": None}), "data: "),
            (body("TripRequestRejected", "travel.hotel", {"metadata": metadata("hotel", "R")}), "data: "),
            (body("HotelBookingFailed", "travel.hotel", {"metadata": metadata("hotel", "F")}), "data: "),
        ],
    )
    def test_what_cannot_be_a_fact_is_quarantined(self, message: str, why: str) -> None:
        """Nothing is kept of it."""
        run = observing(message)
        assert run.names == ["Quarantine"]
        assert why in run.quarantined[0]

    def test_what_can_never_be_kept_is_quarantined_too(self) -> None:
        """An event id beyond DynamoDB's key, for instance: not retried ten times."""
        run = by_hand(observe(LEGS, "travel.client", fact("hotel", "Booked")), {Note: lambda _: Unreadable("key")})
        assert run.names == ["Note", "Quarantine"]
        assert run.failure is None

    def test_facts_of_every_participant_are_known(self) -> None:
        """Each with every part."""
        for name in PARTICIPANTS:
            for part in ("Booked", "BookingFailed", "Cancelled", "CompensationDelayed", "CompensationParked"):
                assert observing(fact(name, part)).names[0] == "Note"


def reminding(now: datetime, *noted: Noted, standing: Summary | None = None) -> Run:
    known = Known(noted, standing or summary(*noted))
    return by_hand(remind(LEGS, "trip-1", now), {Recall: lambda _: known})


class TestReminding:
    """A trip that is due."""

    def test_past_the_deadline_the_pivot_is_told_to_decide(self) -> None:
        """And the nudge is written down after it was put."""
        run = reminding(DEADLINE, told("hotel Booked", 0))
        assert run.names == ["Recall", "Announce", "Enter"]
        assert run.said == ["TripExpired"]
        assert run.announced[0].metadata.event_id == "trip:trip-1:EXPIRED:1"
        assert json.loads(run.announced[0].detail())["data"] == {"nudge": 1}
        assert entered(run)[0].nudges == 1

    def test_a_cancel_past_patience_is_repeated(self) -> None:
        """With the trip's metadata."""
        run = reminding(ASKED + PATIENCE, CANCEL)
        assert run.said == ["TripCancelRequested"]
        assert run.announced[0].source == "travel.trip"
        assert run.announced[0].metadata.trip_id == "trip-1"

    def test_both_may_be_overdue_at_once(self) -> None:
        """One nudge for both."""
        run = reminding(DEADLINE, CANCEL, told("hotel Booked", 1))
        assert run.said == ["TripExpired", "TripCancelRequested"]
        assert [each.nudges for each in entered(run)] == [1]

    def test_a_reminder_that_could_not_be_put_is_not_counted(self) -> None:
        """It goes out at the next tick."""
        noted = told("hotel Booked", 0)
        run = by_hand(
            remind(LEGS, "trip-1", DEADLINE),
            {Recall: lambda _: Known((noted,), summary(noted)), Announce: lambda _: Busy("throttled")},
        )
        assert isinstance(run.failure, Busy)
        assert not entered(run)

    def test_a_trip_that_has_ended_meanwhile_is_only_brought_up_to_date(self) -> None:
        """The index lags; the log does not."""
        noted = HISTORIES["goes well"].noted
        run = reminding(DEADLINE, *noted, standing=summary(*noted[:2]))
        assert run.said == ["TripConfirmed"]
        assert not entered(run)[-1].open


def test_a_tick_looks_at_every_trip_that_is_due() -> None:
    """The most overdue first; one that needs no word costs a read."""
    first, second = told("hotel Booked", 0), replace(told("hotel Booked", 0), trip_id="trip-2")
    known = {"trip-1": Known((first,), summary(first)), "trip-2": Known((second,), nudged(summary(second), DEADLINE))}
    run = by_hand(
        watch(LEGS, DEADLINE),
        {
            FindDue: lambda _: [known["trip-1"].summary, known["trip-2"].summary],
            Recall: lambda effect: known[effect.trip_id],
        },
    )
    assert run.names == ["FindDue", "Recall", "Announce", "Enter", "Recall"]
    assert [told.metadata.trip_id for told in run.announced] == ["trip-1"]
    assert FindDue(NOW).touches() == frozenset()
    assert Recall("trip-1").touches() == {"trip-1"}
