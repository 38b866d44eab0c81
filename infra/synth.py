"""A stage's CloudFormation templates, made once for the same inputs.

`python -m infra.synth STAGE` prints the folder (a CDK cloud assembly). CDK itself runs in a process of its
own, so whoever needs templates need not load it, and the second time nothing of it runs at all.
"""

import fcntl
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Final

from infra.cdk_command import QUIET
from infra.packaging import CACHE, ROOT, digest, once
from infra.stages import Stage, named

_ASSEMBLIES: Final = CACHE / "assemblies"
APP: Final = "infra.app"
_INPUTS: Final = ("infra", "shared", "services")
_KEPT: Final = 12  # folders of each kind; the oldest by last use go first
_IN_USE_SECONDS: Final = 3600


class SynthFailed(Exception):
    """CDK or cdk-nag refused; the message is what they printed."""


def synth(stage_name: str, app: str = APP) -> Path:
    """The cloud assembly of a stage, with every asset in it. `app` is the module that makes it: one for each saga.

    Raises ValueError for an unknown stage and SynthFailed with CDK's own output.
    """
    stage = named(stage_name)
    fingerprint = _fingerprint(stage, app)
    folder = _ASSEMBLIES / f"{stage.name}-{fingerprint}"
    if folder.exists():
        os.utime(folder)
        return folder
    with _alone(stage):
        once(folder, lambda building: _run_cdk(stage, app, building))
    if _fingerprint(stage, app) != fingerprint:  # edited meanwhile: the name would promise other content
        shutil.rmtree(folder)
        return synth(stage_name, app)
    for kind in (_ASSEMBLIES, CACHE / "packages", CACHE / "wheels"):
        _prune(kind)
    return folder


def _fingerprint(stage: Stage, app: str) -> str:
    """Changes with anything that could change a template or an asset."""
    sources = sorted(path for top in (*_INPUTS, *_further(app)) for path in (ROOT / top).rglob("*.py"))
    files = [*sources, ROOT / "uv.lock", ROOT / "cdk.json"]
    named_contents = [part for path in files for part in (str(path.relative_to(ROOT)).encode(), path.read_bytes())]
    tools = [version(package).encode() for package in ("aws-cdk-lib", "cdk-nag")]
    return digest([*named_contents, *tools, sys.version.encode(), repr(stage).encode(), app.encode()])


def _further(app: str) -> tuple[str, ...]:
    """The folder of another saga's code."""
    top = app.partition(".")[0]
    return () if top in _INPUTS else (top,)


def _run_cdk(stage: Stage, app: str, outdir: Path) -> None:
    done = subprocess.run(  # noqa: S603 - a module of this repository
        [sys.executable, "-m", app],
        cwd=ROOT,
        env=_environment(stage, outdir),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SynthFailed(f"stage {stage.name} has no templates:\n{done.stdout.strip()}")


def _environment(stage: Stage, outdir: Path) -> dict[str, str]:
    return {
        **os.environ,
        "CDK_CONTEXT_JSON": json.dumps(_context() | {"stage": stage.name}),
        "CDK_OUTDIR": str(outdir),
        **QUIET,
    }


def _context() -> dict[str, object]:
    """What CDK's own command would pass on from its configuration."""
    context: dict[str, object] = json.loads((ROOT / "cdk.json").read_text())["context"]
    return context


@contextmanager
def _alone(stage: Stage) -> Iterator[None]:
    """Let a second caller wait for the first's result instead of doing the same work."""
    _ASSEMBLIES.mkdir(parents=True, exist_ok=True)
    with (_ASSEMBLIES / f".{stage.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _prune(kind: Path) -> None:
    folders = [path for path in kind.iterdir() if path.is_dir()]
    newest_first = sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)
    for old in newest_first[_KEPT:]:
        if time.time() - old.stat().st_mtime > _IN_USE_SECONDS:
            shutil.rmtree(old, ignore_errors=True)


def main() -> None:
    """Print where the templates of the named stage are."""
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python -m infra.synth STAGE [APP]   (local, dev, prod, or one derived: dev-ada)")
    try:
        sys.stdout.write(f"{synth(*sys.argv[1:])}\n")
    except (SynthFailed, ValueError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
