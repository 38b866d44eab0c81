"""Putting a participant into the catalogue: two lines of infra/catalog.py, by hand or by `--register`."""

import re
from pathlib import Path
from typing import Final, NamedTuple

from console.new.newcomer import Newcomer
from console.trouble import Exit, Trouble

CATALOG: Final = Path("infra", "catalog.py")
_IMPORT: Final = re.compile(r"^from services\.\w+\.participant import [A-Z]+$", re.MULTILINE)
_LISTED: Final = re.compile(r"^PARTICIPANTS: Final = \(([A-Z, ]+)\)$", re.MULTILINE)
_LEG: Final = re.compile(r"^    leg=(\d+),$", re.MULTILINE)


class Lines(NamedTuple):
    """The two lines: one to add, one that replaces what is there."""

    imported: str
    listed: str


def lines_for(new: Newcomer) -> Lines:
    """The lines that put it into the catalogue, in booking order."""
    legs = {who.name.upper(): who.leg for who in new.others} | {new.constant: new.leg}
    listed = ", ".join(sorted(legs, key=legs.__getitem__))
    return Lines(_import_of(new.name), f"PARTICIPANTS: Final = ({listed})")


def registered(root: Path, name: str) -> bool:
    """Whether the catalogue names the participant."""
    return _import_of(name) in (root / CATALOG).read_text().splitlines()


def register(root: Path, lines: Lines) -> None:
    """Write the lines into the catalogue. Raises `Trouble`, and writes nothing, if it is not laid out as it was."""
    text = (root / CATALOG).read_text()
    imports = _IMPORT.findall(text)
    if not imports or not _LISTED.search(text):
        raise Trouble(f"{CATALOG}: its list of participants looks otherwise than expected; add by hand: {lines}")
    there, sorted_in = "\n".join(imports), "\n".join(sorted([*imports, lines.imported]))
    (root / CATALOG).write_text(_LISTED.sub(lines.listed, text.replace(there, sorted_in)))


def leg_in(root: Path, name: str) -> int:
    """The leg that a service which is there gives itself. Raises `Trouble` if it gives none."""
    path = Path("services", name, "participant.py")
    found = _LEG.search((root / path).read_text()) if (root / path).exists() else None
    if not found:
        raise Trouble(f"{path} describes no participant: it needs a line such as `leg=25,`", Exit.USAGE)
    return int(found.group(1))


def _import_of(name: str) -> str:
    return f"from services.{name}.participant import {name.upper()}"
