"""A participant that does not exist yet: whether its name and its leg will do."""

import keyword
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from console.trouble import Exit, Trouble
from infra import catalog
from infra.names import PLATFORM
from shared.saga.declaration import title_of
from shared.saga.participant import Participant
from shared.trip import OPTIONAL, REQUIRED

LONGEST: Final = 11
"""So that its longest rule's name, in a stage with the longest name, stays within EventBridge's 64 characters."""

_NAME: Final = re.compile(rf"[a-z]{{2,{LONGEST}}}\Z")
_TAKEN: Final = frozenset(
    (*REQUIRED, *OPTIONAL, "faults", "client", PLATFORM, catalog.OBSERVER, catalog.ORCHESTRATOR, *keyword.kwlist)
)
"""What a request, a stack or Python calls something else."""


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A participant to be: its name, its leg, and those who are there, in booking order."""

    name: str
    leg: int
    others: tuple[Participant, ...]

    @property
    def title(self) -> str:
        """The first word of its facts: `Concert`."""
        return title_of(self.name)

    @property
    def since(self) -> int:
        """The definition of the trip in which it joins: the next one."""
        return 1 + max(who.since for who in self.others)

    @property
    def constant(self) -> str:
        """What its descriptor is called: `CONCERT`."""
        return self.name.upper()

    @property
    def before(self) -> Participant:
        """Whose booking starts its own."""
        return [who for who in self.others if who.leg < self.leg][-1]

    @property
    def after(self) -> Participant:
        """Whom its booking starts."""
        return next(who for who in self.others if who.leg > self.leg)


def newcomer(name: str, leg: int | None, others: Sequence[Participant] = catalog.PARTICIPANTS) -> Newcomer:
    """The participant of that name; without a leg, halfway between the last one before the pivot and the pivot.

    Raises `Trouble` with the field, the value and the cure.
    """
    _check_name(name, others)
    place = _usual(others) if leg is None else leg
    _check_leg(place, others)
    return Newcomer(name, place, tuple(others))


def _check_name(name: str, others: Sequence[Participant]) -> None:
    if not _NAME.match(name):
        cure = f"use 2 to {LONGEST} lower-case letters: it names a package, a stack, a field of the request"
    elif name in {who.name for who in others}:
        cure = "that participant is there already; choose another name"
    elif name in _TAKEN or hasattr(catalog, name.upper()):
        cure = "that word means something else here; choose another name"
    else:
        return
    raise Trouble(f"name {name!r}: {cure}", Exit.USAGE)


def _check_leg(leg: int, others: Sequence[Participant]) -> None:
    first, pivot = others[0], others[-1]
    if not first.leg < leg < pivot.leg:
        cure = f"choose one after {first.name} ({first.leg}), which starts trips, and before {pivot.name} ({pivot.leg}), which commits them"
    elif taken := [who.name for who in others if who.leg == leg]:
        cure = f"{taken[0]} has it; choose a free one"
    else:
        return
    raise Trouble(f"leg {leg}: {cure}", Exit.USAGE)


def _usual(others: Sequence[Participant]) -> int:
    last, pivot = others[-2], others[-1]
    if pivot.leg - last.leg < 2:
        raise Trouble(
            f"leg: none is free between {last.name} ({last.leg}) and {pivot.name} ({pivot.leg}); name one with --leg",
            Exit.USAGE,
        )
    return (last.leg + pivot.leg) // 2
