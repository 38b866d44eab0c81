"""demo: two trips on an engine of its own, from nothing to nothing."""

from collections.abc import Callable, Sequence

from console import demo as demonstration
from console.commands.lines import say_entry
from console.demo import Story, Teller
from console.follow import Ending
from console.render import STYLES, because, plain
from console.screen import Screen
from console.stock import Row

NEXT = (
    ("wayfare up", "the same, in the background: put events with any AWS client"),
    ("wayfare book examples/trips/trip-success.json --fresh-id --follow", ""),
    ("wayfare inventory set hotel 'holiday inn' 2017-07-10 1", "one room left: who gets it?"),
    ("wayfare --help", "everything else"),
)


def demo() -> None:
    """Book two trips on an engine of their own, check the outcome to the unit, and clean up."""
    screen = Screen()
    with screen.busy("preparing") as step:
        taken = demonstration.demo(
            Teller(step, _story(screen), lambda entry: say_entry(screen, entry), _ending(screen))
        )
    say_stock(screen, taken)
    screen.say()
    screen.say("Both trips ended as they must, and the one that failed holds nothing.", "bold green")
    screen.say("The engine is stopped. What to try next (in .venv/bin, unless it is on your PATH):")
    for command, what in NEXT:
        screen.say(f"  {command}{f'   # {what}' if what else ''}")


def say_stock(screen: Screen, taken: Sequence[Sequence[Row]]) -> None:
    """One line for each stock item: held before, and after each trip."""
    keys = sorted({row[:3] for rows in taken for row in rows})
    held = [{row[:3]: row for row in rows} for rows in taken]
    screen.say()
    screen.say("Inventory held (free) before, after the first trip, after the second; `-`: not listed yet")
    screen.table(
        ("service", "item", "unit", "before#", "first#", "second#"),
        [(*key, *(_held(rows.get(key)) for rows in held)) for key in keys],
    )


def _held(row: Row | None) -> str:
    return f"{row.held} ({row.available})" if row else "-"


def _story(screen: Screen) -> Callable[[Story, str], None]:
    def tell(story: Story, trip_id: str) -> None:
        screen.say()
        screen.say(f"{story.title}  ({story.file}, trip {trip_id})", "bold")

    return tell


def _ending(screen: Screen) -> Callable[[Ending], None]:
    def tell(ending: Ending) -> None:
        status = ending.verdict.status
        screen.say(
            f"=> {plain(status)}{because(ending.verdict.reason, ending.verdict.message)}", f"bold {STYLES[status]}"
        )

    return tell
