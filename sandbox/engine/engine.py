"""The local AWS engine as the rest of the project sees it."""

import json
import shutil
import tempfile
from contextlib import suppress
from functools import cached_property
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sandbox.engine import durable as durability
from sandbox.engine import environment
from sandbox.engine.clients import ACCESS_KEY, ACCOUNT, REGION, SECRET_KEY, Clients
from sandbox.engine.launcher import OWN_RUNTIME_CLIENT, RUNTIME_CLIENT
from sandbox.engine.process import (
    HOST,
    STOP_SECONDS,
    EngineError,
    EngineProcess,
    Launch,
    free_port,
    get,
    wait_until,
)

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

    def __init__(self, process: EngineProcess, launch: Launch | None = None) -> None:
        self.process = process
        self._launch = launch
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
        durable: bool = False,
    ) -> Self:
        """Start an engine and wait until it answers.

        port: None takes a free one. detached: outlives this process (then `save` it).
        wait_scale: what a second of a state machine's Wait and Retry lasts.
        stock: without our patches. own_runtime: functions run on `runtime_loop.py`.
        metered: counts what AWS would bill (`sandbox/metering` reads it).
        durable: what it stored outlives a power cut (`cut_power`, `restart`).
        Raises EngineError, with the end of the engine's log when it had one.
        """
        folder = Path(tempfile.mkdtemp(prefix="wayfare-engine-"))
        variables = {"SFN_WAIT_SCALE": str(wait_scale)}
        if own_runtime:
            variables[RUNTIME_CLIENT] = OWN_RUNTIME_CLIENT
        if durable:
            variables |= durability.settings(folder)
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
            return cls(launch.start(), launch)
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

    def cut_power(self) -> None:
        """End the engine and every worker by SIGKILL in the middle of whatever they do; what it stored is kept (`durable`)."""
        with suppress(OSError, HTTPException):
            get(self.port, durability.PATH, method="POST", seconds=60)
        if not wait_until(lambda: not self.process.alive(), STOP_SECONDS):
            raise EngineError("the engine outlived a power cut: was it started with durable=True?")

    def restart(self) -> None:
        """Start it again after a power cut, on the same port, with what it stored. Raises EngineError."""
        if self._launch is None or self.process.alive():
            raise EngineError("only an engine that this process started, and that has ended, can be started again")
        self.process.bury()
        self.process = self._launch.start()

    def ask(self, path: str, body: object = None) -> Any:
        """What the engine answers on a path of our own (`meter`, `trap`); with a body, it is posted. Raises EngineError."""
        posted = None if body is None else json.dumps(body).encode()
        status, answer = get(self.port, path, method="GET" if posted is None else "POST", body=posted, seconds=60)
        if status != HTTPStatus.OK:
            raise EngineError(f"{path}: {answer.decode(errors='replace')}")
        return json.loads(answer)

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
