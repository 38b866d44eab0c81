"""The local AWS engine as the rest of the project sees it."""

import json
import shutil
import tempfile
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.engine import environment
from sandbox.engine.clients import ACCESS_KEY, ACCOUNT, REGION, SECRET_KEY, Clients
from sandbox.engine.launcher import OWN_RUNTIME_CLIENT, RUNTIME_CLIENT
from sandbox.engine.process import HOST, EngineError, EngineProcess, Launch, free_port, get

__all__ = ["Engine", "EngineError"]


class Engine:
    """A running engine. Make one with `Engine.start` (or as a context manager), or `Engine.find`.

    with Engine.start() as engine:
        engine.clients.client("events").put_events(...)
    """

    region = REGION
    account = ACCOUNT
    access_key = ACCESS_KEY
    secret_key = SECRET_KEY

    def __init__(self, process: EngineProcess) -> None:
        self.process = process
        self.port = process.port
        self.endpoint = f"http://{HOST}:{process.port}"

    @classmethod
    def start(  # noqa: PLR0913 - each is a switch of its own
        cls,
        *,
        port: int | None = None,
        detached: bool = False,
        wait_scale: float = 1.0,
        stock: bool = False,
        own_runtime: bool = False,
        metered: bool = True,
    ) -> Self:
        """Start an engine and wait until it answers.

        port: None takes a free one. detached: outlives this process (then `save` it).
        wait_scale: what a second of a state machine's Wait and Retry lasts.
        stock: without our patches. own_runtime: functions run on `runtime_loop.py`.
        metered: counts what AWS would bill (`sandbox/metering` reads it).
        Raises EngineError, with the end of the engine's log when it had one.
        """
        folder = Path(tempfile.mkdtemp(prefix="wayfare-engine-"))
        variables = {"SFN_WAIT_SCALE": str(wait_scale)}
        if own_runtime:
            variables[RUNTIME_CLIENT] = OWN_RUNTIME_CLIENT
        launch = Launch(
            python=environment.PYTHON,
            port=free_port() if port is None else port,
            folder=folder,
            detached=detached,
            stock=stock,
            metered=metered,
            variables=variables,
        )
        try:
            return cls(launch.start())
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    @classmethod
    def find(cls, state: Path) -> Self | None:
        """The detached engine that was saved there; None, and nothing left of it, when it has ended."""
        try:
            saved = json.loads(state.read_text())
        except FileNotFoundError:
            return None
        process = EngineProcess(saved["pid"], saved["port"], Path(saved["folder"]))
        if process.alive():
            return cls(process)
        process.stop()
        state.unlink(missing_ok=True)
        return None

    def save(self, state: Path) -> None:
        """Write down where this engine is, for `find`."""
        state.parent.mkdir(parents=True, exist_ok=True)
        process = self.process
        state.write_text(json.dumps({"pid": process.pid, "port": process.port, "folder": str(process.folder)}))

    def stop(self) -> None:
        """End the engine and every worker, and remove its folder. Everything in it is gone."""
        self.process.stop()

    def reset(self) -> None:
        """Forget every stack, table, queue and message, but keep running."""
        status, body = get(self.port, "/_ministack/reset", method="POST", seconds=60)
        if status != 200:
            raise EngineError(f"the engine could not be reset: {body.decode(errors='replace')}")

    @cached_property
    def clients(self) -> Clients:
        """boto3 clients of this engine."""
        return Clients(self.endpoint)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
