"""The state machine as the catalogue makes it: its form, its ways, and what it does when things go wrong."""

import copy
from collections.abc import Callable
from graphlib import TopologicalSorter
from typing import Any

import pytest

from infra.asl import InvalidMachine, checked, problems, targets
from infra.catalog import CATALOG, Catalog, Participant
from infra.machine import CONFIRMED, INVOKE, SEND, TIMEOUT_SECONDS, definition
from tests.unit.walking import Walk, walk

HOTEL, FLIGHT, CAR = CATALOG.participants
TWO = Catalog((HOTEL, CAR))
FOUR = Catalog((HOTEL, FLIGHT, Participant("train", 25), CAR))
CATALOGS = {2: TWO, 3: CATALOG, 4: FOUR}

Answer = str | Exception
DOWN = Exception("retries are used up")


@pytest.fixture(params=list(CATALOGS.values()), ids=[f"{legs} legs" for legs in CATALOGS])
def catalog(request: pytest.FixtureRequest) -> Catalog:
    """Two, three and four legs."""
    found: Catalog = request.param
    return found


def made(catalog: Catalog = CATALOG) -> dict[str, Any]:
    """The definition; functions and queues are called like their participants."""
    return definition(catalog, str, str)


def run(catalog: Catalog = CATALOG, /, **answers: Answer) -> Walk:
    """An execution in which everything works but what is told: `book_car="Failed"`, `cancel_hotel=DOWN`."""
    works = {"book": "Booked", "cancel": "Cancelled", "decide": "Failed", "hand over": "sent"}
    return walk(made(catalog), lambda do, leg: answers.get(f"{do.replace(' ', '_')}_{leg}", works[do]))


def undone(catalog: Catalog) -> list[str]:
    """The cancels of all but the pivot, strictly backwards."""
    return [f"cancel {leg.name}" for leg in reversed(catalog.participants[:-1])]


class TestItsForm:
    """What AWS would refuse, or what could get stuck, is not made."""

    def test_it_keeps_the_rules_of_the_language(self, catalog: Catalog) -> None:
        """Those that can be checked without AWS."""
        assert [*problems(made(catalog))] == []

    def test_every_target_exists_and_every_state_is_reached(self, catalog: Catalog) -> None:
        """By Next, Default, a rule or a Catch."""
        states = made(catalog)["States"]
        reached = {made(catalog)["StartAt"]} | {target for state in states.values() for target in targets(state)}
        assert reached == set(states)

    def test_every_way_ends(self, catalog: Catalog) -> None:
        """There is no cycle: retries are the only repetition."""
        states = made(catalog)["States"]
        order = [*TopologicalSorter({name: targets(state) for name, state in states.items()}).static_order()]
        assert set(order) == set(states)
        ends = {name for name, state in states.items() if not targets(state)}
        assert {states[name]["Type"] for name in ends} == {"Succeed", "Fail"}

    def test_only_a_confirmed_trip_succeeds(self, catalog: Catalog) -> None:
        """Each other end has an error's name and a cause."""
        states = made(catalog)["States"]
        assert [name for name, state in states.items() if state["Type"] == "Succeed"] == [CONFIRMED]
        failures = [state for state in states.values() if state["Type"] == "Fail"]
        assert len({state["Error"] for state in failures}) == len(failures)
        assert all(state["Cause"] for state in failures)

    def test_every_task_catches_whatever_is_left_after_its_retries(self, catalog: Catalog) -> None:
        """Growing, jittered, bounded waits; a bug is not retried."""
        for name, state in made(catalog)["States"].items():
            if state["Type"] == "Task":
                assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
                last = state["Retry"][-1]
                assert last["ErrorEquals"] == ["States.ALL"]
                assert last["BackoffRate"] > 1
                assert last["JitterStrategy"] == "FULL"
                assert last["MaxDelaySeconds"] == 30
                assert last["MaxAttempts"] == 6
                assert all(retrier["MaxAttempts"] == 0 for retrier in state["Retry"][:-1])

    def test_it_calls_functions_and_queues_and_nothing_else(self, catalog: Catalog) -> None:
        """Hence the permissions of its role; the pivot's queue is never written to."""
        tasks = [state for state in made(catalog)["States"].values() if state["Type"] == "Task"]
        assert {state["Resource"] for state in tasks} == {INVOKE, SEND}
        called = {state["Arguments"]["FunctionName"] for state in tasks if state["Resource"] == INVOKE}
        queues = {state["Arguments"]["QueueUrl"] for state in tasks if state["Resource"] == SEND}
        names = [leg.name for leg in catalog.participants]
        assert (called, queues) == (set(names), set(names[:-1]))

    def test_a_whole_execution_has_its_time_before_a_day_is_over(self) -> None:
        """Every retry of the longest way fits in; a stuck one is ended."""
        assert made()["TimeoutSeconds"] == TIMEOUT_SECONDS == 3600


