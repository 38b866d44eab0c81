"""What a reader must know to believe the figures, or not to: versions, machine, and what the local engine is not."""

import os
import platform
import subprocess
from importlib.metadata import distributions, version

from infra.packaging import ROOT
from sandbox.engine import environment

NOT_MODELLED = (
    "AWS's latencies: a hop here is one process talking to itself; no region, no network, no load balancer.",
    "EventBridge and SQS delivering twice or out of order: they do so on AWS, and tests of the same handlers do so here.",
    "Throttling, quotas, concurrency limits of an account, hot partitions of DynamoDB, memory limits of functions.",
    "AWS's cold starts: a start here is a Python process on this machine.",
    "Batching windows, retries of a rule's target, and its dead-letter queue: accepted, and ignored.",
    "Step Functions: its throughput limits, and its time between states. The engine lets every execution wait 0.15 s before"
    " its first state, and runs each in a thread of the one process that plays all of AWS: the times of the orchestrated mode"
    " are mostly the engine's, and say nothing about Step Functions.",
    "Free tiers, discounts, data transfer, and taxes.",
)
"""What the local engine does not do as AWS does."""


def surroundings() -> dict[str, str]:
    """Versions and machine."""
    return {
        "python": platform.python_version(),
        "local engine": f"ministack {_engine('ministack')}",
        "boto3": version("boto3"),
        "machine": f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} cores",
        "source": _commit(),
    }


def _engine(package: str) -> str:
    """The version of a package in the engine's environment."""
    folders = [str(path) for path in environment.PYTHON.parents[1].glob("lib/python*/site-packages")]
    return next((found.version for found in distributions(name=package, path=folders)), "unknown")


def _commit() -> str:
    """The source's commit, and whether it was changed since; unknown outside of a clone."""
    done = [
        subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607
        for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain"))
    ]
    if any(each.returncode for each in done):
        return "unknown"
    return f"commit {done[0].stdout.strip()}{', with changes' if done[1].stdout.strip() else ''}"
