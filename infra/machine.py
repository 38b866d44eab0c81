"""The orchestrator's state machine, made from the catalogue: a pure function, in Amazon States Language with JSONata.

One leg after the other is booked; a refusal is a value that a Choice routes; a fault is retried, then caught. What is to
be undone is undone in strict reverse order, the failed step itself first.

Nothing is undone before a refusal is on record: another execution of the same trip may have committed it, or may still
do so. So after a fault, which is no answer, the pivot is asked to decide, and its word counts. A fault at the first leg
comes to nobody but that leg at first, because only its record tells whose the trip id is: it is asked to decide whether
it has booked (a tombstone, if it has not), and if it has, the trip goes on.

Variables: `cause` and `reason` of what comes next; `parked`: a cancel was handed over.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

from infra.catalog import ORCHESTRATOR, Catalog, Participant
from shared.saga.starter import LEFT_OPEN

State = dict[str, Any]

_FRESH: Final[State] = {"parked": False}

_ANSWERED: Final[State] = {
    "Assign": {"cause": "{% $states.result.Payload.eventId %}", "reason": "{% $states.result.Payload.reason %}"},
    "Output": "{% $states.result.Payload %}",
}

INVOKE: Final = "arn:aws:states:::lambda:invoke"
SEND: Final = "arn:aws:states:::sqs:sendMessage"
CONFIRMED, FAILED, CONFLICT, PARKED, OPEN = "Confirmed", "Failed", "Conflict", "Parked", "Open"

RETRY: Final = [
    {
        "ErrorEquals": ["Unreadable", "Misconfigured", "Tripwire"],
        "MaxAttempts": 0,
    },
    {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 1,
        "BackoffRate": 2,
        "MaxAttempts": 6,
        "MaxDelaySeconds": 30,
        "JitterStrategy": "FULL",
    },
]
"""A bug is not retried; whatever else went wrong is, after waits of 61 seconds in all at most, half of it on average."""

TIMEOUT_SECONDS: Final = 3600
"""Of a whole execution. It skips Catch: what is then left open, the observer's deadline ends."""


def definition(catalog: Catalog, function: Callable[[str], str], queue: Callable[[str], str]) -> State:
    """The machine. `function` and `queue` name a participant's task function and compensate queue (its URL)."""
    states: State = {}
    for leg in catalog.participants:
        states.update(_booking(catalog, leg, function(leg.name)))
    for leg in catalog.undone:
        states.update(_cancelling(catalog, leg, function(leg.name), queue(leg.name)))
    states.update(_asking_whose(catalog, function(catalog.first.name), queue(catalog.first.name)))
    states.update(_deciding(catalog, function(catalog.pivot.name)))
    states.update(_ends(catalog.saga.noun))
    return {
        "Comment": f"Books a {catalog.saga.noun.lower()} leg by leg, and undoes in reverse order",
        "QueryLanguage": "JSONata",
        "StartAt": _book(catalog.first),
        "TimeoutSeconds": TIMEOUT_SECONDS,
        "States": states,
    }


def _book(leg: Participant) -> str:
    return f"{leg.saga.verbs[0]} {leg.name}".strip().capitalize()


def _cancel(leg: Participant) -> str:
    return f"{leg.saga.verbs[1]} {leg.name}".strip().capitalize()


def _answered(leg: Participant) -> str:
    return f"{leg.noun} {leg.saga.word('Booked').lower()}?"


def _hand_over(leg: Participant) -> str:
    return f"Hand over {leg.name}"


def _ask(leg: Participant) -> str:
    return f"Ask {leg.name}"


def _booking(catalog: Catalog, leg: Participant, function: str) -> Iterator[tuple[str, State]]:
    """Book, and route by the answer: only exactly Booked goes on."""
    following, first = catalog.after(leg), leg == catalog.first
    cause = "$states.context.Execution.Input.cause" if first else "$cause"
    yield (
        _book(leg),
        {
            **_task(function, do="'book'", cause=cause, reason="''"),
            **_ANSWERED,
            "Assign": {**_ANSWERED["Assign"], **(_FRESH if first else {})},
            "Catch": [
                {
                    "ErrorEquals": ["States.ALL"],
                    "Assign": {
                        **({**_FRESH, "cause": f"{{% {cause} %}}"} if first else {}),
                        "reason": "technical_failure",
                    },
                    "Next": _ask(leg if first else catalog.pivot),
                }
            ],
            "Next": _answered(leg),
        },
    )
    refused = _cancel(leg if leg in catalog.undone else catalog.participants[-2])
    yield (
        _answered(leg),
        {
            "Type": "Choice",
            "Choices": [
                {
                    "Condition": "{% $states.input.outcome = 'Booked' %}",
                    "Next": _book(following) if following else CONFIRMED,
                },
                {"Condition": "{% $states.input.outcome = 'Conflict' %}", "Next": CONFLICT},
            ],
            "Default": refused,
        },
    )


