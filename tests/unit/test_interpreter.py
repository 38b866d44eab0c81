"""The interpreter of the state machine in memory: what each field means, as AWS documents it; and that nothing is misread."""

from collections.abc import Mapping
from typing import Any

import pytest

from infra.catalog import CATALOG
from infra.machine import INVOKE, RETRY, SEND, definition
from sandbox.memory.expressions import QueryFailed, evaluate
from sandbox.memory.machine import Ending, Execution, StateMachine
from tests.samples import NOW, a_trip

ALL = {"ErrorEquals": ["States.ALL"]}
REQUEST = {"tripId": "trip-1", "trip": a_trip(), "cause": "event-1"}


def made(states: Mapping[str, Any], start: str = "Ask", retries: int | None = None) -> StateMachine:
    """A machine of these states and two ends."""
    ends = {"Good": {"Type": "Succeed"}, "Bad": {"Type": "Fail", "Error": "Bad", "Cause": "caught"}}
    used = {name: end for name, end in ends.items() if name in str(states)}
    whole = {"QueryLanguage": "JSONata", "StartAt": start, "TimeoutSeconds": 60, "States": {**states, **used}}
    return StateMachine(whole, retries)


def task(**fields: Any) -> dict[str, Any]:
    """A task that goes on to its good end."""
    return {"Type": "Task", "Resource": INVOKE, "Arguments": {"FunctionName": "f"}, "Next": "Good", **fields}


def begun(machine: StateMachine) -> Execution:
    return machine.begin("trip-1", REQUEST, NOW)


def value(execution: Execution, name: str) -> str:
    """A variable, as JSON."""
    return dict(execution.variables)[name]


class TestRetry:
    """Attempts are counted by retrier; the first that means the error decides."""

    def test_waits_grow_up_to_their_bound_and_then_the_error_is_caught(self) -> None:
        """Those of the deployed machine; the task is told how often it was called."""
        states = {"Ask": task(Retry=RETRY, Catch=[{**ALL, "Next": "Bad"}])}
        states["Ask"]["Arguments"] = {"Payload": "{% $states.context.State.RetryCount + 1 %}"}
        machine = made(states)
        execution, waits, attempts = begun(machine), [], []
        while call := machine.call(execution):
            waits.append(execution.wait)
            attempts.append(call.arguments["Payload"])
            execution = machine.fail(execution, "Busy")
        assert waits == [0, 1, 2, 4, 8, 16, 30]
        assert attempts == [1, 2, 3, 4, 5, 6, 7]
        assert execution.ended == Ending("FAILED", "Bad", "caught")

    def test_a_retrier_without_attempts_keeps_the_later_ones_from_trying(self) -> None:
        """So a bug is not retried, though States.ALL stands behind."""
        machine = made({"Ask": task(Retry=RETRY)})
        assert machine.fail(begun(machine), "Tripwire", "why").ended == Ending("FAILED", "Tripwire", "why")

    def test_each_retrier_counts_for_itself(self) -> None:
        """Three attempts each, where nothing else is said, from one second on."""
        machine = made({"Ask": task(Retry=[{"ErrorEquals": ["Busy"]}, ALL])})
        execution = begun(machine)
        for error in ("Busy", "Lost", "Busy", "Lost", "Busy"):
            execution = machine.fail(execution, error)
        assert (execution.retries, execution.wait, execution.status) == ((3, 2), 4, "RUNNING")
        assert machine.fail(execution, "Busy").status == "FAILED"
        assert machine.fail(execution, "Lost").retries == (3, 3)

    def test_attempts_begin_anew_in_the_next_state(self) -> None:
        """And the wait is over."""
        machine = made({"Ask": task(Retry=[ALL], Next="Again"), "Again": task(Retry=[ALL])})
        execution = machine.resume(machine.fail(begun(machine), "Busy"), {})
        assert (execution.state, execution.retries, execution.wait) == ("Again", (0,), 0)

    @pytest.mark.parametrize(("bound", "tries"), [(None, 7), (2, 3), (0, 1), (9, 7)])
    def test_attempts_can_be_bounded(self, bound: int | None, tries: int) -> None:
        """For a search; never beyond what is deployed."""
        machine = made({"Ask": task(Retry=RETRY)}, retries=bound)
        execution, called = begun(machine), 0
        while machine.call(execution):
            execution, called = machine.fail(execution, "Busy"), called + 1
        assert called == tries


