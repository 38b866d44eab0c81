"""Deploying to AWS: the real CDK command."""

import os
import shutil
import subprocess

from console import local
from console.trouble import Exit, Trouble
from infra.cdk_command import CDK, QUIET
from infra.names import Names
from sandbox.engine.process import PROJECT


def command(stage: str, service: str, *, unasked: bool = False) -> list[str]:
    """The command that deploys one stack, and synthesises no other; `unasked`: without asking about permissions."""
    return [
        *("npx", "--yes", CDK, "deploy", Names(stage).stack(service)),
        *("--context", f"stage={stage}", "--context", f"services={service}"),
        *(("--require-approval", "never") if unasked else ()),
    ]


def run(words: list[str]) -> None:
    """Run it in the project's folder; it prints as it goes. Raises Trouble when it fails."""
    if shutil.which(words[0]) is None:
        raise Trouble(f"{words[0]} is not on the PATH: install Node.js 20 or newer")
    local.know_uv()
    done = subprocess.run(words, cwd=PROJECT, env={**os.environ, **QUIET}, check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise Trouble(f"`{' '.join(words)}` ended with exit code {done.returncode}: see its output above", Exit.NO)
