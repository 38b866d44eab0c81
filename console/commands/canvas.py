"""canvas: a saga drawn from its contracts, rules and catalogue, and linted."""

from typing import Annotated

import typer

from console import local
from console.canvas.drawing import flowchart
from console.canvas.sagas import SAGAS, catalog_of
from console.canvas.telling import in_json, say, say_findings
from console.commands.options import JsonOption, StageOption
from console.screen import Screen
from console.trouble import Exit, Trouble
from infra.canvas.deployed import lint_templates
from infra.canvas.design import Design, design_of
from infra.canvas.events import CannotDraw
from infra.canvas.finding import Finding
from infra.canvas.lint import lint
from infra.stages import named
from infra.templates import read


def canvas(  # noqa: PLR0913, PLR0917 - a command's options are its parameters
    saga: Annotated[str, typer.Option(help=f"{', '.join(SAGAS)}, or MODULE:NAME of a catalogue of your own.")] = "trip",
    stage: StageOption = "local",
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print the drawing as Mermaid, and nothing else.")] = False,
    templates: Annotated[
        bool, typer.Option("--templates", help="Synthesise the stage, and lint its templates too.")
    ] = False,
    check: Annotated[bool, typer.Option("--check", help="Print findings only.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Draw a saga: who tells whom what, who undoes what, where it waits. And lint it: exit code 1 if anything is wrong."""
    screen = Screen(as_json=as_json or mermaid)
    design = _design(saga, stage)
    findings = _lint(screen, design, templates=templates)
    if mermaid:
        typer.echo(flowchart(design))
        for it in findings:
            screen.complain(str(it))
    elif as_json:
        screen.answer(in_json(design, findings))
    elif not check:
        say(screen, design)
    say_findings(
        screen, findings, f"saga {design.catalog.saga.name}, stage {stage}{', as synthesised' if templates else ''}"
    )
    if findings:
        raise typer.Exit(Exit.NO)


def _design(saga: str, stage: str) -> Design:
    catalog = catalog_of(saga)
    try:
        return design_of(catalog, named(stage, catalog.saga))
    except ValueError as error:
        raise Trouble(str(error), Exit.USAGE) from error


def _lint(screen: Screen, design: Design, *, templates: bool) -> list[Finding]:
    try:
        found = lint(design)
    except CannotDraw as error:
        raise Trouble(str(error), Exit.NO) from error
    if templates:
        with screen.busy("synthesising") as step:
            folder = local.synthesised(design.stage.name, step, design.catalog.templates)
        found += lint_templates(design, read(folder))
    return found
