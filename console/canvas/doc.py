"""The drawings in docs/canvas.md: `python -m console.canvas.doc --write` makes them anew; a test compares."""

import re
import sys
from typing import Final

from console.canvas.drawing import flowchart
from console.canvas.sagas import catalog_of
from infra.canvas.design import design_of
from infra.packaging import ROOT
from infra.stages import named

DOC: Final = ROOT / "docs" / "canvas.md"
DRAWING: Final = re.compile(
    r"(<!-- wayfare canvas --saga (?P<saga>\S+) --stage (?P<stage>\S+) --mermaid -->\n)```mermaid\n.*?```\n", re.DOTALL
)


def current(text: str) -> str:
    """The document with each drawing as its command would print it now."""
    return DRAWING.sub(lambda found: f"{found[1]}```mermaid\n{_drawn(found['saga'], found['stage'])}\n```\n", text)


def _drawn(saga: str, stage: str) -> str:
    catalog = catalog_of(saga)
    return flowchart(design_of(catalog, named(stage, catalog.saga)))


if __name__ == "__main__":
    if sys.argv[1:] != ["--write"]:
        sys.exit("usage: python -m console.canvas.doc --write")
    DOC.write_text(current(DOC.read_text()))
