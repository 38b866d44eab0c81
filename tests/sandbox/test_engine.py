"""Starting an engine, finding it again, and leaving nothing behind."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.engine import environment
from sandbox.engine.engine import Engine, EngineError
from sandbox.engine.process import HOST, PROJECT, free_port, wait_until
from tests.sandbox.world import ChainWorld

PATIENCE = 10.0


def test_a_stopped_engine_leaves_no_process_and_no_folder(
    engine: Engine, chained: Callable[[Engine], ChainWorld]
) -> None:
    """Stopping ends the workers of functions too."""
    with Engine.start() as mine:
        worker = chained(mine).ask("describe")["pid"]
        assert running(worker)
        folder = mine.process.folder
        assert folder.exists()
    assert not running(worker)
    assert not group_running(mine.process.pid)
    assert not folder.exists()


def test_stopping_twice_is_harmless(engine: Engine) -> None:
    """A second stop finds nothing to do."""
    mine = Engine.start()
    mine.stop()
    mine.stop()


def test_the_engine_listens_on_loopback_only(engine: Engine) -> None:
    """Nobody else on the network reaches it: another local address refuses."""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", engine.port), timeout=2)


def test_a_taken_port_is_named(engine: Engine) -> None:
    """The error says which port, and what to do."""
    with pytest.raises(EngineError, match=rf"port {engine.port} on 127.0.0.1 .* another port"):
        Engine.start(port=engine.port)


def test_a_missing_environment_says_how_to_make_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is started, and the command to run is named."""
    monkeypatch.setattr(environment, "PYTHON", tmp_path / "python")
    with pytest.raises(EngineError, match=r"environment is missing .* sandbox\.engine\.environment"):
        Engine.start()


def test_an_engine_that_dies_at_once_shows_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The end of the log is in the error, so nobody has to look for it."""
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho something is wrong; exit 3\n")
    broken.chmod(0o755)
    monkeypatch.setattr(environment, "PYTHON", broken)
    with pytest.raises(EngineError, match=r"(?s)ended at once.*something is wrong"):
        Engine.start()


def test_a_reset_forgets_everything(engine: Engine) -> None:
    """After a reset the engine runs on, empty."""
    with Engine.start() as mine:
        mine.clients.client("sqs").create_queue(QueueName="q")
        mine.reset()
        assert not mine.clients.client("sqs").list_queues().get("QueueUrls")


def test_a_detached_engine_outlives_its_starter_and_is_found_again(engine: Engine, tmp_path: Path) -> None:
    """`wayfare up` ends, the engine runs on; whoever has the state file can use and stop it."""
    state = tmp_path / "engine.json"
    run_python(f"Engine.start(detached=True).save(Path({str(state)!r}))")
    found = Engine.find(state)
    assert found is not None
    try:
        assert found.clients.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    finally:
        found.stop()
    assert not group_running(found.process.pid)
    assert Engine.find(state) is None
    assert not state.exists()


def test_a_state_file_of_a_dead_engine_is_not_believed(tmp_path: Path) -> None:
    """The process id may belong to somebody else by now: without the engine's lock it is not touched."""
    state, folder = tmp_path / "engine.json", tmp_path / "left"
    folder.mkdir()
    (folder / "lock").touch()
    state.write_text(f'{{"pid": {os.getpid()}, "port": {free_port()}, "folder": "{folder}"}}')
    assert Engine.find(state) is None
    assert not folder.exists()
    assert not state.exists()


def test_no_state_file_means_no_engine(tmp_path: Path) -> None:
    """Asking before the first start is not an error."""
    assert Engine.find(tmp_path / "engine.json") is None


def test_an_engine_ends_when_its_starter_is_killed(engine: Engine) -> None:
    """A test run that is killed leaves no engine behind."""
    script = """
engine = Engine.start()
print(engine.process.pid, engine.process.folder, flush=True)
time.sleep(60)"""
    with subprocess.Popen(python(script), cwd=PROJECT, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        pid, folder = starter.stdout.readline().split()
        assert running(int(pid))
        starter.send_signal(signal.SIGKILL)
    assert wait_until(lambda: not running(int(pid)), PATIENCE)
    assert not Path(folder).exists()


def test_clients_do_not_listen_to_this_machines_settings(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A profile, a proxy, an endpoint or keys in the environment never reach the local clients."""
    for name, value in {
        "AWS_PROFILE": "work",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "mine",
        "AWS_SESSION_TOKEN": "mine",
        "AWS_REGION": "eu-west-1",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_ENDPOINT_URL": f"http://{HOST}:9",
        "AWS_ENDPOINT_URL_STS": f"http://{HOST}:9",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "HTTP_PROXY": f"http://{HOST}:9",
        "http_proxy": f"http://{HOST}:9",
    }.items():
        monkeypatch.setenv(name, value)
    sts = Engine(engine.process).clients.client("sts")
    assert sts.meta.region_name == engine.region
    assert sts.get_caller_identity()["Account"] == engine.account


def python(script: str) -> list[str]:
    imports = "import time\nfrom pathlib import Path\nfrom sandbox.engine.engine import Engine\n"
    return [sys.executable, "-c", imports + script]


def run_python(script: str) -> None:
    subprocess.run(python(script), cwd=PROJECT, check=True)


def running(pid: int) -> bool:
    """True while the process does anything; a dead one that nobody has buried does not."""
    return any(process == pid for process, _ in processes())


def group_running(leader: int) -> bool:
    return any(group == leader for _, group in processes())


def processes() -> list[tuple[int, int]]:
    """Process id and group of everything alive on this machine."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True)
    rows = (line.split() for line in listed.stdout.splitlines())
    return [(int(pid), int(group)) for pid, group, state in rows if not state.startswith("Z")]
