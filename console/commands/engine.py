"""up, down and deploy: a stage comes, changes and goes."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from console import cdk, local
from console.commands.options import JsonOption, StageOption, on_stage
from console.connection import SERVICES, is_local, require_services, stage_named
from console.render import aws_line
from console.screen import Screen
from console.trouble import Exit, Trouble
from infra.names import PLATFORM, Names
from sandbox.engine.deploy import StackChange
from sandbox.engine.engine import Engine
from sandbox.engine.process import PROJECT

EXAMPLE = PROJECT / "examples" / "trips" / "trip-success.json"

PortOption = Annotated[
    int | None, typer.Option("--port", min=1, max=65535, help=f"Where it listens (default {local.PORT}).")
]


def up(stage: StageOption = "local", port: PortOption = None, as_json: JsonOption = False) -> None:
    """Start the local AWS engine in the background and deploy every stack on it."""
    screen = Screen(as_json=as_json)
    _require_local(stage)
    engine, was_up = local.find(), False
    if engine:
        if port not in (None, engine.port):
            raise Trouble(
                f"the local engine is up already, on port {engine.port}: end it first with `wayfare down`", Exit.USAGE
            )
        was_up = Names(stage).stack(PLATFORM) in local.deployed(local.running())
    if engine is None or not was_up:
        engine = _bring_up(screen, stage, engine, port or local.PORT)
    if as_json:
        screen.answer(_particulars(stage, engine))
        return
    if was_up:
        screen.say(f"Wayfare is up already; `wayfare deploy SERVICE{on_stage(stage)}` brings a change.")
    else:
        screen.say(f"Wayfare is up: stage {stage}, in the background until `wayfare down`.", "bold green")
    for line in greeting(stage, engine):
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
    unasked: Annotated[bool, typer.Option("--yes", help="On AWS: do not ask about new permissions.")] = False,
) -> None:
    """Deploy these services alone; the others are not touched."""
    screen, chosen = Screen(), stage_named(stage)
    require_services(services, SERVICES)
    if is_local(chosen):
        for change in _deploy_here(screen, stage, services):
            screen.say(f"{change.stack}: {change.change} in {change.seconds:.1f} s")
        return
    for service in services:
        words = cdk.command(stage, service, unasked=unasked)
        screen.say(shlex.join(words))
        if not dry_run:
            cdk.run(words)


def greeting(stage: str, engine: Engine) -> list[str]:
    """What a person needs to use a running stage with any client, and what to try next."""
    more = on_stage(stage)
    file = shlex.quote(str(_from_here(EXAMPLE)))
    return [
        "",
        f"  endpoint  {engine.endpoint}",
        f"  region    {engine.region}",
        f"  keys      AWS_ACCESS_KEY_ID={engine.access_key} AWS_SECRET_ACCESS_KEY={engine.secret_key}"
        "   (with others, events go nowhere)",
        f"  bus       {Names(stage).bus}",
        "",
        "Book a trip with the AWS CLI:",
        "",
        _aws_line(stage, engine),
        "",
        "or with wayfare, and look around:",
        "",
        f"  wayfare book {file} --fresh-id --follow{more}",
        f"  wayfare trips{more}",
        f"  wayfare inventory{more}",
        f"  wayfare dlq list{more}",
        "  wayfare down",
    ]


def _particulars(stage: str, engine: Engine) -> dict[str, object]:
    return {
        "stage": stage,
        "endpoint": engine.endpoint,
        "region": engine.region,
        "accessKeyId": engine.access_key,
        "secretAccessKey": engine.secret_key,
        "bus": Names(stage).bus,
        "putEvents": _aws_line(stage, engine),
    }


def _aws_line(stage: str, engine: Engine) -> str:
    keys = (engine.access_key, engine.secret_key)
    return aws_line(engine.endpoint, engine.region, keys, Names(stage).bus, _from_here(EXAMPLE))


def _require_local(stage: str) -> None:
    if not is_local(stage_named(stage)):
        raise Trouble(
            f"stage {stage} lives on AWS: deploy it with `wayfare deploy {' '.join(SERVICES)} --stage {stage}`",
            Exit.USAGE,
        )


def _bring_up(screen: Screen, stage: str, engine: Engine | None, port: int) -> Engine:
    """The stage's stacks on the running engine, or on a new one."""
    stacks = [Names(stage).stack(service) for service in SERVICES]
    with screen.busy("preparing") as report:
        folder = local.templates(stage, report)
        if engine is None:
            return local.start(folder, stacks, port, report)
        local.deploy(engine, folder, stacks, report)
        return engine


def _deploy_here(screen: Screen, stage: str, services: list[str]) -> tuple[StackChange, ...]:
    engine = local.running()
    with screen.busy("preparing") as report:
        folder = local.synthesised(stage, report)
        return local.deploy(engine, folder, [Names(stage).stack(service) for service in services], report)


def _from_here(path: Path) -> Path:
    """The path as short as it works from the current folder."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
