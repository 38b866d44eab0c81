"""Kills function processes with SIGKILL, at a call that they make or at once (pinned: ministack==1.5.33).

The engine knows each process and sees each of its calls, so a process can be killed before one reaches the engine, or after
it was performed and before it is answered. `POST /_wayfare/traps` adds traps (and with `?clear=1` takes away all that were
there), `GET` tells of them; `POST /_wayfare/kill` kills a process that is handling something; `GET /_wayfare/calls` tells the calls that functions made since `POST` to it.
"""

import json
import os
import signal
import threading
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from importlib import import_module
from typing import Any, Literal
from urllib.parse import parse_qs
from weakref import WeakValueDictionary

from sandbox.engine.patches import Application, Scope, require

TRAPS, KILL, CALLS = "/_wayfare/traps", "/_wayfare/kill", "/_wayfare/calls"
APP_ID = "AWS_SDK_UA_APP_ID"
"""botocore tells its value in every request's User-Agent: so a call tells whose it is."""
MARK = "wayfare-"

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(slots=True)
class Trap:
    """Kill the process that makes this call. An empty `function`, `operation` or `holding` (a text in the request) is any.

    `times`: so often; after a death the calls are counted anew, so that the redelivery dies at the same place, if it gets there.
    """

    function: str = ""
    operation: str = ""
    holding: str = ""
    nth: int = 1
    when: Literal["before", "after"] = "before"
    times: int = 1
    seen: int = 0
    deaths: int = 0
    sprung_at: float = 0.0
    """The last time; seconds since 1970, 0: not yet."""
    victim: str = ""
    """The function whose process died, and at which operation."""

    def meets(self, function: str, operation: str, body: bytes) -> bool:
        """Whether this is the call; counts it."""
        fits = self.function in ("", function) and self.operation in ("", operation)
        if self.spent or not fits or self.holding.encode() not in body:
            return False
        self.seen += 1
        return self.seen >= self.nth

    @property
    def spent(self) -> bool:
        return self.deaths >= self.times


@dataclass(slots=True)
class State:
    """What is set and what was seen. `lock` guards it: functions call from several connections."""

    traps: list[Trap] = field(default_factory=list)
    calls: list[tuple[str, str, str]] | None = None
    workers: WeakValueDictionary[int, Any] = field(default_factory=WeakValueDictionary)
    """By the port of their Runtime API."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def idle(self) -> bool:
        return self.calls is None and all(trap.spent for trap in self.traps)


def apply() -> None:
    """Hook into the MiniStack of this process. Call before `ministack.app.main`."""
    state = State()
    know_processes(state)
    serve(state)


def know_processes(state: State) -> None:
    """Let each process carry the port of its Runtime API in its calls. MiniStack's own pool does not know all of them."""
    lambdas: Any = import_module("ministack.services.lambda_svc")
    worker_class: Any = require(import_module("ministack.core.lambda_runtime"), "ProvidedWorker")
    environment, spawn = require(lambdas, "_provided_worker_env"), require(worker_class, "_spawn")
    starting = threading.local()

    def marked(config: dict[str, Any], folder: str, port: int) -> dict[str, str]:
        if worker := getattr(starting, "worker", None):
            state.workers[port] = worker
        return {**environment(config, folder, port), APP_ID: f"{MARK}{port}"}

    def spawned(self: Any, *timeout: Any, **more: Any) -> None:
        starting.worker = self
        try:
            spawn(self, *timeout, **more)
        finally:
            starting.worker = None

    lambdas._provided_worker_env, worker_class._spawn = marked, spawned  # noqa: SLF001 - so are all hooks


