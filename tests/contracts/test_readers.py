"""Readers read what was frozen, ignore what they do not know, and put aside what they must not guess at."""

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from infra.catalog import CATALOG
from infra.contracts import contracts
from infra.matching import heard_by
from infra.rules import all_rules
from infra.stages import named
from services.trip.observer import observe
from shared.observer.effects import Note
from shared.observer.standing import Known
from shared.saga.effects import Core
from shared.saga.runtime import handle_booking, handle_notice
from tests.contracts.frozen import frozen, name_of
from tests.samples import LEGS, PARTICIPANTS, TERMS, body, booked, delivery
from tests.unit.by_hand import Answer, Run, by_hand, ledger
from tests.unit.test_booking import DETAILS

RULES = all_rules(CATALOG, named("local")) + all_rules(CATALOG, named("local-reverse"))


def handle(service: str, role: str, message: str, standing: Any = None) -> Run:
    """Handle a message as the function behind that queue would."""
    if service == "trip":
        keep: dict[type, Answer] = {Note: lambda effect: Known((effect.fact,), None)}
        return by_hand(observe(LEGS, "travel.client", message), keep)
    handling = {"book": handle_booking, "compensate": handle_notice}[role]
    core: Core[None] = partial(handling, PARTICIPANTS[service], TERMS[service])(delivery(message))
    return by_hand(core, ledger(standing))


def readers() -> Iterator[tuple[str, str, str]]:
    """Each frozen event with every queue that it reaches: name, service, role."""
    for contract in contracts():
        event = _event(name_of(contract), frozen()[name_of(contract)]["example"])
        for service, role in sorted({(rule.service, rule.role) for rule in heard_by(RULES, event)}):
            yield name_of(contract), service, role


def _event(name: str, detail: Any) -> dict[str, Any]:
    contract = next(each for each in contracts() if name_of(each) == name)
    return {"source": contract.source, "detail-type": contract.detail_type, "detail": detail}


def message(name: str, detail: Any) -> str:
    event = _event(name, detail)
    return body(event["detail-type"], event["source"], event["detail"])


READERS = list(readers())


@pytest.mark.parametrize(("name", "service", "role"), READERS)
def test_what_was_frozen_is_read_today(name: str, service: str, role: str) -> None:
    """Whatever waits in a queue or an archive while a service is deployed."""
    run = handle(service, role, message(name, frozen()[name]["example"]))
    assert run.quarantined == []
    assert run.failure is None
    assert run.effects


@pytest.mark.parametrize(("name", "service", "role"), READERS)
def test_a_field_that_is_not_known_is_ignored_in_a_fact(name: str, service: str, role: str) -> None:
    """At any depth; in a *request* it is refused by name instead."""
    detail = frozen()[name]["example"]
    if name == "TripRequested":
        run = handle(service, role, message(name, {**detail, "later": 1}))
        assert run.said == ["TripRequestRejected invalid"]
        return
    more = copy.deepcopy(detail)
    for part in (more, more.get("metadata", {}), more.get("data", {})):
        part["later"] = {"added": [1, None]}
    then, now = (handle(service, role, message(name, each)) for each in (detail, more))
    assert now.effects == then.effects
    assert not now.quarantined


@pytest.mark.parametrize(("name", "service", "role"), [each for each in READERS if "Requested" not in each[0]])
@pytest.mark.parametrize("version", [2, 0, None])
def test_another_major_version_is_put_aside_by_every_reader(name: str, service: str, role: str, version: Any) -> None:
    """Quarantined with the reason: nothing is written or announced for it, and it is not retried."""
    detail = copy.deepcopy(frozen()[name]["example"])
    detail["metadata"]["version"] = version
    run = handle(service, role, message(name, detail), booked(details=DETAILS.get(service, {})))
    assert run.names == ["Quarantine"]
    assert run.quarantined == [f"metadata.version = {version!r}: this reader knows version 1"]
    assert run.failure is None


def test_somebody_reads_every_fact_that_matters() -> None:
    """Only the outcomes have no reader here: they are for whoever wants to act on them."""
    unread = {name_of(contract) for contract in contracts()} - {name for name, _, _ in READERS}
    assert unread == {"TripConfirmed", "TripFailed", "TripCancelled"}
