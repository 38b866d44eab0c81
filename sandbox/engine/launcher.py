"""Start MiniStack in this process. Runs inside the engine's environment, with nothing of ours installed.

    cd <project> && .wayfare/engine/bin/python -m sandbox.engine.launcher --port 4566 --folder DIR

The caller passes a clean environment (see `process.py`), because functions inherit what is in it.
"""

import argparse
import fcntl
import os
import shutil
import signal
import sys
import threading
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from sandbox.engine import durable, meter, patches, trap

SETTINGS = {
    "AUTH": "true",
    "BIND_HOST": "127.0.0.1",
    "IOT_MTLS_ENABLED": "0",
    "LOG_LEVEL": "WARNING",
    "MINISTACK_HOST": "127.0.0.1",
    "SFTP_ENABLED": "0",
}
"""What MiniStack reads from its environment."""

READ_ONCE = ("AUTH", "LOG_LEVEL")
"""Settings read while MiniStack is imported; taken away again, so that no function sees them."""

LOCK = "lock"
"""A file in the engine's folder, locked for as long as the engine lives."""

RUNTIME_CLIENT = "LAMBDA_RUNTIME_CLIENT"
"""Names the module that a function's `bootstrap` runs instead of awslambdaric."""

OWN_RUNTIME_CLIENT = "wayfare_runtime_loop"
"""The name under which `runtime_loop.py` is installed in the engine's environment."""


def main() -> None:
    """Serve until SIGTERM, or until the caller closes our standard input (`--attached`)."""
    options = _options()
    lock = (options.folder / LOCK).open("w")
    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.environ |= {**SETTINGS, "GATEWAY_PORT": str(options.port)}
    if find_spec("awslambdaric") is None:
        os.environ[RUNTIME_CLIENT] = OWN_RUNTIME_CLIENT
    server = import_module("ministack.app")
    for name in READ_ONCE:
        del os.environ[name]
    if not options.stock:
        patches.apply()
        if not options.unmetered:
            meter.apply()
        trap.apply()
        durable.apply()
    abandoned = threading.Event()
    if options.attached:
        threading.Thread(target=_stop_with_the_caller, args=(abandoned,), daemon=True).start()
    sys.argv[1:] = []
    try:
        server.main()
    finally:
        if abandoned.is_set():  # nobody else will
            shutil.rmtree(options.folder, ignore_errors=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="the engine's own, for its lock")
    parser.add_argument("--attached", action="store_true", help="stop when standard input closes")
    parser.add_argument("--stock", action="store_true", help="MiniStack as it is, without patches")
    parser.add_argument("--unmetered", action="store_true", help="count nothing")
    return parser.parse_args()


def _stop_with_the_caller(abandoned: threading.Event) -> None:
    sys.stdin.read()
    abandoned.set()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
