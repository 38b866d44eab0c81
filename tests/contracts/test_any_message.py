"""Whatever lies in a queue, its function comes to an end: handled, refused or put aside; never an error that is retried."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.trip.observer import observe
from shared.aws.ledger import item_of, record_of
from shared.observer.effects import Enter, Note, NoteRejection
from shared.observer.standing import Known
from shared.saga.effects import Announce, Core, Decide, Look, Quarantine
from shared.saga.runtime import handle_booking, handle_notice
from tests.contracts.frozen import frozen
from tests.contracts.test_readers import READERS, message
from tests.samples import LEGS, PARTICIPANTS, TERMS, delivery, with_faults_allowed
from tests.unit.by_hand import Answer, by_hand, ledger
from tests.unit.test_message import JSON

QUEUES = [(name, role) for name in PARTICIPANTS for role in ("book", "compensate")] + [("trip", "observe")]
ODD: list[Any] = [
    "", " ", "x" * 300, "a\nb", "\x00", "\ud800", "🏨", "9999-12-31T23:59:59.999999Z", "0001-01-01T00:00:00+14:00",
    "2026-11-21T12:00:00", "1900-01-01T00:00:00Z", "-1", -1, 0, 2, 10**30, 1.5, True, None, [], {}, [[]], {"tripId": 1},
]  # fmt: skip
FEW: tuple[Any, ...] = ("", "\ud800", "9999-12-31T23:59:59.999999Z", -1, None, {})
VALUES = st.sampled_from(ODD) | JSON


def core(service: str, role: str, text: str) -> Core[None]:
    """The handling of a message, as the function behind the queue does it."""
    if service == "trip":
        return observe(LEGS, "travel.client", text)
    handle = {"book": handle_booking, "compensate": handle_notice}[role]
    return handle(PARTICIPANTS[service], with_faults_allowed(TERMS[service]), delivery(text))


def _stored(effect: Decide) -> Any:
    assert record_of(item_of(effect.record)) == effect.record
    return effect.record


def _noted(effect: Note) -> Known:
    assert msgspec.json.encode(effect.fact)
    return Known((effect.fact,), None)


STRICT: dict[type, Answer] = {
    **ledger(),
    Decide: _stored,
    Note: _noted,
    Announce: lambda effect: effect.fact.detail() and None,
    NoteRejection: lambda effect: msgspec.json.encode(effect.rejection) and None,
    Enter: lambda effect: msgspec.json.encode(effect.summary) and None,
    Quarantine: lambda effect: effect.reason.encode("utf-8", "replace") and None,
}
"""Ports that refuse what could not be stored or put."""


def comes_to_an_end(service: str, role: str, text: str) -> None:
    run = by_hand(core(service, role, text), STRICT)
    assert run.failure is None, run.failure
    assert all(type(effect) in {Look, *STRICT} for effect in run.effects)
    assert all(len(json.dumps(json.loads(told.detail()))) < 200_000 for told in run.announced)


def paths(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*path, key))


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """The value with another one at that place."""
    if not path:
        return new
    changed = copy.copy(value)
    changed[path[0]] = replaced(value[path[0]], path[1:], new)
    return changed


@pytest.mark.parametrize(("service", "role"), QUEUES)
@settings(max_examples=50)
@given(text=st.text() | JSON.map(json.dumps))
@example(text='"\\ud800"')
def test_any_text_comes_to_an_end(service: str, role: str, text: str) -> None:
    """JSON or not."""
    comes_to_an_end(service, role, text)


@pytest.mark.parametrize(("service", "role"), QUEUES)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_any_event_with_something_wrong_comes_to_an_end(service: str, role: str, data: st.DataObject) -> None:
    """Every kind of event, one or two of its parts replaced by anything, in any queue."""
    name = data.draw(st.sampled_from(sorted(frozen())))
    event = json.loads(message(name, frozen()[name]["example"]))
    for _ in range(data.draw(st.integers(1, 2))):
        path = data.draw(st.sampled_from(list(paths(event))))
        event = replaced(event, path, data.draw(VALUES))
    comes_to_an_end(service, role, json.dumps(event))


@pytest.mark.parametrize(("name", "service", "role"), READERS)
def test_each_part_of_each_event_may_be_anything(name: str, service: str, role: str) -> None:
    """Each place of the metadata and the data, in every queue that the event reaches."""
    detail = frozen()[name]["example"]
    for path in paths(detail):
        for odd in FEW:
            comes_to_an_end(service, role, message(name, replaced(detail, path, odd)))
