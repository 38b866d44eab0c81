"""Settings are read once, and a wrong deployment fails at once, naming the variable."""

from datetime import timedelta

import pytest

from shared.aws.settings import (
    Misconfigured,
    Settings,
    client_source_from,
    legs_from,
    machine_from,
    settings_from,
    terms_from,
)
from shared.saga.intake import Terms

NAMES = {"WAYFARE_BUS": "bus", "WAYFARE_TABLE": "table"}
QUEUE = {"WAYFARE_QUEUE_URL": "url", "WAYFARE_DLQ_URL": "dlq", "WAYFARE_MAX_RECEIVES": "10"}
TERMS = {
    "WAYFARE_CLIENT_SOURCE": "travel.client",
    "WAYFARE_AFTER": "hotel:10",
    "WAYFARE_FAULTS": "on",
    "WAYFARE_UNLISTED": "0",
    "WAYFARE_DEADLINE_SECONDS": "300",
}


def test_a_function_with_a_queue_knows_its_names() -> None:
    """All of them are read into one frozen object."""
    assert settings_from(NAMES | QUEUE) == Settings("bus", "table", "url", "dlq", 10)


def test_a_function_without_a_queue_needs_no_queue_settings() -> None:
    """The stock desk, for instance."""
    assert settings_from(NAMES) == Settings("bus", "table")


def test_the_starter_knows_its_machine_and_has_no_table() -> None:
    """Executions are its records."""
    machine = {"WAYFARE_BUS": "bus", "WAYFARE_MACHINE": "arn:machine"}
    assert settings_from(machine | QUEUE) == Settings("bus", "", "url", "dlq", 10)
    assert machine_from(machine) == "arn:machine"
    with pytest.raises(Misconfigured, match="WAYFARE_MACHINE is not set"):
        machine_from(NAMES)


@pytest.mark.parametrize("missing", [*NAMES, "WAYFARE_DLQ_URL", "WAYFARE_MAX_RECEIVES"])
@pytest.mark.parametrize("how", ["absent", "empty"])
def test_a_missing_variable_is_named(missing: str, how: str) -> None:
    """Absent or empty, the answer is the same."""
    environment = {name: value for name, value in (NAMES | QUEUE).items() if name != missing}
    with pytest.raises(Misconfigured, match=f"{missing} is not set"):
        settings_from(environment | ({missing: ""} if how == "empty" else {}))


@pytest.mark.parametrize("value", ["ten", "-1", "1.5", " 10"])
def test_a_number_that_is_none_is_named_with_its_value(value: str) -> None:
    """And says what to set."""
    with pytest.raises(Misconfigured, match=f"WAYFARE_MAX_RECEIVES = '{value}': set it to a whole number"):
        settings_from(NAMES | QUEUE | {"WAYFARE_MAX_RECEIVES": value})


def test_the_terms_of_a_later_leg() -> None:
    """It knows whom it follows, and nobody else."""
    assert terms_from(TERMS) == Terms(
        client_source="travel.client",
        after={"hotel": 10},
        faults_allowed=True,
        default_deadline=timedelta(seconds=300),
        unlisted=0,
    )


def test_the_terms_of_the_first_leg() -> None:
    """Nobody before it, no faults, the service's own default stock."""
    terms = terms_from(TERMS | {"WAYFARE_AFTER": "", "WAYFARE_FAULTS": "off", "WAYFARE_UNLISTED": ""})
    assert (terms.after, terms.faults_allowed, terms.unlisted) == ({}, False, None)


@pytest.mark.parametrize("after", ["hotel", "hotel:", "hotel:ten", ":"])
def test_an_upstream_without_its_leg_is_refused(after: str) -> None:
    """With what to set."""
    with pytest.raises(Misconfigured, match=r"WAYFARE_AFTER = .* such as hotel:10"):
        terms_from(TERMS | {"WAYFARE_AFTER": after})


@pytest.mark.parametrize("name", ["WAYFARE_CLIENT_SOURCE", "WAYFARE_DEADLINE_SECONDS"])
def test_a_participant_needs_its_terms(name: str) -> None:
    """A default here would hide a wrong deployment."""
    with pytest.raises(Misconfigured, match=f"{name} is not set"):
        terms_from({**TERMS, name: ""})


def test_the_observer_knows_the_order_of_all_legs() -> None:
    """As JSON, and its clients' source."""
    assert legs_from({"WAYFARE_LEGS": '{"hotel":10,"car":30}'}) == {"hotel": 10, "car": 30}
    assert client_source_from({"WAYFARE_CLIENT_SOURCE": "travel.web"}) == "travel.web"


@pytest.mark.parametrize("legs", ["[]", "hotel", '{"hotel": "first"}', '{"hotel": null}', "7"])
def test_legs_of_another_shape_are_refused(legs: str) -> None:
    """With what to set."""
    with pytest.raises(Misconfigured, match=r"WAYFARE_LEGS = .*: set it to a JSON object such as"):
        legs_from({"WAYFARE_LEGS": legs})


def test_missing_legs_are_named() -> None:
    """The observer cannot do without."""
    with pytest.raises(Misconfigured, match="WAYFARE_LEGS is not set"):
        legs_from({})
