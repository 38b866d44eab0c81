"""A Lambda runtime in pure Python, for systems that awslambdaric has no wheel for (macOS).

`python3 -m wayfare_runtime_loop package.module.function` asks the Runtime API for one event after the
other, calls the function, and posts its answer, or the exception with class name and stack trace. A
raised exception does not end the process. Standard library only: it is copied into the engine's
environment and runs there.
"""

import http.client
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Handler = Callable[[Any, "LambdaContext"], Any]

API = "/2018-06-01/runtime"


@dataclass(frozen=True)
class LambdaContext:
    """What AWS hands a handler beside the event; times in milliseconds since 1970."""

    aws_request_id: str
    invoked_function_arn: str
    deadline_ms: int
    function_name: str = field(default_factory=lambda: os.environ["AWS_LAMBDA_FUNCTION_NAME"])
    function_version: str = field(default_factory=lambda: os.environ["AWS_LAMBDA_FUNCTION_VERSION"])
    memory_limit_in_mb: str = field(default_factory=lambda: os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
    log_group_name: str = field(default_factory=lambda: os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME", ""))
    log_stream_name: str = field(default_factory=lambda: os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME", ""))

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout, never below zero."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


def main() -> None:
    """Serve the handler named on the command line until the Runtime API goes away."""
    api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        handler = load(sys.argv[1])
    except Exception as error:
        post(api, "init/error", failure(error))
        raise
    while serve_one(api, handler):
        pass


def load(name: str) -> Handler:
    """The function called `package.module.function`. Raises what its import raises."""
    module, _, function = name.replace("/", ".").rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), function)
    return handler


def serve_one(api: http.client.HTTPConnection, handler: Handler) -> bool:
    """Wait for an event and answer it; False when the environment is being stopped."""
    api.request("GET", f"{API}/invocation/next")
    answer = api.getresponse()
    body = answer.read()
    if answer.status != http.client.OK:
        return False
    context = context_of(answer.headers)
    try:
        result = json.dumps(handler(json.loads(body), context))
        outcome = "response"
    except Exception as error:
        traceback.print_exc()
        result, outcome = failure(error), "error"
    sys.stdout.flush()
    post(api, f"invocation/{context.aws_request_id}/{outcome}", result)
    return True


def context_of(headers: http.client.HTTPMessage) -> LambdaContext:
    """The context that the Runtime API's headers describe."""
    if trace := headers.get("Lambda-Runtime-Trace-Id"):
        os.environ["_X_AMZN_TRACE_ID"] = trace
    return LambdaContext(
        aws_request_id=headers["Lambda-Runtime-Aws-Request-Id"],
        invoked_function_arn=headers["Lambda-Runtime-Invoked-Function-Arn"],
        deadline_ms=int(headers["Lambda-Runtime-Deadline-Ms"]),
    )


def failure(error: Exception) -> str:
    """The error document of the Runtime API; `errorType` is what a state machine's Catch matches."""
    return json.dumps(
        {
            "errorMessage": str(error),
            "errorType": type(error).__name__,
            "stackTrace": traceback.format_tb(error.__traceback__),
        }
    )


def post(api: http.client.HTTPConnection, path: str, body: str) -> None:
    """Hand an outcome to the Runtime API."""
    api.request("POST", f"{API}/{path}", body.encode())
    api.getresponse().read()


if __name__ == "__main__":
    main()
