"""`python -m console.verify`: run every part, keep the figures, bring the page up to date.

Figures go to docs/verification.json (or `--out`); `--quick` runs a slice of each part and keeps nothing;
`--page` only writes docs/how-it-is-tested.md anew from the figures that are kept.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console.verify.page import PAGE, written
from console.verify.parts import PARTS, Part

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "docs" / "verification.json"


def main() -> int:
    """0 only if every part says that nothing is wrong."""
    arguments = _arguments()
    if not arguments.page:
        chosen = [part for part in PARTS if not arguments.only or part.name in arguments.only]
        if not _run(chosen, arguments):
            return 1
    if not arguments.quick:
        PAGE.write_text(written(PAGE.read_text(), json.loads(arguments.out.read_text())))
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m console.verify", description=__doc__)
    parser.add_argument("--out", type=Path, default=FIGURES, help="where the figures are kept")
    parser.add_argument("--quick", action="store_true", help="a slice of each part; keeps nothing")
    parser.add_argument(
        "--only", nargs="*", choices=[part.name for part in PARTS], help="some parts; keeps the others' figures"
    )
    parser.add_argument("--page", action="store_true", help="only write the page anew")
    return parser.parse_args()


def _run(chosen: list[Part], arguments: argparse.Namespace) -> bool:
    kept: dict[str, Any] = json.loads(arguments.out.read_text()) if arguments.out.exists() else {"parts": {}}
    good = True
    for number, part in enumerate(chosen, 1):
        command = part.quick if arguments.quick else part.command
        _say(f"{number}/{len(chosen)} wayfare {' '.join(command)}: {part.proves}")
        found = _measured(command)
        good = good and found["exit_code"] == 0
        _say(f"    {'nothing is wrong' if found['exit_code'] == 0 else 'WRONG'}, {found['minutes']} minutes")
        kept["parts"][part.name] = {"command": part.line(), **found}
        if not arguments.quick:
            arguments.out.write_text(json.dumps({**_here(), "parts": kept["parts"]}, indent=1) + "\n")
    return good


def _measured(command: tuple[str, ...]) -> dict[str, Any]:
    began = time.monotonic()
    wayfare = Path(sys.executable).with_name("wayfare")
    run = subprocess.run([wayfare, *command, "--json"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603
    minutes = round((time.monotonic() - began) / 60, 1)
    try:
        found = json.loads(run.stdout)
    except ValueError:
        found = {"no_json": run.stdout[-2000:]}
    return {"date": f"{datetime.now(UTC):%Y-%m-%d}", "exit_code": run.returncode, "minutes": minutes, "found": found}


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _here() -> dict[str, str]:
    return {
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "python": platform.python_version(),
    }


if __name__ == "__main__":
    sys.exit(main())
