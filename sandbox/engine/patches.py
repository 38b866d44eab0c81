"""Everything we change in MiniStack, and nothing else (pinned: ministack==1.5.33).

Three constants make a hop several times faster, two repairs let correct IAM policies pass. Each patch
refuses to start the engine when the name it touches is gone, and `tests/sandbox/test_patches.py`
fails when one of them no longer works or is no longer needed.
"""

import json
import socketserver
from collections.abc import Awaitable, Callable, Mapping
from importlib import import_module
from typing import Any

FIRST_LOG_LINE_WAIT = 0.003
"""Seconds to wait after an invocation for a first log line; stock 0.05, paid by each silent handler."""

POLLER_GAP = 0.005
"""Seconds the queue poller rests after a wake that found nothing; stock 0.05."""

Scope = Mapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


def apply() -> None:
    """Apply every patch to the MiniStack of this process. Call before `ministack.app.main`."""
    send_small_packets_at_once()
    wait_less_for_log_lines()
    poll_queues_sooner()
    fill_event_source_condition()
    count_loopback_as_tls()


def send_small_packets_at_once() -> None:
    """The Runtime API answers in two packets; Nagle and a delayed ACK make that 40 ms."""
    require(socketserver.StreamRequestHandler, "disable_nagle_algorithm")
    socketserver.StreamRequestHandler.disable_nagle_algorithm = True


def wait_less_for_log_lines() -> None:
    """Shorten the wait for a function's first log line."""
    worker = require(import_module("ministack.core.lambda_runtime"), "Worker")
    drain = require(worker, "_drain_stderr_bounded")
    names = drain.__code__.co_varnames[1 : drain.__code__.co_argcount]
    if names != ("first_line_wait", "idle_confirm", "hard_cap"):
        raise AttributeError(f"MiniStack's log drain takes {names}: look at this patch again")
    drain.__defaults__ = (FIRST_LOG_LINE_WAIT, *drain.__defaults__[1:])


def poll_queues_sooner() -> None:
    """Shorten the rest of the event-source poller."""
    lambdas: Any = import_module("ministack.services.lambda_svc")
    require(lambdas, "_ESM_IDLE_WAKE_GAP_SECONDS")
    lambdas._ESM_IDLE_WAKE_GAP_SECONDS = POLLER_GAP  # noqa: SLF001 - that is what a patch does


def fill_event_source_condition() -> None:
    """Give PutEvents its condition key `events:source`, without which every such grant is refused."""
    actions: Any = import_module("ministack.core.iam_actions")
    stock = require(actions, "request_tag_context")

    def context(service: str, action: str, body: bytes, params: dict[str, Any]) -> dict[str, Any]:
        keys: dict[str, Any] = stock(service, action, body, params)
        if action != "events:PutEvents":
            return keys
        sources = sorted({str(entry.get("Source")) for entry in json.loads(body)["Entries"]})
        # The engine compares a plain StringEquals with one value, a set operator with a list.
        return {**keys, "events:source": sources[0] if len(sources) == 1 else sources}

    actions.request_tag_context = context


def count_loopback_as_tls() -> None:
    """Mark each request as come by https, so that TLS-only queue policies pass on loopback."""
    server: Any = import_module("ministack.app")
    stock: Application = require(server, "app")

    async def https(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            headers = [*scope["headers"], (b"x-forwarded-proto", b"https")]
            scope = {**scope, "headers": headers}
        await stock(scope, receive, send)

    server.app = https


def require(owner: Any, name: str) -> Any:
    """The attribute `name` of `owner`. Raises AttributeError, with what to do, when it is gone."""
    if not hasattr(owner, name):
        raise AttributeError(
            f"this MiniStack has no {owner.__name__}.{name}: pin the version the patches were made for"
        )
    return getattr(owner, name)
