"""Who tells whom: the design as arrows from senders to queues."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from infra.canvas.design import QUARANTINED, Design, Place
from infra.canvas.events import Event, facts
from infra.canvas.following import mode_of
from infra.canvas.graph import hearing, undone
from infra.canvas.hearing import samples
from shared.message import Mode

ANYBODY = "anybody"


class Edge(NamedTuple):
    """A sender, a queue, and what it hears: detail-types; of those in `orchestrated`, only those of orchestrated sagas."""

    sender: str
    place: Place
    words: tuple[str, ...]
    orchestrated: tuple[str, ...]


def edges(design: Design) -> Iterator[Edge]:
    """Every way over the bus, in the order of the catalogue; the quarantine hears anybody."""
    words: defaultdict[tuple[str, Place], dict[str, set[Mode]]] = defaultdict(dict)
    for event in samples(design):
        for rule in hearing(design, event):
            way = _sender(design, event), Place(rule.service, rule.role)
            words[way].setdefault(event.detail_type, set()).add(mode_of(event))
    for (sender, place), heard in words.items():
        only = tuple(word for word, modes in heard.items() if modes == {Mode.ORCHESTRATION})
        yield Edge(sender, place, tuple(word for word in heard if word not in only), only)
    strange = tuple(rule.purpose for rule in design.rules if Place(rule.service, rule.role) == QUARANTINED)
    yield Edge(ANYBODY, QUARANTINED, strange, ())


def _sender(design: Design, event: Event) -> str:
    return event.source.removeprefix(f"{design.catalog.saga.name}.")


class Undoing(NamedTuple):
    """A fact after which something is given back, and by whom, the last leg first."""

    fact: str
    mode: Mode
    asked: bool
    """Whether it must be the pivot's answer to a user's cancel or to a deadline."""
    by: tuple[str, ...]


def undoings(design: Design) -> Iterator[Undoing]:
    """What each failure sets off, by events alone."""
    seen: set[Undoing] = set()
    for mode in Mode:
        for event in facts(design.catalog, mode):
            by = undone(design, event)
            found = Undoing(event.detail_type, mode, "asked" in event.detail["metadata"], _backwards(design, by))
            plain = found._replace(asked=False)
            if by and not {found, plain} & seen:
                seen.add(found)
                yield found


def _backwards(design: Design, names: set[str]) -> tuple[str, ...]:
    return tuple(who.name for who in reversed(design.catalog.participants) if who.name in names)
