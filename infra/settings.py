"""What a function is told about its surroundings: the environment variables of each unit, as data."""

import json

from infra.catalog import Catalog, Participant
from infra.names import Names
from infra.stages import Stage


def common(catalog: Catalog, stage: Stage, service: str) -> dict[str, str]:
    """For every function of a service."""
    names = Names(stage.name, catalog.app)
    return {
        "WAYFARE_STAGE": stage.name,
        "WAYFARE_BUS": names.bus,
        "WAYFARE_TABLE": names.dossiers if shares_dossiers(catalog, service) else names.table(service),
        "WAYFARE_CLIENT_SOURCE": stage.client_source,
        "POWERTOOLS_SERVICE_NAME": service,
        "POWERTOOLS_METRICS_NAMESPACE": names.metrics_namespace,
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def shares_dossiers(catalog: Catalog, service: str) -> bool:
    """Whether the service keeps its records in the table that it shares with the saga's other participants."""
    return catalog.saga.keeps_dossier and service in catalog.legs


def participant(catalog: Catalog, stage: Stage, me: Participant) -> dict[str, str]:
    """For the functions of a participant: it knows whom it follows, and nobody else. The first one stamps what it takes."""
    stamp = {"WAYFARE_DEFINITION": str(catalog.definition)} if me == catalog.first else {}
    return {
        **common(catalog, stage, me.name),
        "WAYFARE_AFTER": ",".join(f"{upstream.name}:{upstream.leg}" for upstream in catalog.upstreams(me)),
        **stamp,
        **_terms(stage),
        "WAYFARE_UNLISTED": stage.unlisted_stock,
    }


def _terms(stage: Stage) -> dict[str, str]:
    """What a stage lays down for requests."""
    return {
        "WAYFARE_FAULTS": "on" if stage.fault_injection else "off",
        "WAYFARE_DEADLINE_SECONDS": str(stage.deadline_seconds),
    }


def observer(catalog: Catalog, stage: Stage, service: str) -> dict[str, str]:
    """For the functions of the observer: it knows the order of all legs, and who joined later."""
    known = {"WAYFARE_LEGS": catalog.legs} | ({"WAYFARE_SINCE": catalog.legs.since} if catalog.legs.since else {})
    told = {name: json.dumps(value, separators=(",", ":")) for name, value in known.items()}
    return {**common(catalog, stage, service), **told}


def orchestrator(catalog: Catalog, stage: Stage, service: str, machine: str) -> dict[str, str]:
    """For the function that starts executions: it reads requests as the first leg does, and keeps no table."""
    return {
        **{name: value for name, value in common(catalog, stage, service).items() if name != "WAYFARE_TABLE"},
        **_terms(stage),
        "WAYFARE_DEFINITION": str(catalog.definition),
        "WAYFARE_MACHINE": machine,
    }


def inbox(stage: Stage, queue_url: str, dead_letters_url: str) -> dict[str, str]:
    """For a function with a queue."""
    return {
        "WAYFARE_QUEUE_URL": queue_url,
        "WAYFARE_DLQ_URL": dead_letters_url,
        "WAYFARE_MAX_RECEIVES": str(stage.max_receives),
    }
