"""Who hears what, as the shipped patterns decide it."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from moto.events.models import EventPattern

from infra.catalog import CATALOG, OUTCOMES, Catalog, Participant
from infra.matching import heard_by, matches
from infra.rules import Rule, all_rules, participant_rules
from infra.stages import LOCAL, named
from tests.infra.events import Event, everything, fact, request, said

Rules = tuple[Rule, ...]

PARALLEL = all_rules(CATALOG, LOCAL)
REVERSE = all_rules(CATALOG, named("local-reverse"))
ALONE = all_rules(CATALOG, replace(LOCAL, orchestrator=False))
"""A stage without an orchestrator."""
STARTER = "orchestrator start"
OBSERVER = "trip observe"
QUARANTINE = "platform quarantine"


def queues(event: Event, rules: Rules = PARALLEL) -> set[str]:
    return {f"{rule.service} {rule.role}" for rule in heard_by(rules, event)}


@pytest.mark.parametrize(
    ("event", "heard"),
    [
        (request(), {"hotel book"}),
        (request("choreography"), {"hotel book"}),
        (request("foo"), {"hotel book"}),  # so that someone says no
        (request(7), {"hotel book"}),
        (request("orchestration"), {STARTER}),
        (fact("hotel", "HotelBooked"), {"flight book", OBSERVER}),
        (fact("flight", "FlightBooked"), {"car book", OBSERVER}),
        (fact("car", "CarBooked"), {OBSERVER}),
        (fact("hotel", "HotelBookingFailed"), {OBSERVER}),
        (fact("flight", "FlightBookingFailed"), {"hotel compensate", OBSERVER}),
        (fact("car", "CarBookingFailed"), {"hotel compensate", "flight compensate", OBSERVER}),
        (fact("hotel", "HotelCancelled"), {OBSERVER}),
        (fact("flight", "FlightCancelled"), {OBSERVER}),
        (fact("car", "CarCancelled"), {"hotel compensate", "flight compensate", OBSERVER}),
        (fact("hotel", "HotelCompensationDelayed"), {OBSERVER}),
        (fact("flight", "FlightCompensationParked"), {OBSERVER}),
        (said("travel.hotel", "TripRequestRejected"), {OBSERVER}),
        (said("travel.orchestrator", "TripRequestRejected"), {OBSERVER}),
        (said("travel.client", "TripCancelRequested"), {"car compensate", OBSERVER}),
        (said("travel.trip", "TripCancelRequested"), {"car compensate", OBSERVER}),
        (
            said("travel.trip", "TripExpired"),
            {"hotel compensate", "flight compensate", "car compensate"},
        ),
        (said("travel.trip", "TripConfirmed"), set()),
        (said("travel.trip", "TripFailed"), set()),
        (said("travel.trip", "TripCancelled"), set()),
    ],
    ids=lambda value: value["detail-type"] if isinstance(value, dict) else None,
)
def test_each_event_of_a_choreographed_trip_reaches_exactly_these_queues(event: Event, heard: set[str]) -> None:
    """The choreography, event by event, with parallel compensation."""
    assert queues(event) == heard


@pytest.mark.parametrize(
    ("event", "heard"),
    [
        (fact("car", "CarBookingFailed"), {"flight compensate", OBSERVER}),
        (fact("car", "CarCancelled"), {"flight compensate", OBSERVER}),
        (fact("flight", "FlightBookingFailed"), {"hotel compensate", OBSERVER}),
        (fact("flight", "FlightCancelled"), {"hotel compensate", OBSERVER}),
        (fact("hotel", "HotelCancelled"), {OBSERVER}),
        (request(), {"hotel book"}),
        (fact("flight", "FlightBooked"), {"car book", OBSERVER}),
    ],
    ids=lambda value: value["detail-type"] if isinstance(value, dict) else None,
)
def test_in_reverse_order_each_waits_for_the_next_leg(event: Event, heard: set[str]) -> None:
    """Flight compensates before hotel hears of it, as the saga paper has it."""
    assert queues(event, REVERSE) == heard


@pytest.mark.parametrize("rules", [PARALLEL, REVERSE], ids=["parallel", "reverse"])
def test_facts_of_an_orchestrated_trip_start_nothing_but_what_the_pivot_decides(
    rules: Rules,
) -> None:
    """The machine books and compensates; a user's cancel and the deadline are the pivot's word to all."""
    both = {"hotel compensate", "flight compensate", OBSERVER}

    def heard(name: str, detail_type: str, reason: str = "full", asked: str | None = None) -> set[str]:
        return queues(fact(name, detail_type, mode="orchestration", reason=reason, asked=asked), rules)

    assert heard("hotel", "HotelBooked") == heard("flight", "FlightBooked") == {OBSERVER}
    assert heard("flight", "FlightBookingFailed", "cancelled") == {OBSERVER}
    assert heard("car", "CarBookingFailed") == {OBSERVER}
    assert heard("car", "CarBookingFailed", "cancelled") == {OBSERVER}  # told to the machine, which knows what to do
    assert heard("car", "CarBookingFailed", "cancelled", "cancelled") == both
    assert heard("car", "CarBookingFailed", "deadline", "deadline") == both
    assert heard("car", "CarBookingFailed", "full", "deadline") == both  # refused long ago; the machine may be gone
    assert heard("car", "CarCancelled") == both
    assert heard("flight", "FlightCancelled") == {OBSERVER}


@pytest.mark.parametrize("rules", [PARALLEL, REVERSE], ids=["parallel", "reverse"])
def test_no_rule_doubles_a_message(rules: Rules) -> None:
    """An event matches at most one rule per queue."""
    for event in everything():
        each = Counter((rule.service, rule.role) for rule in heard_by(rules, event))
        assert not each or max(each.values()) == 1, event


def test_a_stage_without_an_orchestrator_shows_what_it_cannot_book() -> None:
    """The request is seen in the quarantine; all else is heard as before."""
    assert queues(request("orchestration"), ALONE) == {QUARANTINE}
    others = [event for event in everything() if STARTER not in queues(event)]
    assert len(others) > 100
    assert all(queues(event, ALONE) == queues(event) for event in others)


@pytest.mark.parametrize("rules", [PARALLEL, REVERSE, ALONE], ids=["parallel", "reverse", "alone"])
def test_no_request_falls_between_two_patterns(rules: Rules) -> None:
    """Whatever a mode is, the request is heard once: by the first leg, or by the starter (or else the quarantine)."""
    for mode in (
        None,
        "orchestration",
        "Orchestration",
        "",
        7,
        0.5,
        True,
        [],
        {},
        ["x", "y"],
        {"a": 1},
    ):
        assert len(queues(request(mode), rules)) == 1, mode
    # With an element of each kind, both halves match: heard twice is better than not at all.
    other = QUARANTINE if rules is ALONE else STARTER
    assert queues(request(["orchestration", "x"]), rules) == {"hotel book", other}


@pytest.mark.parametrize(
    "event",
    [
        said("travel.hotel", "HotelBoked"),
        said("travel.client", "tripRequested"),
        said("travel.client", "TripRequested "),
        said("travel.spa", "SpaBooked"),
        said("travel.spa", "HotelBooked"),
        said("Travel.client", "TripRequested"),
        said("travel.client ", "TripRequested"),
        said("travel.client", "HotelBooked"),
        said("travel.flight", "HotelBooked"),
        said("travel.client", "TripExpired"),
        said("travel.trip", "TripRequested"),
        said("travel.hotel", "TripCancelRequested"),
        said("travel.flight", "TripRequestRejected"),
        said("someone.else", "CarCancelled"),
        said("travel.orchestrator", "HotelBooked"),
        said("travel.orchestrator", "TripRequested"),
        said("travel.orchestrator", "CompensationRequested"),
    ],
    ids=lambda event: f"{event['source']}:{event['detail-type']}",
)
def test_what_is_misspelt_or_misattributed_is_seen_in_the_quarantine(event: Event) -> None:
    """No travel event vanishes, and none does harm under another's name without being seen."""
    assert QUARANTINE in queues(event)


