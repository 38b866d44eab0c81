"""docs/metering.md is what the reckoned trips and the prices make of it."""

import subprocess
import sys
from pathlib import Path

import pytest

from infra.packaging import ROOT
from sandbox.metering import doc
from sandbox.metering.by_hand import BILLS, Bill


def test_the_page_is_up_to_date() -> None:
    """If not: `python -m sandbox.metering.doc --write`."""
    assert doc.PAGE.read_text() == doc.document()


@pytest.mark.parametrize("bill", BILLS, ids=lambda bill: f"{bill.mode}: {bill.outcome}")
def test_every_tables_rows_add_up_to_its_total(bill: Bill) -> None:
    """As a reader would add them."""
    rows = [[cell.strip() for cell in line.split("|")[2:-2]] for line in doc._steps(bill).splitlines()[2:]]
    *steps, total, observer = [[int(cell or 0) for cell in row] for row in rows]
    assert [sum(column) for column in zip(*steps, strict=True)] == total
    assert all(part <= whole for part, whole in zip(observer, total, strict=True))


def test_a_stale_page_is_refused_and_cured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "metering.md"
    monkeypatch.setattr(doc, "PAGE", page)
    for argument in ("--write", "--check"):
        monkeypatch.setattr(sys, "argv", ["doc", argument])
        doc.main()
    page.write_text("edited by hand")
    with pytest.raises(SystemExit, match="not up to date: run"):
        doc.main()


def test_the_command_checks() -> None:
    subprocess.run([sys.executable, "-m", "sandbox.metering.doc", "--check"], check=True, cwd=ROOT)
