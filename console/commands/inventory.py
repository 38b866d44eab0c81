"""inventory: what there is, and listing more of it."""

from typing import Annotated

import typer
from typer.core import TyperGroup

from console.commands.options import JsonOption, StageOption, on_stage
from console.connection import connect, require_services
from console.screen import Screen
from console.stock import PARTICIPANTS, Row, set_capacity, stock
from console.trouble import Exit, Trouble

COLUMNS = ("service", "item", "unit", "capacity#", "available#", "held#")
ServiceHelp = f"Of {', '.join(PARTICIPANTS)}."


class ShowByDefault(TyperGroup):
    """`inventory hotel` is short for `inventory show hotel`."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(cls=ShowByDefault, help="Show the stock, or set what there is of an item.")


@app.command()
def show(
    service: Annotated[str | None, typer.Argument(metavar="[SERVICE]", help=ServiceHelp)] = None,
    stage: StageOption = "local",
    as_json: JsonOption = False,
) -> None:
    """What is listed, free and held. Stock that nobody listed appears when it is first booked."""
    wanted = [service] if service else list(PARTICIPANTS)
    require_services(wanted, PARTICIPANTS)
    screen, target = Screen(as_json=as_json), connect(stage)
    with screen.busy("asking the owners"):
        rows = stock(target, wanted)
    if as_json:
        screen.answer([row._asdict() for row in rows])
    elif rows:
        screen.table(COLUMNS, rows)
    else:
        screen.say("Nothing is listed yet; stock that nobody listed has its service's default capacity.")
        screen.say(f"Next: wayfare inventory set SERVICE ITEM UNIT CAPACITY{on_stage(stage)}", "dim")


@app.command("set")
def set_(  # noqa: PLR0913, PLR0917 - a command's options are its parameters
    service: Annotated[str, typer.Argument(metavar="SERVICE", help=ServiceHelp)],
    item: Annotated[str, typer.Argument(metavar="ITEM", help="A hotel, a departure, a class of cars.")],
    unit: Annotated[str, typer.Argument(metavar="UNIT", help="A night, a fare, or `fleet`.")],
    capacity: Annotated[int, typer.Argument(metavar="CAPACITY", help="How many there are.")],
    stage: StageOption = "local",
    as_json: JsonOption = False,
) -> None:
    """Set an item's capacity; its owner's own code writes it, and what is held stays held."""
    require_services([service], PARTICIPANTS)
    if capacity < 0:
        raise Trouble(f"capacity {capacity}: give a whole number from 0", Exit.USAGE)
    screen = Screen(as_json=as_json)
    target = connect(stage)
    with screen.busy("asking the owner"):
        row: Row = set_capacity(target, service, item, unit, capacity)
    if as_json:
        screen.answer(row._asdict())
    screen.table(COLUMNS, [row])
