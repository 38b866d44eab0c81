"""The report as one page of HTML that needs nothing else: no script, no font, no network."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from console.compare.content import Chart, Section, Table, sections
from console.render import plain
from sandbox.compare.results import Results

STYLE = Path(__file__).with_name("style.css")
TITLE = "Choreography or orchestration: a comparison"


def page(found: Results) -> str:
    """The whole report. Whatever came from outside is escaped."""
    body = "\n".join(part for section in sections(found) for part in _section(section, found))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{escape(TITLE)}</title>\n<style>\n{STYLE.read_text()}</style>\n</head>\n<body>\n"
        f"{''.join(_head(found))}\n{body}\n</body>\n</html>\n"
    )


def _head(found: Results) -> Iterator[str]:
    yield f"<h1>{escape(TITLE)}</h1>"
    yield f'<p class="lead"><code>{_text(found.command)}</code><br>{_text(found.date)}</p>'
    count = len(found.violations)
    names = ", ".join(sorted({it.invariant for it in found.violations}))
    told = f"{count} violations of {names}: the figures below mean nothing" if count else "No invariant was violated"
    yield f'<p class="verdict {"bad" if count else "good"}">{_text(told)}</p>'


def _section(section: Section, found: Results) -> Iterator[str]:
    yield f"<h2>{_text(section.title)}</h2>"
    yield from _paragraphs(section)
    for block in section.blocks:
        if isinstance(block, Chart):
            yield from _chart(block, found)
        elif block.rows:
            yield from _table(block)


def _paragraphs(section: Section) -> Iterator[str]:
    """Text; what begins with a hyphen is a list."""
    points = [it.removeprefix("- ") for it in section.text if it.startswith("- ")]
    yield from (f"<p>{_text(it)}</p>" for it in section.text if not it.startswith("- "))
    if points:
        yield f"<ul>{''.join(f'<li>{_text(it)}</li>' for it in points)}</ul>"


def _chart(chart: Chart, found: Results) -> Iterator[str]:
    if drawn := chart.draw(found):
        yield _title(chart.title, chart.label)
        yield drawn
        yield from _note(chart.note)


def _table(table: Table) -> Iterator[str]:
    yield _title(table.title, table.label)
    css = [_css(name) for name in table.columns]
    head = "".join(f"<th{kind}>{_text(name.rstrip('#!'))}</th>" for name, kind in zip(table.columns, css, strict=True))
    yield '<div class="wide"><table>'
    if any(table.columns):
        yield f"<thead><tr>{head}</tr></thead>"
    for row in table.rows:
        cells = "".join(f"<td{kind}>{_text(cell)}</td>" for cell, kind in zip(row, css, strict=True))
        yield f"<tr>{cells}</tr>"
    yield "</table></div>"
    yield from _note(table.note)


def _css(column: str) -> str:
    return {"#": ' class="figure"', "!": ' class="piece"'}.get(column[-1:], "")


def _title(title: str, label: str) -> str:
    return f'<h3>{_text(title)} <span class="tag">{_text(label)}</span></h3>'


def _note(note: str) -> Iterator[str]:
    if note:
        yield f'<p class="note">{_text(note)}</p>'


def _text(value: object) -> str:
    return escape(plain(value))
