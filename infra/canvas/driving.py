"""A core driven without a world: each effect that it yields is answered from a table."""

from collections.abc import Callable, Mapping
from typing import Any

from shared.ports import Seen
from shared.saga.effects import Core, Decide, Effect, Look, Release
from shared.saga.record import Record, Stock, StockKey

Answer = Callable[[Any], object]
Answers = Mapping[type, Answer]


def drive(core: Core[Any], answers: Answers) -> tuple[list[Effect], Exception | None]:
    """What a core did, and why it failed (None: it ended). An answer that is an exception is thrown into the core."""
    effects: list[Effect] = []
    try:
        effect = next(core)
        while True:
            effects.append(effect)
            result = answers.get(type(effect), lambda _: None)(effect)
            effect = core.throw(result) if isinstance(result, Exception) else core.send(result)
    except StopIteration:
        return effects, None
    except Exception as failure:
        return effects, failure


def ledger(standing: Record | None = None, shelf: Mapping[StockKey, Stock] | None = None) -> dict[type, Answer]:
    """Answers of a ledger on which this record stands, and every write succeeds."""
    return {
        Look: lambda _: Seen(standing, shelf or {}),
        Decide: lambda effect: effect.record,
        Release: lambda effect: effect.cancelled,
    }