class TestWhatItDoes:
    """A walk through the definition, call by call."""

    def test_a_trip_that_goes_well(self, catalog: Catalog) -> None:
        """One leg after the other; each is told which fact led to it."""
        done = run(catalog)
        assert done.calls == [f"book {leg.name}" for leg in catalog.participants]
        assert done.end == CONFIRMED
        assert [cause for cause, _ in done.said][1:] == [f"{leg.name}:Booked" for leg in catalog.participants[:-1]]

    def test_a_refusal_is_compensated_strictly_backwards(self, catalog: Catalog) -> None:
        """From the failed step itself (a no-op that logs), except at the pivot; the reason is handed on."""
        for place, leg in enumerate(catalog.participants):
            done = run(catalog, **{f"book_{leg.name}": "Failed"})
            asked = [f"book {each.name}" for each in catalog.participants[: place + 1]]
            back = [call for call in undone(catalog) if call.removeprefix("cancel ") in {c[5:] for c in asked}]
            assert done.calls == [*asked, *back]
            assert done.end == "Failed"
            assert {reason for _, reason in done.said[place + 1 :]} == {f"{leg.name}'s"}

    @pytest.mark.parametrize("leg", ["hotel", "flight", "car"])
    def test_only_exactly_booked_goes_on(self, leg: str) -> None:
        """A step that finds itself cancelled (the user was faster) is a refusal; so is any word that nobody knows."""
        for outcome in ("Cancelled", "Failed", "booked", ""):
            assert run(**{f"book_{leg}": outcome}).end == "Failed"

    @pytest.mark.parametrize("leg", ["hotel", "flight", "car"])
    def test_a_conflict_ends_it_and_touches_nothing(self, leg: str) -> None:
        """The trip id is another request's."""
        done = run(**{f"book_{leg}": "Conflict"})
        assert done.end == "Conflict"
        assert done.calls[-1] == f"book {leg}"

    def test_after_a_fault_the_pivot_is_asked_before_anything_is_undone(self, catalog: Catalog) -> None:
        """The write may have happened; and another execution of the same trip may have committed it."""
        for place, leg in enumerate(catalog.participants[:-1]):
            answers = {"decide_hotel": "Cancelled", f"decide_{catalog.pivot.name}": "Failed"}
            done = run(catalog, **answers, **{f"book_{leg.name}": DOWN})
            asked = [f"book {each.name}" for each in catalog.participants[: place + 1]]
            whose = [f"decide {leg.name}"] if leg == catalog.first else []
            assert done.calls == [*asked, *whose, f"decide {catalog.pivot.name}", *undone(catalog)]
            assert done.end == "Failed"
            committed = run(
                catalog, **{**answers, f"decide_{catalog.pivot.name}": "Booked"}, **{f"book_{leg.name}": DOWN}
            )
            assert committed.end == CONFIRMED
            assert not [call for call in committed.calls if call.startswith("cancel")]

    def test_after_a_fault_at_the_first_leg_another_requests_trip_is_left_alone(self, catalog: Catalog) -> None:
        """Its record tells whose the trip id is; before that, no later leg is told anything."""
        done = run(catalog, book_hotel=DOWN, decide_hotel="Conflict")
        assert done.calls == ["book hotel", "decide hotel"]
        assert done.end == "Conflict"

    def test_a_first_leg_that_has_booked_after_all_lets_the_trip_go_on(self, catalog: Catalog) -> None:
        """Only its answer was lost."""
        done = run(catalog, book_hotel=DOWN, decide_hotel="Booked")
        assert done.calls == ["book hotel", "decide hotel", *(f"book {leg.name}" for leg in catalog.participants[1:])]
        assert done.end == CONFIRMED

    def test_a_first_leg_that_does_not_answer_at_all_leaves_the_others_alone(self, catalog: Catalog) -> None:
        """The question goes to its queue; what it then says, the deadline ends."""
        done = run(catalog, book_hotel=DOWN, decide_hotel=DOWN)
        assert done.calls == ["book hotel", "decide hotel", "hand over hotel"]
        assert done.end == "Open"

    def test_at_the_pivot_a_fault_is_no_answer(self, catalog: Catalog) -> None:
        """It is asked to decide: booked after all, or not."""
        asked = [f"book {leg.name}" for leg in catalog.participants]
        committed = run(catalog, book_car=DOWN, decide_car="Booked")
        assert (committed.calls, committed.end) == ([*asked, "decide car"], CONFIRMED)
        refused = run(catalog, book_car=DOWN, decide_car="Failed")
        assert (refused.calls, refused.end) == ([*asked, "decide car", *undone(catalog)], "Failed")

    def test_what_the_pivot_says_is_the_reason(self) -> None:
        """It may have refused before its answer was lost."""
        done = run(book_car=DOWN, decide_car="Failed")
        assert {reason for _, reason in done.said[4:]} == {"car's"}
        assert {cause for cause, _ in done.said[4:]} == {"car:Failed"}

    def test_a_pivot_that_does_not_answer_leaves_everything_as_it_is(self) -> None:
        """It may have committed: nothing is undone, and the deadline brings it to light."""
        done = run(book_car=DOWN, decide_car=DOWN)
        assert not any(call.startswith("cancel") for call in done.calls)
        assert done.end == "Open"

    def test_a_cancel_that_keeps_failing_is_handed_over_and_the_others_go_on(self, catalog: Catalog) -> None:
        """The end says so; each to its own queue."""
        for leg in catalog.participants[:-1]:
            done = run(catalog, book_car="Failed", **{f"cancel_{leg.name}": DOWN})
            place = done.calls.index(f"cancel {leg.name}")
            assert done.calls[place + 1] == f"hand over {leg.name}"
            assert [call for call in done.calls if call.startswith("cancel")] == undone(catalog)
            assert done.end == "Parked"

    def test_a_queue_that_does_not_answer_either_leaves_it_to_the_deadline(self) -> None:
        """Said as it is."""
        assert run(book_car="Failed", cancel_flight=DOWN, hand_over_flight=DOWN).end == "Open"


