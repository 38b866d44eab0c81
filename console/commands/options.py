"""Options that many commands share."""

from typing import Annotated

import typer

StageOption = Annotated[
    str,
    typer.Option("--stage", help="local (the local engine), or an AWS stage: dev, prod, dev-ada."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, and nothing else, on stdout.")]
TripArgument = Annotated[str, typer.Argument(metavar="TRIP", help="The trip's id.")]


def on_stage(stage: str) -> str:
    """How a suggested command names a stage: not at all when it is the default."""
    return "" if stage == "local" else f" --stage {stage}"
