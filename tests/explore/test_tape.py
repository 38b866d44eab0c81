"""A handler is run again from its start, up to the first call that nobody has answered yet."""

from sandbox.explore.parts import shipped
from sandbox.explore.state import Job
from sandbox.explore.tape import Call, Ended, play
from sandbox.world import Inbox
from shared.ports import Busy
from shared.saga.runtime import Delivery
from tests.explore.given import NOTHING, a_request

HOTEL = Inbox("hotel", "book")


def standing(*answers: object, messages: int = 1) -> Call | Ended:
    deliveries = [Delivery(a_request(f"trip-{number}"), NOTHING.at) for number in range(messages)]
    return play(shipped("local").run(Job(HOTEL), deliveries), answers)


def test_a_run_stands_at_the_first_call_without_an_answer() -> None:
    first = standing()
    assert isinstance(first, Call)
    assert (first.place, first.method) == ("hotel", "look")


def test_the_same_answers_lead_to_the_same_call() -> None:
    assert standing(NOTHING.seen) == standing(NOTHING.seen)
    second = standing(NOTHING.seen)
    assert isinstance(second, Call)
    assert second.method == "decide"


def test_an_answer_that_is_an_exception_is_raised_in_the_handler() -> None:
    ended = standing(Busy("throttled"))
    assert isinstance(ended, Ended)
    assert isinstance(ended.outcomes[0], Busy)


def test_a_batch_runs_in_the_shipped_driver_and_puts_its_facts_in_one_call() -> None:
    answers: list[object] = [NOTHING.seen, NOTHING.seen]
    for _ in range(2):
        call = standing(*answers, messages=2)
        assert isinstance(call, Call)
        answers.append(call.arguments[0])  # what was to be decided stands
    put = standing(*answers, messages=2)
    assert isinstance(put, Call)
    assert (put.place, put.method, len(put.arguments[0])) == ("bus", "publish", 2)
    ended = standing(*answers, [None, Busy("not put")], messages=2)
    assert isinstance(ended, Ended)
    assert [failure is None for failure in ended.outcomes] == [True, False]