def _cancelling(catalog: Catalog, leg: Participant, function: str, queue: str) -> Iterator[tuple[str, State]]:
    """Cancel, then the one before. A cancel that keeps failing is left to the participant's own compensate queue."""
    earlier = catalog.before(leg)
    onward = _cancel(earlier) if earlier else "Handed over?"
    yield (
        _cancel(leg),
        {
            **_task(function, do="'cancel'", cause="$cause", reason="$reason"),
            "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"parked": True}, "Next": _hand_over(leg)}],
            "Next": onward,
        },
    )
    yield (
        _hand_over(leg),
        _sent(queue, _message(catalog), onward),
    )


def _message(catalog: Catalog, data: str = "") -> str:
    """The cancel as the compensate queue's function reads it: the one that serves the choreography."""
    return (
        "{'id': $states.context.Execution.Id,"
        f" 'source': '{catalog.saga.source_of(ORCHESTRATOR)}',"
        " 'detail-type': 'CompensationRequested',"
        " 'time': $states.context.State.EnteredTime,"
        " 'detail': {'metadata': {"
        "'eventId': 'orchestrator:' & $states.context.Execution.Input.tripId & ':COMPENSATE',"
        " 'tripId': $states.context.Execution.Input.tripId,"
        " 'causationId': $cause,"
        " 'participant': 'orchestrator', 'leg': 0, 'mode': 'orchestration', 'version': 1,"
        " 'occurredAt': $states.context.State.EnteredTime,"
        " 'requestHash': $states.context.Execution.Input.requestHash,"
        " 'requestedAt': $states.context.Execution.Input.requestedAt,"
        " 'deadline': $states.context.Execution.Input.deadline},"
        f" 'data': {{'reason': $reason{data}}}}}}}"
    )


def _asking_whose(catalog: Catalog, function: str, queue: str) -> Iterator[tuple[str, State]]:
    """After a fault at the first leg: has it booked for this request? A question that keeps failing is left to its queue."""
    first, following = catalog.first, catalog.participants[1]
    unanswered = f"Leave it to {first.name}"
    yield (
        _ask(first),
        _asked(function, unanswered, f"{first.noun} ours?"),
    )
    yield (
        f"{first.noun} ours?",
        {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $states.input.outcome = 'Booked' %}", "Next": _book(following)},
                {"Condition": "{% $states.input.outcome = 'Conflict' %}", "Next": CONFLICT},
            ],
            "Default": _ask(catalog.pivot),
        },
    )
    yield unanswered, _sent(queue, _message(catalog, ", 'undecided': true"), OPEN)


def _deciding(catalog: Catalog, function: str) -> Iterator[tuple[str, State]]:
    """The pivot's word, after a fault: was it booked, or will it never be? Only then may anything be undone."""
    pivot = catalog.pivot
    yield (
        _ask(pivot),
        _asked(function, OPEN, f"{pivot.noun} committed?"),
    )
    yield (
        f"{pivot.noun} committed?",
        {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $states.input.outcome = 'Booked' %}", "Next": CONFIRMED},
                {"Condition": "{% $states.input.outcome = 'Conflict' %}", "Next": CONFLICT},
            ],
            "Default": _cancel(catalog.participants[-2]),
        },
    )
    yield (
        "Handed over?",
        {"Type": "Choice", "Choices": [{"Condition": "{% $parked %}", "Next": PARKED}], "Default": FAILED},
    )


def _ends(noun: str) -> State:
    """An execution's end tells the truth: only a confirmed saga succeeds."""
    return {
        CONFIRMED: {"Type": "Succeed"},
        FAILED: {"Type": "Fail", "Error": f"{noun}Failed", "Cause": "{% $reason %}"},
        CONFLICT: {
            "Type": "Fail",
            "Error": f"{noun}Conflict",
            "Cause": f"another request has this {noun.lower()} id; nothing was touched",
        },
        PARKED: {
            "Type": "Fail",
            "Error": "CompensationHandedOver",
            "Cause": "a cancel kept failing; it waits in the participant's compensate queue",
        },
        OPEN: {
            "Type": "Fail",
            "Error": LEFT_OPEN,
            "Cause": f"a participant does not answer; the deadline will end the {noun.lower()}",
        },
    }


def _asked(function: str, unanswered: str, answered: str) -> State:
    """A leg says what is decided."""
    return {
        **_task(function, do="'decide'", cause="$cause", reason="$reason"),
        **_ANSWERED,
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": unanswered}],
        "Next": answered,
    }


def _sent(queue: str, body: str, onward: str) -> State:
    """A message to a participant's own compensate queue."""
    return {
        "Type": "Task",
        "Resource": SEND,
        "Arguments": {"QueueUrl": queue, "MessageBody": f"{{% $string({body}) %}}"},
        "Retry": RETRY[1:],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": OPEN}],
        "Next": onward,
    }


def _task(function: str, *, do: str, cause: str, reason: str) -> State:
    changes = f"{{'do': {do}, 'cause': {cause}, 'reason': {reason}, 'attempt': $states.context.State.RetryCount + 1}}"
    return {
        "Type": "Task",
        "Resource": INVOKE,
        "Arguments": {
            "FunctionName": function,
            "Payload": f"{{% $merge([$states.context.Execution.Input, {changes}]) %}}",
        },
        "Retry": RETRY,
    }
