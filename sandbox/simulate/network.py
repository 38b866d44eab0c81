"""All courses of a mode as arrays: the visits of every kind of trip, numbered through, and what each of them takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from infra.catalog import OBSERVER, ORCHESTRATOR
from sandbox.metering.by_hand import BILLS
from sandbox.metering.counts import TRANSITIONS, WRITE_UNITS
from sandbox.simulate.assumptions import Floats
from sandbox.simulate.courses import CANCEL, OUTCOMES, REQUEST, Course, Visit, courses
from sandbox.world import Inbox

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

ORDER: Final = ("start", "book", "task", "compensate", "observe")
"""The roles in the order in which a trip comes by."""


@dataclass(frozen=True)
class Network:
    """The visits of a mode's courses. Every array has an entry for each visit, in the order of `visits`."""

    mode: str
    outcomes: tuple[str, ...]
    visits: tuple[Visit, ...]
    stations: tuple[Inbox, ...]
    station: Ints
    profiles: tuple[tuple[str, ...], ...]
    """The calls of a visit; `profile` says whose."""
    profile: Ints
    reads: Floats
    writes: Floats
    puts: Floats
    transitions: Floats
    ends: Floats
    needed: Flags
    lost: Ints
    """How many needed visits never come if this one never ends: itself, and those after it."""
    children: tuple[Ints, ...]
    first: tuple[Ints, ...]
    """By course, the visits that follow the request."""
    cancel: tuple[Ints, ...]
    """By course, the visits that follow the client's cancel."""
    wanted: Ints
    """By course, how many needed visits make the outcome known."""


def network(mode: str) -> Network:
    """The courses of this mode, recorded and put together."""
    found = courses(mode)
    every, offsets = _joined(found)
    visits = tuple(visit for _, visit in every)
    stations = tuple(
        sorted({it.inbox for it in visits}, key=lambda it: (ORDER.index(it.role), visits_first(visits, it)))
    )
    profiles = tuple(dict.fromkeys(it.calls for it in visits))
    children = _children(visits)
    return Network(
        mode=mode,
        outcomes=OUTCOMES,
        visits=visits,
        stations=stations,
        station=np.array([stations.index(it.inbox) for it in visits]),
        profiles=profiles,
        profile=np.array([profiles.index(it.calls) for it in visits]),
        reads=np.array([float(it.reads) for it in visits]),
        writes=np.array([_writes(found[outcome], it) for outcome, it in every]),
        puts=np.array([float(it.calls.count("put_events")) for it in visits]),
        transitions=np.array([_transitions(found[outcome], it) for outcome, it in every]),
        ends=np.array([float(it.ends) for it in visits]),
        needed=np.array([it.needed for it in visits]),
        lost=np.array([_lost(visits, children, place) for place in range(len(visits))]),
        children=children,
        first=tuple(_roots(found[name], offsets[name], REQUEST) for name in OUTCOMES),
        cancel=tuple(_roots(found[name], offsets[name], CANCEL) for name in OUTCOMES),
        wanted=np.array([sum(it.needed for it in found[name].visits) for name in OUTCOMES]),
    )


def visits_first(visits: Sequence[Visit], inbox: Inbox) -> int:
    """The place of a station's first visit."""
    return next(place for place, it in enumerate(visits) if it.inbox == inbox)


def _joined(found: Mapping[str, Course]) -> tuple[list[tuple[str, Visit]], dict[str, int]]:
    """All visits with their outcomes, `after` counted from the first of all; and where each course begins."""
    every: list[tuple[str, Visit]] = []
    offsets = {}
    for name in OUTCOMES:
        offsets[name] = offset = len(every)
        every += [(name, _moved(it, offset)) for it in found[name].visits]
    return every, offsets


def _moved(visit: Visit, offset: int) -> Visit:
    return visit if visit.after < 0 else replace(visit, after=visit.after + offset)


def _children(visits: Sequence[Visit]) -> tuple[Ints, ...]:
    return tuple(
        np.array([place for place, it in enumerate(visits) if it.after == parent], dtype=np.int64)
        for parent in range(len(visits))
    )


def _lost(visits: Sequence[Visit], children: Sequence[Ints], place: int) -> int:
    return int(visits[place].needed) + sum(_lost(visits, children, int(child)) for child in children[place])


def _roots(course: Course, offset: int, cause: int) -> Ints:
    return np.array([offset + place for place, it in enumerate(course.visits) if it.after == cause], dtype=np.int64)


def _writes(course: Course, visit: Visit) -> float:
    """A participant's as recorded; the observer's from the reckoned bill, in equal parts for each of its writes."""
    if visit.inbox.service != OBSERVER:
        return float(visit.writes)
    mine = sum(it.calls.count("write") for it in course.visits if it.inbox.service == OBSERVER)
    return _billed(course, WRITE_UNITS, OBSERVER) * visit.calls.count("write") / mine


def _transitions(course: Course, visit: Visit) -> float:
    tasks = sum(not it.queued for it in course.visits)
    return 0.0 if visit.queued else _billed(course, TRANSITIONS, ORCHESTRATOR) / tasks


def _billed(course: Course, meter: str, owner: str) -> float:
    bill = next(it for it in BILLS if (it.mode, it.outcome) == (course.mode, course.outcome))
    return float(bill.total.get((meter, owner), 0))
