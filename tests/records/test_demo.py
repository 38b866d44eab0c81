"""`make demo-records`: what it prints, and that it notices what is wrong."""

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
