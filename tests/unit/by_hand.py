"""A core driven by hand: each effect it yields is answered with a recorded result."""

from collections.abc import Mapping
from typing import NamedTuple

from infra.canvas.driving import Answer, drive, ledger
from shared.message import Fact
from shared.saga.effects import Announce, Core, Decide, Effect, Quarantine, Release
from shared.saga.record import Record

__all__ = ["Answer", "Run", "by_hand", "in_turn", "ledger"]


class Run(NamedTuple):
    """What a core did, and how it ended: None (the message may be deleted) or why it may not."""

    effects: list[Effect]
    failure: Exception | None

    @property
    def names(self) -> list[str]:
        return [type(effect).__name__ for effect in self.effects]

    @property
    def announced(self) -> list[Fact]:
        return [effect.fact for effect in self.effects if isinstance(effect, Announce)]

    @property
    def decided(self) -> list[Record]:
        return [effect.record for effect in self.effects if isinstance(effect, Decide)]

    @property
    def released(self) -> list[Record]:
        return [effect.cancelled for effect in self.effects if isinstance(effect, Release)]

    @property
    def quarantined(self) -> list[str]:
        return [effect.reason for effect in self.effects if isinstance(effect, Quarantine)]

    @property
    def said(self) -> list[str]:
        """The detail-types announced, with the reason of those that have one."""
        return [" ".join(filter(None, (told.detail_type, getattr(told.data, "reason", "")))) for told in self.announced]


def by_hand(core: Core[None], answers: Mapping[type, Answer]) -> Run:
    """Drive a core to its end. An answer that returns an exception has it thrown into the core."""
    return Run(*drive(core, answers))


def in_turn(*results: object) -> Answer:
    """These answers, one after the other."""
    left = iter(results)
    return lambda _: next(left)
