"""A function's configuration: read once from its environment, at cold start, into a frozen object."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from shared.saga.intake import Terms
from shared.saga.timeline import Legs


class Misconfigured(Exception):
    """A variable that the function needs is missing or makes no sense; its deployment is wrong."""


@dataclass(frozen=True)
class Settings:
    """The names of what this function may touch. A function without a queue has no queue settings, the starter no table."""

    bus: str
    table: str
    queue_url: str = ""
    dead_letter_url: str = ""
    max_receives: int = 0


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Raises `Misconfigured`, naming the variable."""
    queue_url = environment.get("WAYFARE_QUEUE_URL", "")
    return Settings(
        bus=_text(environment, "WAYFARE_BUS"),
        table="" if "WAYFARE_MACHINE" in environment else _text(environment, "WAYFARE_TABLE"),
        queue_url=queue_url,
        dead_letter_url=_text(environment, "WAYFARE_DLQ_URL") if queue_url else "",
        max_receives=_number(environment, "WAYFARE_MAX_RECEIVES") if queue_url else 0,
    )


def terms_from(environment: Mapping[str, str]) -> Terms:
    """What the stage lays down for a participant. Raises `Misconfigured`, naming the variable."""
    unlisted = environment.get("WAYFARE_UNLISTED", "")
    return Terms(
        client_source=client_source_from(environment),
        after=_after(environment),
        definition=_number(environment, "WAYFARE_DEFINITION") if "WAYFARE_DEFINITION" in environment else 1,
        faults_allowed=environment.get("WAYFARE_FAULTS") == "on",
        default_deadline=timedelta(seconds=_number(environment, "WAYFARE_DEADLINE_SECONDS")),
        unlisted=_number(environment, "WAYFARE_UNLISTED") if unlisted else None,
    )


def _after(environment: Mapping[str, str]) -> dict[str, int]:
    text = environment.get("WAYFARE_AFTER", "")
    told = dict(each.partition(":")[::2] for each in text.split(",") if each)
    if not all(leg.isdecimal() for leg in told.values()):
        raise Misconfigured(
            f"WAYFARE_AFTER = {text!r}: set it to the upstream participant and its leg, such as hotel:10"
        )
    return {name: int(leg) for name, leg in told.items()}


def client_source_from(environment: Mapping[str, str]) -> str:
    """The event source that clients use. Raises `Misconfigured` when it is not set."""
    return _text(environment, "WAYFARE_CLIENT_SOURCE")


def machine_from(environment: Mapping[str, str]) -> str:
    """The ARN of the stage's state machine. Raises `Misconfigured` when it is not set."""
    return _text(environment, "WAYFARE_MACHINE")


def legs_from(environment: Mapping[str, str]) -> Legs:
    """Every participant's leg, for the observer, and since when it takes part. Raises `Misconfigured`, naming the variable."""
    since = _numbers(environment, "WAYFARE_SINCE") if "WAYFARE_SINCE" in environment else {}
    return Legs(_numbers(environment, "WAYFARE_LEGS"), since)


def _numbers(environment: Mapping[str, str], name: str) -> dict[str, int]:
    text = _text(environment, name)
    try:
        return {str(name): int(number) for name, number in json.loads(text).items()}
    except (ValueError, AttributeError, TypeError) as error:
        raise Misconfigured(f'{name} = {text!r}: set it to a JSON object such as {{"hotel": 10}}') from error


def _text(environment: Mapping[str, str], name: str) -> str:
    if value := environment.get(name):
        return value
    raise Misconfigured(f"{name} is not set: deploy the function with its stack")


def _number(environment: Mapping[str, str], name: str) -> int:
    value = _text(environment, name)
    if not value.isdecimal():
        raise Misconfigured(f"{name} = {value!r}: set it to a whole number")
    return int(value)
