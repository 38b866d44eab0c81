"""The engine's own Python environment: MiniStack, boto3, AWS's runtime client, and no tool of ours.

    python -m sandbox.engine.environment

makes it from the lock file when it is missing or the lock has changed, and otherwise touches nothing.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from sandbox.engine.launcher import OWN_RUNTIME_CLIENT
from sandbox.engine.process import PROJECT, EngineError

HOME = PROJECT / ".wayfare" / "engine"
PYTHON = HOME / "bin" / "python"

_LOCK_FILE = PROJECT / "uv.lock"
_RUNTIME_LOOP = Path(__file__).with_name("runtime_loop.py")
_STAMP = HOME / "wayfare-made-from"


def ensure(report: Callable[[str], None] = lambda _: None) -> Path:
    """The engine's interpreter, its environment made or renewed if need be.

    Needs the network only when something must be installed. `report` hears of work that takes time.
    Raises EngineError when uv is missing or fails.
    """
    wanted = _fingerprint()
    if not PYTHON.exists() or not _STAMP.exists() or _STAMP.read_text() != wanted:
        report("installing the local AWS engine")
        _install(_uv())
        _STAMP.write_text(wanted)
    _install_runtime_loop()
    return PYTHON


def _fingerprint() -> str:
    """Changes with whatever the environment is made from."""
    parts = (_LOCK_FILE.read_bytes(), sys.version.encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _uv() -> str:
    candidates = (shutil.which("uv"), PROJECT / ".wayfare" / "uv" / "bin" / "uv")
    for candidate in candidates:
        if candidate and Path(candidate).exists():
            return str(candidate)
    raise EngineError(
        "uv is needed to install the local AWS engine, and is neither on PATH nor in .wayfare/uv:"
        " run `make setup`, or install uv"
    )


def _install(uv: str) -> None:
    command = [uv, "sync", "--frozen", "--quiet", "--only-group", "engine"]
    # Functions run on the Python that their zips are built for: the one that builds them.
    command += ["--python", sys.executable]
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        cwd=PROJECT,
        env={**inherited, "UV_PROJECT_ENVIRONMENT": str(HOME)},
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        raise EngineError(f"the local AWS engine could not be installed:\n{done.stderr.strip()}")


def _install_runtime_loop() -> None:
    """Make our own runtime importable by functions, whose zips do not hold it."""
    target = next(HOME.glob("lib/python*/site-packages")) / f"{OWN_RUNTIME_CLIENT}.py"
    if not target.exists() or target.read_bytes() != _RUNTIME_LOOP.read_bytes():
        shutil.copyfile(_RUNTIME_LOOP, target)


if __name__ == "__main__":
    try:
        print(ensure(report=print))  # noqa: T201 - this is a command
    except EngineError as error:
        sys.exit(str(error))