def test_good_events_stay_out_of_the_quarantine() -> None:
    """Each known word from who may say it."""
    for detail_type, sources in CATALOG.senders("travel.client").items():
        for source in sources:
            assert QUARANTINE not in queues(said(source, detail_type))


def test_events_that_are_not_ours_are_nobodys_business() -> None:
    """Another system on the same bus is left alone."""
    assert queues(said("billing", "InvoiceSent")) == set()


def test_a_new_participant_before_the_pivot_changes_no_rule_of_those_before_it() -> None:
    """Train joins between flight and car: hotel and flight are not deployed again."""
    hotel, flight, car = CATALOG.participants
    train = Participant("train", 25)
    wider = Catalog((hotel, flight, train, car))
    for earlier in (hotel, flight):
        assert participant_rules(wider, LOCAL, earlier) == participant_rules(CATALOG, LOCAL, earlier)
    failed = {
        "source": "travel.train",
        "detail-type": "TrainBookingFailed",
        "detail": {"metadata": {"leg": 25, "mode": "choreography"}},
    }
    assert queues(failed, all_rules(wider, LOCAL)) == {
        "hotel compensate",
        "flight compensate",
        OBSERVER,
    }


def test_what_the_machine_hands_over_is_no_event() -> None:
    """It goes straight into a queue: nobody on the bus may ask for a compensation."""
    assert "CompensationRequested" not in CATALOG.senders("travel.client")


