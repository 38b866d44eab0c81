"""Templates are made once for the same inputs, and a failure says what CDK said."""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from infra import synth as synthesis
from infra.packaging import ROOT
from infra.stages import Stage
from infra.synth import SynthFailed, synth


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A CDK that writes down for which stage it ran, and folders of its own to write to."""
    ran: list[str] = []

    def run(stage: Stage, _app: str, outdir: Path) -> None:
        time.sleep(0.05)  # long enough for a second caller to arrive meanwhile
        ran.append(stage.name)
        (outdir / "manifest.json").write_text("{}")

    monkeypatch.setattr(synthesis, "_run_cdk", run)
    monkeypatch.setattr(synthesis, "CACHE", tmp_path)
    monkeypatch.setattr(synthesis, "_ASSEMBLIES", tmp_path / "assemblies")
    for kind in ("packages", "wheels"):
        (tmp_path / kind).mkdir()
    return ran


def test_the_second_time_neither_cdk_nor_node_runs(runs: list[str]) -> None:
    """The same inputs give the same folder."""
    assert synth("local") == synth("local")
    assert runs == ["local"]


def test_stages_do_not_share_templates(runs: list[str]) -> None:
    """Not even those that differ in the name alone."""
    assert len({synth("dev"), synth("dev-ada"), synth("local")}) == 3
    assert sorted(runs) == ["dev", "dev-ada", "local"]


@pytest.mark.parametrize("edited", ["shared/trip.py", "services/hotel/domain.py", "infra/rules.py", "uv.lock"])
def test_an_edit_of_anything_that_ships_or_builds_is_seen(
    runs: list[str], edited: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stale template would be the worst kind of cache."""
    read = Path.read_bytes
    before = synth("local")
    changed = lambda path: read(path) + (b"#" if path == ROOT / edited else b"")  # noqa: E731
    monkeypatch.setattr(Path, "read_bytes", changed)
    assert synth("local") != before
    assert runs == ["local", "local"]


def test_callers_at_the_same_time_get_the_work_of_one(runs: list[str]) -> None:
    """Two test processes, or a person and a test, do not synthesise twice or see half a folder."""
    callers = [threading.Thread(target=synth, args=("local",)) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert runs == ["local"]


def test_what_cdk_printed_is_in_the_error_and_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure is shown whole, and does not look like a result the next time."""
    cdk = tmp_path / "cdk"
    cdk.write_text("#!/bin/sh\necho a queue is not encrypted\necho Traceback >&2\nexit 1\n")
    cdk.chmod(0o755)
    monkeypatch.setattr(synthesis, "_ASSEMBLIES", tmp_path)
    monkeypatch.setattr(sys, "executable", str(cdk))
    with pytest.raises(SynthFailed, match=r"(?s)stage local has no templates.*not encrypted.*Traceback"):
        synth("local")
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_an_unknown_stage_is_a_sentence() -> None:
    """Exit code 1 and no stack trace."""
    done = subprocess.run(
        [sys.executable, "-m", "infra.synth", "test"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("unknown stage 'test'")
    assert "Traceback" not in done.stderr


def test_old_templates_are_cleared_away(runs: list[str], tmp_path: Path) -> None:
    """The newest stay, and whatever may still be in use."""
    assemblies = tmp_path / "assemblies"
    for number in range(20):
        old = assemblies / f"old-{number:02}"
        old.mkdir(parents=True)
        os.utime(old, (number, number))
    recent = synth("local")
    left = {path.name for path in assemblies.iterdir() if path.is_dir()}
    assert recent.name in left
    assert "old-19" in left
    assert "old-00" not in left


def test_a_cached_stage_needs_no_node_and_no_uv() -> None:
    """Neither is on the PATH of this process, and the network is not asked."""
    folder = synth("local")
    cached = subprocess.run(
        [sys.executable, "-m", "infra.synth", "local"],
        cwd=ROOT,
        env={"PATH": "/nowhere", "HTTPS_PROXY": "http://127.0.0.1:1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert cached.stdout.strip() == str(folder), cached.stderr
