"""Everything that is wrong with a design, before anything is synthesised."""

from infra.canvas import hearing, machinery, undoing, wiring
from infra.canvas.design import Design
from infra.canvas.finding import Finding


def lint(design: Design) -> list[Finding]:
    """All weaknesses, each once. Raises `CannotDraw` if the catalogue's example is refused."""
    found = (
        *wiring.findings(design),
        *hearing.findings(design),
        *undoing.findings(design),
        *machinery.findings(design, design.machine),
    )
    return list(dict.fromkeys(found))