def test_the_choreography_has_no_loop() -> None:
    """Following each event to its handlers and each handler to its announcements comes to an end."""
    announces = {
        OBSERVER: list(OUTCOMES),
        **{f"{who.name} book": [who.booked, who.refused] for who in CATALOG.participants},
        **{f"{who.name} compensate": [who.cancelled, who.refused] for who in CATALOG.participants},
    }
    senders = CATALOG.senders("travel.client")
    seen: list[str] = []

    def follow(event: Event, path: tuple[str, ...]) -> None:
        for queue in queues(event):
            assert queue not in path, f"{' -> '.join(path)} -> {queue}"
            for word in announces.get(queue, []):
                seen.append(word)
                name = senders[word][0].removeprefix("travel.")
                next_event = said("travel.trip", word) if name == "trip" else fact(name, word)
                follow(next_event, (*path, queue))

    for start in (
        request(),
        said("travel.client", "TripCancelRequested"),
        said("travel.trip", "TripExpired"),
    ):
        follow(start, ())
    assert {"HotelBooked", "HotelCancelled", "CarBookingFailed", "TripFailed"} <= set(seen)


@pytest.mark.parametrize("rules", [PARALLEL, REVERSE], ids=["parallel", "reverse"])
def test_patterns_keep_eventbridges_limit(rules: Rules) -> None:
    """2,048 characters a pattern."""
    assert max(len(rule.text) for rule in rules) <= 2048


@pytest.mark.parametrize("rules", [PARALLEL, REVERSE], ids=["parallel", "reverse"])
def test_our_matching_agrees_with_another_implementation(rules: Rules) -> None:
    """On every event and rule (array and object values apart, which the other one does not know)."""
    for event in everything():
        if isinstance(event["detail"].get("mode"), list | dict):
            continue
        for rule in rules:
            other = EventPattern(rule.text, json.loads(rule.text))
            assert matches(rule.pattern, event) is other.matches_event(event), (rule.text, event)  # type: ignore[arg-type]


def test_an_operator_that_is_not_known_here_is_refused() -> None:
    """A pattern must not mean one thing in memory and another on AWS."""
    with pytest.raises(ValueError, match="wildcard"):
        matches({"source": [{"wildcard": "travel.*"}]}, {"source": "travel.hotel"})
