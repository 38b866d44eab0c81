"""Deploying to AWS: the real CDK command, pinned to the newest one that reads this library's assembly."""

import os
import shutil
import subprocess

from console import local
from console.trouble import Exit, Trouble
from infra.names import Names
from sandbox.engine.process import PROJECT

CDK = "aws-cdk@2.1148.1"


def command(stage: str, service: str) -> list[str]:
    """The command that deploys one stack, and synthesises no other."""
    return [
        *("npx", "--yes", CDK, "deploy", Names(stage).stack(service)),
        *("--context", f"stage={stage}", "--context", f"services={service}"),
    ]


def run(words: list[str]) -> None:
    """Run it in the project's folder; it asks before it changes permissions. Raises Trouble when it fails."""
    if shutil.which(words[0]) is None:
        raise Trouble(f"{words[0]} is not on the PATH: install Node.js 20 or newer")
    local.know_uv()
    done = subprocess.run(words, cwd=PROJECT, env=dict(os.environ), check=False)  # noqa: S603 - our own command
    if done.returncode:
        raise Trouble(f"`{' '.join(words)}` ended with exit code {done.returncode}: see its output above", Exit.NO)
