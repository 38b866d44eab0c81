"""Power cuts: the engine dies by SIGKILL in the middle of everything, and what it stored is there when it starts again.

MiniStack keeps everything in memory and writes it down when it is stopped politely. So here it is written down at the moment
of the cut, while nothing can change: whatever was acknowledged is there afterwards, as on AWS. What is not stored dies:
every function process with the messages it holds, every call under way, every running execution.
"""

import os
import signal
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from sandbox.engine.patches import Application, Scope, require

PATH = "/_wayfare/power-cut"
SETTINGS = ("PERSIST_STATE", "STATE_DIR")
"""What MiniStack reads from its environment: whether it writes its state down, and where."""
TRIES = 20
RESTARTED = "States.ServiceRestart"


def settings(folder: Path) -> dict[str, str]:
    """The environment of an engine whose state outlives it, in this folder."""
    return dict(zip(SETTINGS, ("1", str(folder / "state")), strict=True))


def apply() -> None:
    """Hook into the MiniStack of this process, if its state is to outlive it. Call before `ministack.app.main`."""
    if os.environ.get(SETTINGS[0]) == "1":
        serve()
        abort_what_ran()


def serve() -> None:
    """Answer `PATH` by dying: nobody hears an answer."""
    server: Any = import_module("ministack.app")
    stock: Application = require(server, "app")

    async def application(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == PATH:
            _cut()  # on the one thread that serves calls: none is performed meanwhile
        await stock(scope, receive, send)

    server.app = application


def _cut() -> None:
    server: Any = import_module("ministack.app")
    queues: Any = import_module("ministack.services.sqs")
    with require(queues, "_queues_lock"):  # pollers take and delete messages on threads of their own
        for name, state in require(server, "_build_persistence_save_dict")().items():
            _write_down(name, state)
        os.killpg(0, signal.SIGKILL)


def _write_down(name: str, state: Callable[[], Any]) -> None:
    """MiniStack's own way to do it hides errors, and executions grow on threads of their own while they are copied."""
    persistence: Any = import_module("ministack.core.persistence")
    file = Path(persistence.STATE_DIR) / f"{name}.json"
    file.unlink(missing_ok=True)
    for _ in range(TRIES):
        try:
            copied = state()
        except RuntimeError:
            time.sleep(0.001)
            continue
        if copied is None:
            return
        persistence.save_state(name, copied)
        if file.exists():
            return
    raise RuntimeError(f"the state of {name} could not be written down")


def abort_what_ran() -> None:
    """An execution that ran at the cut is gone. It counts as stopped from outside: no Catch of its saw that.

    On AWS it would go on. MiniStack would call it failed, which on AWS only a machine's own end or error does.
    """
    machines: Any = import_module("ministack.services.stepfunctions")
    load = require(machines, "load_persisted_state")

    def loaded(data: Any) -> None:
        load(data)
        for execution in require(machines, "_executions").all_values():
            if execution.get("error") == RESTARTED:
                execution["status"] = "ABORTED"

    machines.load_persisted_state = loaded