@pytest.mark.parametrize(
    ("named", "error", "caught"),
    [
        ("States.ALL", "Anything", True),
        ("States.ALL", "States.Timeout", True),
        ("States.ALL", "States.Runtime", False),
        ("States.ALL", "States.DataLimitExceeded", False),
        ("States.DataLimitExceeded", "States.DataLimitExceeded", True),
        ("States.TaskFailed", "Anything", True),
        ("States.TaskFailed", "States.Timeout", False),
        ("States.TaskFailed", "States.Runtime", False),
        ("States.Timeout", "States.Timeout", True),
        ("Busy", "Busy", True),
        ("Busy", "Busier", False),
    ],
)
def test_what_an_errors_name_stands_for(named: str, error: str, caught: bool) -> None:
    """By name, or by a wildcard; two errors only by their own names."""
    machine = made({"Ask": task(Catch=[{"ErrorEquals": [named], "Next": "Bad"}])})
    ended = machine.fail(begun(machine), error, "why").ended
    assert ended == (Ending("FAILED", "Bad", "caught") if caught else Ending("FAILED", error, "why"))


class TestGoingOn:
    """What is assigned and put out, and where it goes from there."""

    def test_a_result_can_be_assigned_and_put_out(self) -> None:
        """An invocation's is in Payload; without Output, the whole result is what the next state is given."""
        states = {
            "Ask": task(Next="Tell", Assign={"said": "{% $states.result.Payload.outcome %}"}),
            "Tell": task(Resource=SEND, Output={"sent": "{% $states.result.MessageId %}", "to": ["you"]}),
        }
        machine = made(states)
        asked = machine.resume(begun(machine), {"outcome": "Booked"})
        assert value(asked, "said") == '"Booked"'
        assert asked.input == '{"Payload": {"outcome": "Booked"}, "StatusCode": 200}'
        told = machine.resume(asked, {"MessageId": "m"})
        assert (told.input, told.status) == ('{"sent": "m", "to": ["you"]}', "SUCCEEDED")

    def test_all_is_evaluated_before_anything_is_assigned(self) -> None:
        """So two variables can change places."""
        swap = {"a": "{% $b %}", "b": "{% $a %}"}
        machine = made({"Ask": task(Next="Swap", Assign={"a": 1, "b": 2}), "Swap": task(Assign=swap)})
        execution = machine.resume(machine.resume(begun(machine), {}), {})
        assert execution.variables == (("a", "2"), ("b", "1"))

    def test_a_catcher_sees_the_error_and_the_state_assigns_nothing(self) -> None:
        """Without Output, error and cause are what the next state is given."""
        catcher = {**ALL, "Next": "Next", "Assign": {"why": "{% $states.errorOutput.Cause %}"}}
        machine = made({"Ask": task(Assign={"why": "none"}, Catch=[catcher]), "Next": task()})
        execution = machine.fail(begun(machine), "Busy", "so many")
        assert (execution.state, value(execution, "why")) == ("Next", '"so many"')
        assert execution.input == '{"Cause": "so many", "Error": "Busy"}'

    @pytest.mark.parametrize(
        ("number", "end", "size"), [(1, "Good", '"one"'), (2, "Bad", '"two"'), (3, "Bad", '"many"')]
    )
    def test_the_first_rule_that_holds_is_taken(self, number: int, end: str, size: str) -> None:
        """Each rule has an Assign of its own; the state's goes with Default."""
        choice = {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $states.input.n < 2 %}", "Next": "Good", "Assign": {"size": "one"}},
                {"Condition": "{% $states.input.n < 3 %}", "Next": "Bad", "Assign": {"size": "two"}},
            ],
            "Assign": {"size": "many"},
            "Default": "Bad",
        }
        machine = made({"Ask": task(Output="{% $states.result.Payload %}", Next="How many?"), "How many?": choice})
        execution = machine.resume(begun(machine), {"n": number})
        assert (execution.state, value(execution, "size")) == (end, size)

    def test_a_task_may_be_the_last_state(self) -> None:
        """End."""
        last = {key: field for key, field in task(End=True).items() if key != "Next"}
        machine = made({"Ask": last})
        assert machine.resume(begun(machine), {}).ended == Ending("SUCCEEDED")

    def test_a_failure_may_say_why(self) -> None:
        """Error and Cause may be expressions."""
        bad = {"Type": "Fail", "Error": "Late", "Cause": "{% 'at ' & $states.input.Payload.hour %}"}
        machine = made({"Ask": task(Next="End"), "End": bad})
        assert machine.resume(begun(machine), {"hour": "noon"}).ended == Ending("FAILED", "Late", "at noon")


