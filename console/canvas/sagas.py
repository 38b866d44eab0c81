"""Sagas by name: the trip, the example, or one of the user's own as MODULE:NAME of its catalogue."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from console.trouble import Exit, Trouble
from infra.catalog import Catalog

SAGAS: Final[Mapping[str, str]] = {
    "trip": "infra.catalog:CATALOG",
    "records": "examples.records.deploy.catalog:RECORDS_CATALOG",
}


def catalog_of(saga: str) -> Catalog:
    """The catalogue of a saga. Raises Trouble (usage)."""
    module, _, name = SAGAS.get(saga, saga).partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        known = ", ".join(SAGAS)
        raise Trouble(
            f"no saga {saga!r} ({error}): choose from {known}, or give MODULE:NAME of a catalogue", Exit.USAGE
        ) from error
    if not isinstance(found, Catalog):
        raise Trouble(f"{saga}: {name} is no catalogue but a {type(found).__name__}", Exit.USAGE)
    return found
