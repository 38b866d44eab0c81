"""`make demo-records` and docs/your-own-saga.md: what they show is what happens, and what is wrong is noticed."""

import re
from pathlib import Path

import pytest

from examples.records.demo import __main__ as entry
from examples.records.demo import demonstration


@pytest.fixture(scope="module")
def told() -> tuple[list[str], list[str]]:
    """What the demonstration says, and what it finds wrong."""
    lines: list[str] = []
    return lines, demonstration.demo(lines.append)


def test_it_shows_both_logs_in_both_styles(told: tuple[list[str], list[str]]) -> None:
    """R1 and R4, by events and by the state machine."""
    lines, wrong = told
    assert wrong == []
    assert len([line for line in lines if line.endswith("begin saga")]) == 4
    assert len([line for line in lines if line.endswith("end saga (CONFIRMED)")]) == 2
    assert len([line for line in lines if line.endswith("end saga (FAILED: step_failed)")]) == 2


def test_its_exit_code_tells(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """0 only if everything ended as it must; else each thing that did not is named."""
    monkeypatch.setattr(entry, "demo", lambda _tell: [])
    assert entry.main() == 0
    monkeypatch.setattr(entry, "demo", lambda _tell: ["records-success.json, by events: something else"])
    assert entry.main() == 1
    assert "records-success.json, by events: something else" in capsys.readouterr().err


def test_the_documents_example_runs_and_prints_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    """The code block is the code that runs."""
    text = (Path(__file__).parents[2] / "docs" / "your-own-saga.md").read_text()
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "world.settle()" in block]
    exec(code, {})  # noqa: S102 - our own document
    assert capsys.readouterr().out.strip() == code.strip().splitlines()[-1].removeprefix("# ")
