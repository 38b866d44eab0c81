"""The local engine that `wayfare up` leaves running: started, found again, deployed to, stopped."""

import os
import shutil
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError
from itertools import pairwise
from pathlib import Path

from console.trouble import Trouble
from infra.synth import APP, synth
from sandbox.engine import environment
from sandbox.engine.deploy import Deployer, StackChange
from sandbox.engine.engine import Engine
from sandbox.engine.process import PROJECT

STATE = PROJECT / ".wayfare" / "up.json"
"""Where the running engine is written down."""
PORT = 4566
UV = PROJECT / ".wayfare" / "uv" / "bin" / "uv"

Report = Callable[[str], None]


def find() -> Engine | None:
    """The engine that is up, if one is."""
    try:
        return Engine.find(STATE)
    except (ValueError, KeyError, TypeError) as error:
        raise Trouble(f"{STATE} cannot be read ({error!r}): delete it, and end what listens on port {PORT}") from error


def running() -> Engine:
    """The engine that is up. Raises Trouble when none is, or when it does not answer."""
    engine = find()
    if engine is None:
        raise Trouble("no local engine is up: start it with `wayfare up`, or name an AWS stage with `--stage`")
    if not engine.process.healthy():
        raise Trouble(
            f"the local engine does not answer at {engine.endpoint}: start it anew with `wayfare down` and `wayfare up`"
        )
    return engine


def deployed(engine: Engine) -> tuple[str, ...]:
    """The names of the stacks on an engine."""
    return Deployer(engine.clients).stacks()


def templates(stage: str, report: Report) -> Path:
    """The stage's cloud assembly and, beside it, the engine's environment: made if need be, else found at once."""
    environment.ensure(report)
    return synthesised(stage, report)


def synthesised(stage: str, report: Report, app: str = APP) -> Path:
    """The stage's cloud assembly. `app` is the module that makes it: one for each saga."""
    report(f"synthesising the templates of stage {stage}")
    know_uv()
    try:
        return synth(stage, app)
    except PackageNotFoundError as error:
        raise Trouble(f"{error.name} is not installed, which makes the templates: run `make setup`") from error


def know_uv() -> None:
    """Tell whoever packages functions where `make` put uv, if this machine has no other."""
    if shutil.which("uv") is None and UV.exists():
        os.environ.setdefault("UV", str(UV))


def deploy(engine: Engine, folder: Path, stacks: Sequence[str], report: Report) -> tuple[StackChange, ...]:
    """Deploy stacks in this order, telling of each."""
    report(f"deploying {stacks[0]}")
    following = dict(pairwise(stacks))

    def tell(change: StackChange) -> None:
        if after := following.get(change.stack):
            report(f"deploying {after}")

    return Deployer(engine.clients).deploy(folder, stacks, tell)


def start(folder: Path, stacks: Sequence[str], port: int, report: Report) -> Engine:
    """Start an engine that outlives this command, with these stacks on it; all or nothing."""
    report(f"starting the engine on port {port}")
    engine = Engine.start(port=port, detached=True)
    try:
        engine.save(STATE)
        deploy(engine, folder, stacks, report)
    except BaseException:
        stop(engine)
        raise
    return engine


def stop(engine: Engine) -> None:
    """End the engine, and forget it."""
    engine.stop()
    STATE.unlink(missing_ok=True)
