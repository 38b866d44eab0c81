"""The real CDK command on the local engine: it synthesises, compares and deploys one service (`make cdk-roundtrip`).

It needs npx, and the first time also the network, for the CDK command itself.
"""

import os
import subprocess
import sys
import tempfile

from infra.cdk_command import CDK, QUIET
from infra.names import PLATFORM, Names
from infra.packaging import ROOT
from infra.synth import synth
from sandbox.engine import environment
from sandbox.engine.deploy import Deployer
from sandbox.engine.engine import Engine

STAGE = "local"
SERVICE = "hotel"
STEPS = (
    ("synth", "--quiet"),
    ("deploy", "--require-approval", "never"),
    ("diff", "--fail", "--method", "template"),
)


def main() -> None:
    """Run every step; the first that fails ends it with a sentence and exit code 1."""
    environment.ensure()
    names = Names(STAGE)
    with Engine.start() as engine, tempfile.TemporaryDirectory() as out:
        deployer = Deployer(engine.clients)
        deployer.deploy(synth(STAGE), [names.stack(PLATFORM)])
        for step in STEPS:
            if code := _cdk(engine, out, *step, names.stack(SERVICE)):
                sys.exit(f"`cdk {' '.join(step)}` ended with exit code {code}")
        (change,) = deployer.deploy(synth(STAGE), [names.stack(SERVICE)])
    if change.change != "unchanged":
        sys.exit(
            f"after the CDK command our own deployer {change.change} {change.stack}: the two do not deploy the same"
        )
    print(f"\nThe CDK command deployed {SERVICE} alone; our own deployer finds nothing to change.")  # noqa: T201


def _cdk(engine: Engine, out: str, *words: str) -> int:
    """Run one CDK command against the engine, with its words to the person who looks on; answers its exit code."""
    print(f"\n$ npx {CDK} {' '.join(words)}", flush=True)  # noqa: T201
    command = [
        "npx",
        "--yes",
        CDK,
        *words,
        "-c",
        f"stage={STAGE}",
        "-c",
        f"services={SERVICE}",
        "--output",
        out,
        "--no-notices",
    ]
    return subprocess.run(command, cwd=ROOT, env=_environment(engine), check=False).returncode  # noqa: S603 - our own words


def _environment(engine: Engine) -> dict[str, str]:
    mine = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") or name == "AWS_CA_BUNDLE"}
    return {
        **mine,
        "AWS_ENDPOINT_URL": engine.endpoint,
        "AWS_ACCESS_KEY_ID": engine.access_key,
        "AWS_SECRET_ACCESS_KEY": engine.secret_key,
        "AWS_REGION": engine.region,
        **QUIET,
    }


if __name__ == "__main__":
    main()
