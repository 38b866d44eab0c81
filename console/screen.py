"""Where output goes: answers to stdout (as JSON if a program reads them), everything else to stderr."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from console.render import plain

WIDTH = 100


class Screen:
    """What one command prints on. With `as_json`, stdout holds one JSON document and nothing else."""

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self._out = _console(stderr=False)
        self._err = _console(stderr=True)

    def answer(self, value: Any) -> None:
        """The one JSON document; call only when `as_json`."""
        self._out.file.write(json.dumps(value, indent=2, default=str) + "\n")

    def say(self, text: str = "", style: str = "") -> None:
        """A line for a person; nothing when a program reads."""
        if not self.as_json:
            self._out.print(Text(text, style), soft_wrap=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """A table of plain text that fits; columns whose names end in `#` hold numbers, in `!` what must stay in one piece."""
        if self.as_json:
            return
        table = Table(box=None, pad_edge=False, show_header=any(columns))
        for column in columns:
            table.add_column(
                Text(column.rstrip("#!")),
                justify="right" if column.endswith("#") else "left",
                overflow="fold",
                no_wrap=column.endswith(("#", "!")),
            )
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(plain(cell)) for cell in row))
        self._out.print(table)

    def complain(self, sentence: str) -> None:
        """An error, on stderr."""
        self._err.print(Text.assemble(("error: ", "bold red"), sentence), soft_wrap=True)

    @contextmanager
    def busy(self, doing: str) -> Iterator[Callable[[str], None]]:
        """Show that something takes time: a moving line on a terminal, else a line for each step that is told.

        Yields the function that tells the next step.
        """
        live = next((each for each in (self._out, self._err) if each.is_terminal), None)
        if live is None or (self.as_json and live is self._out):
            yield lambda step: self._err.print(Text(f"{step} …"), soft_wrap=True)
            return
        with live.status(Text(f"{doing} …")) as status:
            yield lambda step: status.update(Text(f"{step} …"))

    @contextmanager
    def progress(self) -> Iterator[Callable[[str, int, int], None]]:
        """Show how far something long has come: a bar on a terminal, else a line for each step.

        Yields the function that tells a step: what, how many are done, of how many.
        """
        live = next((each for each in (self._out, self._err) if each.is_terminal), None)
        if live is None or (self.as_json and live is self._out):
            yield lambda what, done, total: self._err.print(Text(f"{done:>3}/{total} {what}"), soft_wrap=True)
            return
        columns = (BarColumn(30), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn(), _PlainColumn())
        with Progress(*columns, console=live, transient=True) as bar:
            task = bar.add_task("")
            yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)


class _PlainColumn(ProgressColumn):
    """The description as it stands: rich would read it as markup."""

    def render(self, task: Task) -> Text:
        return Text(task.description)


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    return console
