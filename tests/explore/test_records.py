"""The other saga, whose participants share dossiers and whose failed steps are rolled back, is explored by the same code."""

from dataclasses import replace
from typing import Any

import pytest

from examples.records.deploy.catalog import RECORDS_CATALOG
from sandbox.explore.cases import Case
from sandbox.explore.parts import shipped
from sandbox.explore.search import Search
from sandbox.explore.story import lines
from sandbox.explore.system import System


def a_transaction(**details: Any) -> dict[str, Any]:
    return {"Payload": {"TransactionDetails": {"TransactionId": "tx-1", **details}}}


ONE = Case(name="records", about="one transaction", requests=(a_transaction(),), stocks=({},), faults=())
CASES = {
    "good": ONE,
    "good, calls fail": replace(ONE, faults=("book", "compensate", "finish")),
    **{
        f"{step} fails, {stage}": replace(ONE, stage=stage, requests=(a_transaction(failStep=step),))
        for step in ("Process", "Transform", "Commit")
        for stage in ("local", "local-reverse")
    },
    "Commit fails after its write": replace(ONE, requests=(a_transaction(failStep="Commit", failAfterWrite=True),)),
    "by the machine": replace(
        ONE, workers=1, duplicates=False, requests=({**a_transaction(), "mode": "orchestration"},)
    ),
    "Commit fails, by the machine": replace(
        ONE, workers=1, duplicates=False, requests=({**a_transaction(failStep="Commit"), "mode": "orchestration"},)
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_no_interleaving_of_a_transaction_violates_an_invariant(case: Case) -> None:
    system = System(case, shipped(case.stage, RECORDS_CATALOG))
    found = Search(system).run()
    assert found.counterexample is None, "\n".join(map(str, lines(system, found.counterexample)))
    assert found.resting > 0
