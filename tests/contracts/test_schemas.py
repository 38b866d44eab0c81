"""Contracts only grow: what was frozen can be read today, and what is put today can be read by whoever knows the frozen one."""

from typing import Any

import pytest

from infra.contracts import Contract, contracts
from tests.contracts.frozen import breaks, examples, frozen, name_of, shape

CONTRACTS = {name_of(contract): contract for contract in contracts()}
FROZEN = frozen()


@pytest.fixture(params=list(CONTRACTS))
def contract(request: pytest.FixtureRequest) -> Contract:
    """Each event's contract in turn."""
    return CONTRACTS[request.param]


def test_every_event_is_frozen_and_nothing_else_is() -> None:
    """A new event is frozen by `python -m tests.contracts.frozen --write`."""
    assert set(FROZEN) == set(CONTRACTS)


def test_a_contract_is_still_that_of_its_major_version(contract: Contract) -> None:
    """Nothing gone, nothing of another kind, nothing new that is required."""
    assert breaks(FROZEN[name_of(contract)]["shape"], shape(contract.schema)) == []


def test_what_is_put_today_says_no_more_than_its_contract(contract: Contract) -> None:
    """Examples made by the shipped handlers: every field that they hold is in the contract, and the required ones are there."""
    said, known = set(_paths(examples()[name_of(contract)], "detail")), shape(contract.schema)
    free = ("detail.data.trip.",)
    assert {path for path in said if path not in known and not path.startswith(free)} == set()
    required = {path for path, kind in known.items() if "[]" not in path and not kind.endswith("optional")}
    assert required <= said


def _paths(value: Any, path: str) -> list[str]:
    inner = value.items() if isinstance(value, dict) else ()
    items = value if isinstance(value, list) else ()
    return [
        path,
        *(each for name, item in inner for each in _paths(item, f"{path}.{name}")),
        *(each for item in items for each in _paths(item, f"{path}[]")),
    ]


V1 = {"detail": "object", "detail.a": "string", "detail.b": "object, optional", "detail.b.c": "string"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"detail.a": None}, ["detail.a is gone"]),
        ({"detail.a": "integer"}, ["detail.a was string, and is integer"]),
        ({"detail.a": "string, optional"}, ["detail.a was string, and is string, optional"]),
        ({"detail.d": "string"}, ["detail.d is new and required"]),
        ({"detail.d": "string, optional"}, []),
        ({"detail.b.d": "string"}, []),
        ({"detail.d": "object, optional", "detail.d.e": "string"}, []),
        (
            {"detail.d": "array", "detail.d[]": "string"},
            ["detail.d is new and required", "detail.d[] is new and required"],
        ),
    ],
)
def test_the_measure_itself(change: dict[str, str | None], why: list[str]) -> None:
    """Each way to break a reader is seen, each way to grow is let pass."""
    changed = {field: kind for field, kind in {**V1, **change}.items() if kind is not None}
    assert breaks(V1, changed) == why
