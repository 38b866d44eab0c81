"""The report as Markdown: text and tables; charts are in the page beside it."""

from collections.abc import Iterator, Sequence

from console.compare.content import Section, Table, sections
from console.render import plain
from sandbox.compare.results import Results


def markdown(found: Results) -> str:
    """The whole report."""
    lines = ["# Choreography or orchestration: a comparison", "", f"    {plain(found.command)}", ""]
    lines += [f"{found.date}. Charts and single trips: `report.html`, `results.json`.", ""]
    for section in sections(found):
        lines += _section(section)
    return "\n".join(lines).rstrip() + "\n"


def _section(section: Section) -> Iterator[str]:
    yield from (f"## {section.title}", "")
    for paragraph in section.text:
        yield _safe(paragraph)
        yield ""
    for block in section.blocks:
        if isinstance(block, Table) and block.rows:
            yield from (f"### {block.title}", "", f"*{block.label}*", "")
            yield from table(block.columns, block.rows)
            yield from ("", *((_safe(block.note), "") if block.note else ()))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """The lines of a table."""
    yield _row([name.rstrip("#!") for name in columns])
    yield _row(["---:" if name.endswith("#") else "---" for name in columns])
    for row in rows:
        yield _row([_safe(cell) for cell in row])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _safe(value: object) -> str:
    """Text in which Markdown finds nothing to obey."""
    told = plain(value).replace("\\", "\\\\").replace("<", "&lt;")
    return told.replace("|", "\\|").replace("`", "'")
