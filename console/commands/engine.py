"""up, down and deploy: a stage comes, changes and goes."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from console import cdk, local
from console.commands.options import StageOption, on_stage
from console.connection import SERVICES, is_local, require_services, stage_named
from console.render import aws_line
from console.screen import Screen
from console.trouble import Exit, Trouble
from infra.names import PLATFORM, Names
from infra.stages import Stage
from sandbox.engine.deploy import StackChange
from sandbox.engine.engine import Engine
from sandbox.engine.process import PROJECT

EXAMPLE = PROJECT / "examples" / "trips" / "trip-success.json"

PortOption = Annotated[
    int | None, typer.Option("--port", min=1, max=65535, help=f"Where it listens.  [default: {local.PORT}]")
]


def up(stage: StageOption = "local", port: PortOption = None) -> None:
    """Start the local AWS engine in the background and deploy every stack on it."""
    screen, chosen = Screen(), _local_stage(stage)
    stacks = [Names(stage).stack(service) for service in SERVICES]
    engine = local.find()
    if engine and port not in (None, engine.port):
        raise Trouble(
            f"the local engine is up already, on port {engine.port}: end it first with `wayfare down`", Exit.USAGE
        )
    if engine and Names(stage).stack(PLATFORM) in local.deployed(local.running()):
        screen.say(f"Wayfare is up already; `wayfare deploy SERVICE{on_stage(stage)}` brings a change.")
    else:
        with screen.busy("preparing") as report:
            folder = local.templates(stage, report)
            if engine:
                local.deploy(engine, folder, stacks, report)
            else:
                engine = local.start(folder, stacks, port or local.PORT, report)
        screen.say(f"Wayfare is up: stage {stage}, in the background until `wayfare down`.", "bold green")
    for line in greeting(chosen, engine):
        screen.say(line)


def down() -> None:
    """Stop the local engine. Everything in it is gone."""
    screen = Screen()
    engine = local.find()
    if engine is None:
        screen.say("No local engine is up.")
        return
    local.stop(engine)
    screen.say(f"The local engine on port {engine.port} is down; nothing of it is left.")


def deploy(
    services: Annotated[list[str], typer.Argument(metavar="SERVICE...", help=f"Of {', '.join(SERVICES)}.")],
    stage: StageOption = "local",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="On AWS: only print the CDK command.")] = False,
) -> None:
    """Deploy these services alone; the others are not touched."""
    screen, chosen = Screen(), stage_named(stage)
    require_services(services, SERVICES)
    if is_local(chosen):
        for change in _deploy_here(screen, stage, services):
            screen.say(f"{change.stack}: {change.change} in {change.seconds:.1f} s")
        return
    for service in services:
        words = cdk.command(stage, service)
        screen.say(shlex.join(words))
        if not dry_run:
            cdk.run(words)


def greeting(stage: Stage, engine: Engine) -> list[str]:
    """What a person needs to use a running stage with any client, and what to try next."""
    names, keys = Names(stage.name), (engine.access_key, engine.secret_key)
    file = _from_here(EXAMPLE)
    more = on_stage(stage.name)
    return [
        "",
        f"  endpoint  {engine.endpoint}",
        f"  region    {engine.region}",
        f"  keys      AWS_ACCESS_KEY_ID={keys[0]} AWS_SECRET_ACCESS_KEY={keys[1]}   (no others: events would go nowhere)",
        f"  bus       {names.bus}",
        "",
        "Book a trip with the AWS CLI:",
        "",
        aws_line(engine.endpoint, engine.region, keys, names.bus, file),
        "",
        "or with wayfare, and look around:",
        "",
        f"  wayfare book {shlex.quote(str(file))} --fresh-id --follow{more}",
        f"  wayfare trips{more}       wayfare inventory{more}       wayfare dlq list{more}       wayfare down",
    ]


def _local_stage(name: str) -> Stage:
    stage = stage_named(name)
    if not is_local(stage):
        raise Trouble(
            f"stage {name} lives on AWS: deploy it with `wayfare deploy {' '.join(SERVICES)} --stage {name}`",
            Exit.USAGE,
        )
    return stage


def _deploy_here(screen: Screen, stage: str, services: list[str]) -> tuple[StackChange, ...]:
    engine = local.running()
    with screen.busy("preparing") as report:
        folder = local.synthesised(stage, report)
        return local.deploy(engine, folder, [Names(stage).stack(service) for service in services], report)


def _from_here(path: Path) -> Path:
    """The path as short as it works from the current folder."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