class TestAnExecution:
    """A value: it can be kept, compared, and stepped again."""

    def test_the_same_steps_are_the_same_value(self) -> None:
        """In another interpreter, too; and a step changes nothing that was there before."""
        ours = definition(CATALOG, str, str)
        first, second = StateMachine(ours), StateMachine(ours)
        answer = {"outcome": "Booked", "eventId": "hotel:trip-1:BOOKED", "reason": ""}
        start = begun(first)
        assert start == begun(second)
        assert len({first.resume(start, answer), second.resume(begun(second), answer)}) == 1
        assert start == begun(first)
        assert first.call(start) == second.call(start)

    def test_time_stands_still_unless_it_is_told(self) -> None:
        """So a search that knows no time finds the same state again."""
        machine = made({"Ask": task(Next="Tell"), "Tell": task()})
        assert machine.resume(begun(machine), {}).entered == NOW.isoformat()
        later = NOW.replace(year=2030)
        assert machine.resume(begun(machine), {}, later).entered == later.isoformat()

    @pytest.mark.parametrize("how", ["stop", "time_out"])
    def test_a_stop_and_a_timeout_skip_every_catch(self, how: str) -> None:
        """And what has ended stays ended."""
        machine = made({"Ask": task(Catch=[{**ALL, "Next": "Bad"}])})
        ended = getattr(machine, how)(begun(machine))
        assert ended.status == {"stop": "ABORTED", "time_out": "TIMED_OUT"}[how]
        assert machine.call(ended) is None
        done = machine.resume(begun(machine), {})
        assert getattr(machine, how)(done) == done
        with pytest.raises(ValueError, match="has ended: SUCCEEDED"):
            machine.resume(done, {})


class TestNothingIsMisread:
    """What is not known, or has no value, is an error with its name."""

    def test_what_the_rules_of_the_language_refuse(self) -> None:
        """The one reader of definitions says so."""
        with pytest.raises(ValueError, match="Wait: Type 'Wait' is not known here"):
            made({"Ask": task(Next="Wait"), "Wait": {"Type": "Wait", "Seconds": 3, "Next": "Good"}})

    def test_a_field_of_the_machine_and_an_integration(self) -> None:
        """By name."""
        with pytest.raises(ValueError, match="known here: Version"):
            StateMachine({**definition(CATALOG, str, str), "Version": "1.0"})
        with pytest.raises(ValueError, match="arn:aws:states:::sns:publish"):
            made({"Ask": task(Resource="arn:aws:states:::sns:publish")})

    @pytest.mark.parametrize(
        ("expression", "why"),
        [
            ("{% $states.result.Payload.eventId %}", "has no value"),
            ("{% $states.context.Execution.RoleArn %}", "has no value"),
            ("{% 1 + 'one' %}", "1 [+] 'one'"),
        ],
    )
    def test_an_expression_without_a_value(self, expression: str, why: str) -> None:
        """It would fail the state on AWS."""
        machine = made({"Ask": task(Assign={"x": expression})})
        with pytest.raises(QueryFailed, match=why):
            machine.resume(begun(machine), {})

    def test_a_condition_that_is_no_truth_value(self) -> None:
        """JSONata would take it for one; AWS does not."""
        choice = {"Type": "Choice", "Choices": [{"Condition": "{% 'yes' %}", "Next": "Good"}], "Default": "Good"}
        with pytest.raises(QueryFailed, match="neither true nor false"):
            begun(made({"Ask": choice}))


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("{% $x.text & $ %}", '"$y"'),
        ("{% $x %}", '{"list": [{"n": 1}, {"n": 2}], "none": null, "text": "$y"}'),
        ("{% $x.text %}", '"$y"'),
        ("{% $x.list.n %}", "[1, 2]"),
        ("{% $x.list[1].n %}", "2"),
        ("{% $x.none %}", "null"),
        ("{% $exists($x.other) %}", "false"),
        ("{% $exists($x.text.deeper) %}", "false"),
        ("{% '$x' & \"$x.text\" %}", '"$x$x.text"'),
        ("{% $states.context.State.(A & B) %}", '"ab"'),
        ("{% $merge([$states.context.State, {'A': 1}]) %}", '{"A": 1, "B": "b"}'),
        ("{% $count($x.list[$x.none = null]) & $x.text %}", '"2$y"'),
        ("{% ($double := function($n) { $n * 2 }; $double($x.list[0].n)) %}", "2"),
    ],
)
def test_an_expression_is_given_all_that_it_names(expression: str, found: str) -> None:
    """However deep its path leads, and whatever stands in quotes."""
    scope = {
        "x": '{"list": [{"n": 1}, {"n": 2}], "none": null, "text": "$y"}',
        "states.context.State.A": '"a"',
        "states.context.State.B": '"b"',
    }
    assert evaluate(expression, scope) == found
