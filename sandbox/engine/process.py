"""One engine process: started in a clean environment, waited for, stopped with all its workers."""

import fcntl
import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.engine.launcher import LOCK

HOST = "127.0.0.1"
PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 30.0
STOP_SECONDS = 5.0
BURIAL_SECONDS = 0.2


class EngineError(Exception):
    """The engine cannot be started, reached or used. The message says why and what to do."""


@dataclass(frozen=True, slots=True)
class EngineProcess:
    """A started engine. `pid` leads a process group that holds every worker of its functions."""

    pid: int
    port: int
    folder: Path
    """The engine's temporary folder: its log, its lock, the unpacked functions."""
    child: subprocess.Popen[bytes] | None = field(default=None, compare=False)
    """Set in the process that started the engine."""

    @property
    def log(self) -> Path:
        return self.folder / "engine.log"

    def alive(self) -> bool:
        """True while the engine runs. A lock tells, so a reused process id cannot mislead."""
        if self.child is not None:
            return self.child.poll() is None
        try:
            with (self.folder / LOCK).open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False
        return False

    def healthy(self) -> bool:
        """True once the engine answers on its port."""
        try:
            return get(self.port, "/_ministack/health")[0] == http.client.OK
        except (OSError, http.client.HTTPException):
            return False

    def log_tail(self, lines: int = 12) -> str:
        """The last lines of the engine's log; empty when there is none."""
        try:
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    def stop(self) -> None:
        """End the engine and its workers, and remove its folder. Harmless when it has ended before."""
        if self.alive():
            os.kill(self.pid, signal.SIGTERM)
            wait_until(lambda: not self.alive(), STOP_SECONDS)
            self._end_group()
        elif self.child is not None:
            self._end_group()
        self.bury()
        shutil.rmtree(self.folder, ignore_errors=True)

    def bury(self) -> None:
        """Let go of what held on to a process that has ended; its folder stays."""
        if self.child is not None and self.child.stdin is not None:
            self.child.stdin.close()

    def _end_group(self) -> None:
        self._signal_group(signal.SIGKILL)
        if self.child is not None:
            self.child.wait()
        # Killed workers hold no files; how soon init buries them is not worth waiting for.
        wait_until(lambda: not self._signal_group(0), BURIAL_SECONDS)

    def _signal_group(self, number: int) -> bool:
        """Signal the engine and its workers; False when nobody is left. Signal 0 only asks."""
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):  # macOS: EPERM when all of them have ended
            return False
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How to start an engine."""

    python: Path
    """The interpreter of the engine's environment."""
    port: int
    folder: Path
    detached: bool = False
    """True: it outlives this process. False: it ends when this process does, however that happens."""
    stock: bool = False
    """True: MiniStack without our patches."""
    metered: bool = True
    """True: it counts what AWS would bill (never when `stock`)."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Further environment variables; every function sees them too."""

    def start(self) -> EngineProcess:
        """Start the engine and wait until it answers. Raises EngineError."""
        _require_free(self.port)
        if not self.python.exists():
            raise EngineError(
                f"the engine's environment is missing ({self.python}):"
                " create it with `python -m sandbox.engine.environment`"
            )
        engine = self._spawn()
        wait_until(lambda: engine.healthy() or not engine.alive(), START_SECONDS)
        if engine.alive() and engine.healthy():
            return engine
        reason = "does not answer" if engine.alive() else "ended at once"
        tail = engine.log_tail() or "(nothing)"
        engine.stop()
        raise EngineError(f"the engine on port {self.port} {reason}; its log ends:\n{tail}")

    def _spawn(self) -> EngineProcess:
        command = [str(self.python), "-m", "sandbox.engine.launcher"]
        command += ["--port", str(self.port), "--folder", str(self.folder)]
        command += [] if self.detached else ["--attached"]
        command += ["--stock"] if self.stock else []
        command += [] if self.metered else ["--unmetered"]
        with (self.folder / "engine.log").open("ab") as log:
            child = subprocess.Popen(  # noqa: S603 - our own command
                command,
                cwd=PROJECT,
                env=self._environment(),
                stdin=subprocess.DEVNULL if self.detached else subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return EngineProcess(child.pid, self.port, self.folder, child)

    def _environment(self) -> dict[str, str]:
        """Everything the engine sees, and with it every function: nothing of the person's own."""
        return {
            "PATH": f"{self.python.parent}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.folder),
            "TMPDIR": str(self.folder),
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "AWS_ENDPOINT_URL": f"http://{HOST}:{self.port}",
            **self.variables,
        }


def get(
    port: int, path: str, *, method: str = "GET", body: bytes | None = None, seconds: float = 10.0
) -> tuple[int, bytes]:
    """Ask the engine's own interface. Raises OSError when nothing answers."""
    connection = http.client.HTTPConnection(HOST, port, timeout=seconds)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def free_port() -> int:
    """A port of the loopback interface that nobody listened on a moment ago."""
    with socket.create_server((HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Wait for a condition, at most that long; its last answer."""
    deadline = time.monotonic() + seconds
    while not (holds := condition()) and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds


def _require_free(port: int) -> None:
    try:
        socket.create_server((HOST, port)).close()
    except OSError as error:
        raise EngineError(
            f"port {port} on {HOST} cannot be used ({error.strerror}): stop what listens there, or choose another port"
        ) from error
