"""The events' page and schemas are those that the contracts and the rules make."""

import json
import re
from pathlib import Path

import pytest

from infra import events_doc
from infra.catalog import CATALOG
from infra.contracts import Contract, contracts
from infra.packaging import ROOT

EXAMPLES = sorted((ROOT / "examples" / "trips").glob("*.json"))
KNOWN = {contract.file: contract for contract in contracts()}


def test_the_page_and_the_schemas_are_up_to_date() -> None:
    """If not: `python -m infra.events_doc --write`."""
    assert events_doc.stale() == []


def test_every_event_of_the_catalogue_has_its_contract() -> None:
    """Each known detail-type, from each source that may send it, and no other."""
    senders = CATALOG.senders("travel.client")
    wanted = {(detail_type, source) for detail_type, sources in senders.items() for source in sources}
    assert {(contract.detail_type, contract.source) for contract in KNOWN.values()} == wanted


@pytest.mark.parametrize("contract", KNOWN.values(), ids=KNOWN)
def test_a_schema_speaks_json_schema(contract: Contract) -> None:
    """Its patterns are ECMAScript's, and its references lead somewhere."""
    text = json.dumps(contract.schema)
    assert r"\\Z" not in text
    for name in re.findall(r'"#/\$defs/(\w+)"', text):
        assert name in contract.schema["$defs"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_keep_the_requests_schema(example: Path) -> None:
    """Every required field is there; every field is known, and of a kind that the schema allows."""
    trip, schema = json.loads(example.read_text()), KNOWN["TripRequested.json"].schema
    flags = [re.compile(pattern) for pattern in schema["patternProperties"]]
    assert set(schema["required"]) <= trip.keys()
    for field, value in trip.items():
        if any(flag.match(field) for flag in flags):
            assert isinstance(value, bool)
        else:
            assert isinstance(value, str) is (schema["properties"][field]["type"] == "string")


def test_a_stale_file_is_named_and_cured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is missing, differs, or belongs to nothing is seen; writing cures it."""
    monkeypatch.setattr(events_doc, "DOCS", tmp_path)
    events_doc.write()
    assert events_doc.stale() == []
    page, schema, stray = (
        tmp_path / name for name in ("events.md", "schemas/HotelBooked.json", "schemas/BoatBooked.json")
    )
    page.write_text("edited by hand")
    schema.unlink()
    stray.write_text("{}")
    assert set(events_doc.stale()) == {page, schema, stray}
    events_doc.write()
    assert events_doc.stale() == []
