"""The catalogue, the rules and the settings say of each service what the service says of itself."""

import pytest

from infra import settings
from infra.catalog import CATALOG, OBSERVER, PARTICIPANTS
from infra.contracts import contracts, reason_codes
from infra.rules import all_rules
from infra.stages import named
from services.trip import facts as trip_facts
from shared.aws.settings import legs_from, terms_from
from shared.message import Booked, BookingFailed, Cancelled, Data
from shared.saga.declaration import PARTS
from shared.saga.participant import Participant

LOCAL = named("local")


@pytest.fixture(params=[who.name for who in PARTICIPANTS])
def who(request: pytest.FixtureRequest) -> Participant:
    """Each participant in turn, as it describes itself."""
    return next(who for who in PARTICIPANTS if who.name == request.param)


def test_names_and_legs_are_those_of_the_services(who: Participant) -> None:
    """And only the last leg is the pivot."""
    listed = CATALOG.named(who.name)
    assert (listed.leg, listed.source, listed.noun) == (who.leg, who.source, who.title)
    assert who.pivot is (listed == CATALOG.pivot)


def test_a_participants_facts_are_classes_of_those_names(who: Participant) -> None:
    """So that a detail-type can be found in the code by its name."""
    classes = {who.booked: Booked, who.failed: BookingFailed, who.cancelled: Cancelled}
    assert [kind.__name__ for kind in classes] == list(CATALOG.named(who.name).facts[:3])
    assert all(issubclass(kind, base) and kind.__doc__ for kind, base in classes.items())
    assert CATALOG.named(who.name).facts == tuple(f"{who.title}{part}" for part in PARTS)


def test_a_participants_reasons_are_documented(who: Participant) -> None:
    """Beside its facts, as stable codes."""
    codes = reason_codes(who)
    assert f"{who.name}_unknown" in codes
    assert ("cancelled" in codes) is who.pivot


def test_every_event_has_the_senders_that_its_contract_names() -> None:
    """The list by which strangers are told apart."""
    senders = CATALOG.senders(LOCAL.client_source)
    assert {(name, source) for name, sources in senders.items() for source in sources} == {
        (contract.detail_type, contract.source) for contract in contracts()
    }


def test_every_fact_of_the_observer_is_in_the_catalogue() -> None:
    """Each class of its facts, and no more."""
    classes = {
        name
        for name, kind in vars(trip_facts).items()
        if isinstance(kind, type) and issubclass(kind, Data) and kind is not Data
    }
    source = f"travel.{OBSERVER}"
    assert classes == {name for name, sources in CATALOG.senders("travel.client").items() if source in sources}


def test_a_participant_is_told_whom_it_follows(who: Participant) -> None:
    """Its settings, read by its own code: the one before it, and who was there under an older definition."""
    me = CATALOG.named(who.name)
    terms, before = terms_from(settings.participant(CATALOG, LOCAL, me)), CATALOG.before(me)
    assert terms.after == {upstream.name: upstream.leg for upstream in CATALOG.upstreams(me)}
    assert [*terms.after.items()][-1:] == ([(before.name, before.leg)] if before else [])
    assert terms.client_source == LOCAL.client_source


def test_the_observer_is_told_all_legs() -> None:
    """Its settings, read by its own code."""
    assert legs_from(settings.observer(CATALOG, LOCAL, OBSERVER)) == {who.name: who.leg for who in PARTICIPANTS}


@pytest.mark.parametrize("stage", ["local", "local-reverse", "dev", "prod"])
def test_rules_name_no_event_that_nobody_puts(stage: str) -> None:
    """A misspelt detail-type in a pattern would match nothing for ever."""
    known = CATALOG.senders(LOCAL.client_source)
    for rule in all_rules(CATALOG, named(stage)):
        if rule.service != "platform":
            for detail_type in rule.pattern["detail-type"]:
                if isinstance(detail_type, str):
                    assert detail_type in known
                else:
                    assert any(name.endswith(detail_type["suffix"]) for name in known)