Change = Callable[[dict[str, Any]], object]

BROKEN: dict[str, tuple[Change, str]] = {
    "a target that is none": (lambda s: s["Book car"].update(Next="Book boat"), "'Book boat' is no state"),
    "a catch that leads nowhere": (lambda s: s["Book car"]["Catch"][0].update(Next="Help"), "'Help' is no state"),
    "no default": (lambda s: s["Car booked?"].pop("Default"), "Car booked?: a Choice needs a Default"),
    "no rules": (lambda s: s["Car booked?"].update(Choices=[]), "a Choice needs Choices"),
    "no next": (lambda s: s["Book car"].pop("Next"), "either Next or End"),
    "a condition of JSONPath": (
        lambda s: s["Handed over?"].update(Choices=[{"Variable": "$.x", "BooleanEquals": True, "Next": "Failed"}]),
        "BooleanEquals is no field of a rule",
    ),
    "a field of JSONPath": (lambda s: s["Book car"].update(ResultPath="$.x"), "ResultPath is no field of a Task"),
    "an end that goes on": (lambda s: s["Failed"].update(Next="Open"), "Next is no field of a Fail"),
    "a long name": (lambda s: s.update({"x" * 81: {"Type": "Succeed"}}), "at most 80 characters"),
    "a state that nobody reaches": (lambda s: s.update(Island={"Type": "Succeed"}), "Island: never reached"),
    "a loop without an end": (
        lambda s: s.update({"Open": {**s["Ask car"], "Next": "Open", "Catch": []}}),
        "Open: comes to no end",
    ),
    "an unknown kind": (lambda s: s["Open"].update(Type="Pause"), "Type 'Pause' is not known here"),
    "no resource": (lambda s: s["Book car"].pop("Resource"), "a Task needs a Resource"),
    "all errors first": (lambda s: s["Book car"]["Retry"].reverse(), "States.ALL stands alone, and last"),
    "no errors": (lambda s: s["Book car"]["Catch"][0].update(ErrorEquals=[]), "ErrorEquals names no error"),
    "a wait that shrinks": (lambda s: s["Book car"]["Retry"][1].update(BackoffRate=0.5), "BackoffRate"),
    "a wait of nothing": (lambda s: s["Book car"]["Retry"][1].update(IntervalSeconds=0), "IntervalSeconds"),
    "a bound below the first wait": (lambda s: s["Book car"]["Retry"][1].update(MaxDelaySeconds=1), "MaxDelaySeconds"),
    "another jitter": (lambda s: s["Book car"]["Retry"][1].update(JitterStrategy="SOME"), "JitterStrategy"),
    "fewer tries than none": (lambda s: s["Book car"]["Retry"][1].update(MaxAttempts=-1), "MaxAttempts"),
    "a misspelt retrier": (lambda s: s["Book car"]["Retry"][1].update(Backoff=2), "Backoff is no field of a retrier"),
    "a misspelt catcher": (lambda s: s["Book car"]["Catch"][0].update(Then="x"), "Then is no field of a catcher"),
    "a catcher without a way": (lambda s: s["Book car"]["Catch"][0].pop("Next"), "a catcher needs Next"),
    "a variable that nobody assigns": (
        lambda s: s["Failed"].update(Cause="{% $reasn %}"),
        "Failed: Cause: $reasn is never assigned",
    ),
    "half an expression": (lambda s: s["Failed"].update(Cause="no: {% $reason %}"), "nothing stands beside it"),
    "a result before the call": (
        lambda s: s["Book car"]["Arguments"].update(Payload="{% $states.result %}"),
        "Book car: Arguments.Payload: $states.result is not known there",
    ),
}


@pytest.mark.parametrize(("change", "why"), BROKEN.values(), ids=BROKEN)
def test_each_weakness_is_named(change: Change, why: str) -> None:
    """By the state and the rule; and it never gets into a template."""
    broken = copy.deepcopy(made())
    change(broken["States"])
    assert any(why in problem for problem in problems(broken)), [*problems(broken)]
    with pytest.raises(InvalidMachine):
        checked(broken)


def test_a_machine_in_the_other_language_or_without_a_start_is_named() -> None:
    """And one that is too long."""
    wrong = {**made(), "QueryLanguage": "JSONPath", "StartAt": "Nowhere", "Comment": "x" * 1024 * 1024}
    found = "\n".join(problems(wrong))
    for why in ("is not JSONata", "StartAt: 'Nowhere' is no state", "more than 1048576 bytes"):
        assert why in found
