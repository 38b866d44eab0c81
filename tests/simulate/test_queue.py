"""A queue in virtual time delivers as SQS does."""

from sandbox.simulate.agenda import Agenda
from sandbox.simulate.queue import Letter, Queue


class Desk:
    """A queue, and what became of its letters."""

    def __init__(self, max_receives: int = 3) -> None:
        self.agenda = Agenda()
        self.gone: list[tuple[int, bool]] = []
        self.queue = Queue(
            self.agenda,
            90,
            max_receives,
            arrived=lambda: None,
            gone=lambda letter, given_up: self.gone.append((letter.number, given_up)),
        )
        self.letter = Letter(1, "{}")
        self.queue.send(self.letter)

    def pass_time(self, until: float) -> None:
        while len(self.agenda) and self.agenda.upcoming <= until:
            self.agenda.step()


def test_a_received_letter_is_hidden_and_comes_again() -> None:
    """Its worker may have died: after the visibility timeout anybody may receive it, and the count has grown."""
    desk = Desk()
    assert desk.queue.receive(0) is desk.letter
    desk.pass_time(89)
    assert desk.queue.visible == []
    desk.pass_time(90)
    assert desk.queue.visible == [desk.letter]
    assert desk.queue.receive(0) is desk.letter
    assert desk.letter.receives == 2


def test_a_deleted_letter_never_comes_again() -> None:
    desk = Desk()
    desk.queue.receive(0)
    desk.queue.delete(desk.letter)
    desk.pass_time(1000)
    assert desk.queue.visible == []
    assert desk.gone == [(1, False)]


def test_a_letter_is_put_off_by_the_latest_receipt_alone() -> None:
    """A worker that stood still for longer than its message stayed hidden has no say in it any more."""
    desk = Desk()
    desk.queue.receive(0)
    desk.queue.put_off(desk.letter, 1, 5)
    desk.pass_time(5)
    assert desk.queue.visible == [desk.letter]
    desk.queue.put_off(desk.letter, 1, 500)  # no longer in flight
    desk.queue.receive(0)
    desk.queue.put_off(desk.letter, 1, 500)  # in flight by another receipt
    desk.pass_time(5 + 90)
    assert desk.queue.visible == [desk.letter]


def test_a_letter_that_used_up_its_deliveries_is_given_up() -> None:
    """It goes when it would be received once more, as in SQS."""
    desk = Desk(max_receives=2)
    for delivery in (1, 2):
        assert desk.queue.receive(0) is desk.letter
        desk.pass_time(90 * delivery)
    assert desk.gone == []
    assert desk.queue.receive(0) is None
    assert desk.gone == [(1, True)]
    desk.pass_time(1000)
    assert desk.queue.visible == []


def test_a_letter_may_be_deleted_while_it_waits_to_be_received_again() -> None:
    """A slow worker that ends well deletes what has become visible meanwhile."""
    desk = Desk()
    desk.queue.receive(0)
    desk.pass_time(90)
    desk.queue.delete(desk.letter)
    assert desk.queue.visible == []
    desk.queue.delete(desk.letter)
    assert desk.gone == [(1, False)]


def test_things_happen_in_the_order_of_their_moments() -> None:
    """And of two at one moment, the one that was entered first."""
    agenda, seen = Agenda(), list[str]()
    for seconds, name in ((2.0, "late"), (1.0, "first"), (1.0, "second")):
        agenda.after(seconds, lambda name=name: seen.append(name))  # type: ignore[misc]
    while len(agenda):
        agenda.step()
    assert (seen, agenda.now) == (["first", "second", "late"], 2.0)
