"""Making the engine's environment."""

from pathlib import Path

import pytest

from sandbox.engine import environment
from sandbox.engine.engine import Engine, EngineError


@pytest.fixture
def no_uv(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine on which uv is nowhere."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(environment, "PROJECT", tmp_path)


def test_an_environment_made_from_this_lock_is_left_alone(engine: Engine, no_uv: None) -> None:
    """The second run needs neither uv nor a network."""
    heard: list[str] = []
    assert environment.ensure(heard.append) == environment.PYTHON
    assert heard == []


def test_without_uv_the_cure_is_named(no_uv: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """When something must be installed and uv is missing, the error says what to run."""
    monkeypatch.setattr(environment, "_STAMP", tmp_path / "no-stamp")
    with pytest.raises(EngineError, match=r"uv is needed .*make setup"):
        environment.ensure()


def test_another_lock_means_another_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What the environment was made from is remembered by content."""
    before = environment._fingerprint()
    other = tmp_path / "uv.lock"
    other.write_text("something else")
    monkeypatch.setattr(environment, "_LOCK_FILE", other)
    assert environment._fingerprint() != before
