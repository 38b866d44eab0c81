"""The whole crash matrix: `python -m sandbox.crash.verify --out FILE` (minutes) writes its figures; exit code 1: something is wrong.

In memory: every fault at every call in every mode, several schedules, and a second death at every call of the redelivery.
On the local engine: SIGKILL before and after every call of every function, on the first delivery and on the redelivery too.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from sandbox.crash import on_engine
from sandbox.crash.matrix import Case, cases, cases_again, run
from sandbox.crash.scenarios import scenarios_of
from sandbox.crash.world import DEATHS, ONCE, Kind
from sandbox.local_world import LocalWorld
from sandbox.modes import MODES

SEEDS = range(3)


class Part(msgspec.Struct, frozen=True):
    """One part of the matrix: how many cases, and which of them went wrong."""

    cases: int
    wrong: list[str]
    seconds: float


def main() -> None:
    """Run both parts, and say so."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--out", type=Path, required=True, help="where the figures go, as JSON")
    options.add_argument("--without-engine", action="store_true")
    asked = options.parse_args()
    found = {"once": _in_memory("once"), "again": _in_memory("again")}
    if not asked.without_engine:
        found["engine"] = _on_the_engine()
    asked.out.write_text(json.dumps(msgspec.to_builtins(found), indent=1) + "\n")
    sys.exit(any(part.wrong for part in found.values()))


def _in_memory(what: str) -> Part:
    began, total, wrong = time.monotonic(), 0, list[str]()
    with ProcessPoolExecutor() as workers:
        for count, amiss in workers.map(_chunk, *zip(*_chunks(what), strict=True)):
            total += count
            wrong += amiss
    return Part(total, wrong, time.monotonic() - began)


def _chunks(what: str) -> Iterator[tuple[str, str, str, int]]:
    for mode in MODES.values():
        for name in scenarios_of(mode):
            yield from ((what, mode.name, name, seed) for seed in (SEEDS if what == "once" else SEEDS[:1]))


def _chunk(what: str, mode: str, name: str, seed: int) -> tuple[int, list[str]]:
    """All cases of one scenario in one schedule."""
    if what == "once":
        return _counted(cases(MODES[mode], name, tuple(Kind), seed))
    first = cases(MODES[mode], name, ONCE, seed)
    return _counted(again for case in first for again in cases_again(case, DEATHS))


def _counted(told: Iterable[Case]) -> tuple[int, list[str]]:
    runs = [(str(case), run(case).wrong) for case in told]
    return len(runs), [f"{case}: {'; '.join(reasons)}" for case, reasons in runs if reasons]


def _on_the_engine() -> Part:
    began = time.monotonic()
    with LocalWorld.running(wait_scale=0.02) as world:
        found = on_engine.cells(world)
        wrong = on_engine.run(world, found)
    return Part(len(found), wrong, time.monotonic() - began)


if __name__ == "__main__":
    main()
