"""The `wayfare` command: wiring only."""

from typing import Any

import typer
from typer.core import TyperGroup

from console.commands import dlq, inventory, new
from console.commands.audit import audit
from console.commands.canvas import canvas
from console.commands.chaos import chaos
from console.commands.compare import compare
from console.commands.demo import demo
from console.commands.engine import deploy, down, up
from console.commands.explore import explore
from console.commands.requests import book, cancel
from console.commands.show import status, timeline, trips
from console.commands.simulate import simulate
from console.commands.stuck import stuck
from console.screen import Screen
from console.trouble import EXPECTED, in_a_sentence


class Plainspoken(TyperGroup):
    """Expected failures end in one sentence and their exit code, never in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except EXPECTED as error:
            trouble = in_a_sentence(error)
            Screen().complain(str(trouble))
            raise typer.Exit(trouble.code) from error


app = typer.Typer(
    cls=Plainspoken,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Wayfare: a travel-booking saga to run, watch and break, on the local AWS engine or on AWS.",
)
for command in (
    up,
    down,
    deploy,
    book,
    cancel,
    status,
    timeline,
    trips,
    stuck,
    audit,
    demo,
    compare,
    simulate,
    explore,
    chaos,
    canvas,
):
    app.command()(command)
app.add_typer(inventory.app, name="inventory")
app.add_typer(dlq.app, name="dlq")
app.add_typer(new.app, name="new")


def main() -> None:
    """The entry point."""
    app()
