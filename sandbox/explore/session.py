"""Exploring many cases: one after the other, or in as many processes as the machine has processors."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from sandbox.explore.cases import CASES, Case
from sandbox.explore.mutants import MUTANTS, Mutant
from sandbox.explore.search import Counterexample, Found, Report, Search
from sandbox.explore.story import Line, lines
from sandbox.explore.system import System

T = TypeVar("T")


class Explored(NamedTuple):
    """What came of a case (or of a mutant on its case)."""

    case: str
    about: str
    mutant: str | None
    found: Found
    story: tuple[Line, ...] = ()
    """The counterexample, if there is one, step by step."""

    @property
    def as_expected(self) -> bool:
        """The shipped system holds, and a mutant does not."""
        return (self.found.counterexample is None) is (self.mutant is None)


def case_named(name: str) -> Case:
    """The case of that name. Raises ValueError with those that there are."""
    return _named(name, {it.name: it for it in CASES}, "case")


def mutant_named(name: str) -> Mutant:
    """The mutant of that name. Raises ValueError with those that there are."""
    return _named(name, {it.name: it for it in MUTANTS}, "mutant")


def _named(name: str, there: Mapping[str, T], kind: str) -> T:
    if name not in there:
        raise ValueError(f"{kind} {name!r}: there is none; choose one of {', '.join(there)}")
    return there[name]


def explore(case: Case, report: Report | None = None) -> Explored:
    """The shipped system in one case."""
    return _explored(System(case), case.name, case.about, None, report)


def refute(mutant: Mutant, report: Report | None = None) -> Explored:
    """A mutant in the case that shows what its measure is for."""
    return _explored(System(mutant.case, mutant.parts()), mutant.name, mutant.without, mutant.name, report)


def _explored(system: System, name: str, about: str, mutant: str | None, report: Report | None) -> Explored:
    found = Search(system, report=report).run()
    story = tuple(lines(system, found.counterexample)) if found.counterexample else ()
    return Explored(name, about, mutant, found, story)


def explore_all(cases: Iterable[Case], mutants: Iterable[Mutant], processes: int = 1) -> Iterator[Explored]:
    """Each as soon as it is done; the largest cases are begun first."""
    work: list[tuple[Callable[[Any], Explored], Any]] = [
        *((explore, case) for case in sorted(cases, key=_effort, reverse=True)),
        *((_refute_named, mutant.name) for mutant in mutants),
    ]
    if processes == 1 or len(work) == 1:
        yield from (run(it) for run, it in work)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(run, it) for run, it in work]):
            yield done.result()


def _refute_named(name: str) -> Explored:
    """By name: a mutant holds functions, which do not travel between processes."""
    return refute(mutant_named(name))


def _effort(case: Case) -> tuple[int, int, int]:
    adversary = case.cancels + case.expiries + case.losses + case.stops
    return adversary * case.workers, len(case.faults), len(case.stocks) * len(case.requests)


def replay(path: Path) -> tuple[list[str], list[Line]]:
    """A saved counterexample, played again: what it violated, and its story.

    Raises `CannotReplay`, and ValueError for a file that holds none.
    """
    try:
        kept: Mapping[str, Any] = msgspec.json.decode(path.read_bytes())
        schedule = tuple(tuple(step) for step in kept["schedule"])
        mutant = mutant_named(kept["mutant"]) if kept["mutant"] else None
        system = System(mutant.case, mutant.parts()) if mutant else System(case_named(kept["case"]))
        found = Counterexample((), int(kept["beginning"]), schedule)
        violations = [str(it) for it in kept["violations"]]
    except (KeyError, TypeError, msgspec.DecodeError) as error:
        raise ValueError(f"{path}: no saved counterexample ({error!r}); make one with --save") from error
    return violations, list(lines(system, found))