def serve(state: State) -> None:
    """Answer our paths, and look at every call of a function while there is something to look for."""
    server: Any = import_module("ministack.app")
    stock: Application = require(server, "app")
    answers: Mapping[str, Callable[[State, bytes | None, Mapping[str, str]], Any]] = {
        TRAPS: _traps,
        KILL: _kill,
        CALLS: _calls,
    }

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        port = _port_of(scope)
        if scope["type"] == "http" and scope["path"] in answers:
            body = await _read(receive) if scope["method"] == "POST" else None
            query = {name: values[0] for name, values in parse_qs(scope["query_string"].decode()).items()}
            told = json.dumps(answers[scope["path"]](state, body, query)).encode()
            await send(
                {"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/json")]}
            )
            await send({"type": "http.response.body", "body": told})
        elif port is None or state.idle:
            await stock(scope, receive, send)
        else:
            await _watched(state, port, stock, scope, receive, send)

    server.app = application


async def _watched(  # noqa: PLR0913, PLR0917 - a call, and all that it takes to let it through
    state: State, port: int, stock: Application, scope: Scope, receive: Receive, send: Send
) -> None:
    body = await _read(receive)
    worker, operation = state.workers.get(port), _operation(scope)
    function = worker.config["FunctionName"] if worker else ""
    with state.lock:
        if state.calls is not None:
            state.calls.append((function, operation, body.decode(errors="replace")))
        met = [trap for trap in state.traps if trap.meets(function, operation, body)][:1]
    if any(trap.when == "before" for trap in met):
        _spring(met[0], worker, operation)
        return
    answer: list[dict[str, Any]] = []

    async def keep(message: dict[str, Any]) -> None:
        answer.append(message)

    await stock(scope, _again(body), keep)
    if met:
        _spring(met[0], worker, operation)
        return
    for message in answer:
        await send(message)


def _spring(trap: Trap, worker: Any, operation: str) -> None:
    if worker is not None and _end(worker):
        trap.sprung_at, trap.deaths, trap.seen = time.time(), trap.deaths + 1, 0
        trap.victim = f"{worker.config['FunctionName']} {operation}"


def _end(worker: Any) -> int:
    """SIGKILL to a process; answers its id, 0 if it was gone."""
    process = worker._proc  # noqa: SLF001
    with suppress(ProcessLookupError, AttributeError):
        os.kill(process.pid, signal.SIGKILL)
        return int(process.pid)
    return 0


def _traps(state: State, body: bytes | None, query: Mapping[str, str]) -> Any:
    with state.lock:
        told = [asdict(trap) for trap in state.traps]
        if body is not None:
            state.traps = [] if "clear" in query else state.traps
            state.traps += [Trap(**trap) for trap in json.loads(body)]
        return told


def _calls(state: State, body: bytes | None, _: Mapping[str, str]) -> Any:
    """POST: forget them and note from now on. GET: those noted, and no more of them."""
    with state.lock:
        found, state.calls = state.calls or [], [] if body is not None else None
    return found


def _kill(state: State, _: bytes | None, query: Mapping[str, str]) -> Any:
    """Kill one process that is handling something now: `lot`, from 0 to 1, draws which; `of`: how its function's name begins."""
    busy = [
        it
        for it in {*state.workers.values()}
        if _handling(it) and it.config["FunctionName"].startswith(query.get("of", ""))
    ]
    busy.sort(key=lambda it: (it.config["FunctionName"], it._proc.pid))  # noqa: SLF001
    if not busy:
        return {}
    worker = busy[int(float(query.get("lot", "0")) * len(busy)) % len(busy)]
    return {"function": worker.config["FunctionName"], "pid": _end(worker)}


def _handling(worker: Any) -> bool:
    process = worker._proc  # noqa: SLF001
    return bool(worker._current_request_id) and process is not None and process.poll() is None  # noqa: SLF001


def _port_of(scope: Scope) -> int | None:
    """Whose call it is; None: nobody's who is a function here."""
    agent = dict(scope.get("headers", ())).get(b"user-agent", b"").decode()
    _, _, marked = agent.partition(f"app/{MARK}")
    return int(marked.split()[0]) if marked else None


def _operation(scope: Scope) -> str:
    target: bytes = dict(scope["headers"]).get(b"x-amz-target", b"")
    return target.decode().rpartition(".")[2]


async def _read(receive: Receive) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


def _again(body: bytes) -> Receive:
    """The request's body once more, for whoever is to perform it."""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
