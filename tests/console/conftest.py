"""The command as a person runs it: in this process, on the session's engine or with none at all."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from console import local as local_engine
from console.cli import app
from sandbox.local_world import LocalWorld

Wayfare = Callable[..., Result]


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Wayfare:
    """`wayfare` where nothing is up, whatever runs on this machine."""
    monkeypatch.setattr(local_engine, "STATE", tmp_path / "up.json")
    return run


@pytest.fixture
def wayfare(monkeypatch: pytest.MonkeyPatch, local: LocalWorld) -> Wayfare:
    """`wayfare` with the session's engine up."""
    monkeypatch.setattr(local_engine, "find", lambda: local.engine)
    local.set_stock("car", "Volvo", "fleet", 100)  # every test that tries the examples wants one
    return run


def run(*words: object, cols: int = 100) -> Result:
    """The command's result: exit code, stdout and stderr apart."""
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": str(cols)})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
