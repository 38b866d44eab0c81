"""A trip as a Mermaid sequence diagram: who told whom what."""

from collections.abc import Iterator

from console.render import plain, start_of
from infra.catalog import CANCEL_REQUESTED, CATALOG, OBSERVER, REQUESTED
from shared.saga.declaration import title_of
from shared.saga.timeline import CLIENT, Facts, Noted, verdict

_HARMLESS = frozenset(" .,_-()+/")


def sequence_diagram(facts: Facts) -> str:
    """The diagram's source. Only facts that were seen are in it."""
    return "\n".join(("sequenceDiagram", *(f"    {line}" for line in _lines(facts))))


def escaped(text: object) -> str:
    """Text that cannot end a statement or open one: all but letters, digits and a few signs as entities."""
    return "".join(char if char.isalnum() or char in _HARMLESS else f"#{ord(char)};" for char in plain(text))


def _lines(facts: Facts) -> Iterator[str]:
    names = list(CATALOG.legs)
    for name in (CLIENT, *names, OBSERVER):
        yield f"participant {name}"
    if not facts.all:
        return
    yield f"{CLIENT}->>{names[0]}: {REQUESTED}"
    for fact in facts.all:
        yield from _arrows(facts, fact, names)
    found = verdict(facts)
    told = f" ({escaped(found.reason)})" if found.reason else ""
    yield f"Note over {OBSERVER}: {found.status}{told}"


def _arrows(facts: Facts, fact: Noted, names: list[str]) -> Iterator[str]:
    said = f"{title_of(fact.participant)}{fact.part} {_time(facts, fact)}"
    reason = f" {escaped(fact.reason)}" if fact.reason else ""
    earlier = [name for name in reversed(names) if CATALOG.legs[name] < fact.leg]
    later = [name for name in names if CATALOG.legs[name] > fact.leg]
    match fact.part:
        case "CancelRequested":
            yield f"{CLIENT}->>{facts.pivot}: {CANCEL_REQUESTED} {_time(facts, fact)}"
        case "Booked":
            yield f"{fact.participant}->>{later[0] if later else OBSERVER}: {said}"
        case "BookingFailed":
            for name in earlier or [OBSERVER]:
                yield f"{fact.participant}--x{name}: {said}{reason}"
        case "Cancelled":
            yield f"{fact.participant}-->>{OBSERVER}: {said}"
        case _:
            yield f"Note over {fact.participant}: {said}{reason}"


def _time(facts: Facts, fact: Noted) -> str:
    began = start_of(facts.requested_at or fact.occurred_at, None)
    return f"(+{max(0.0, (fact.occurred_at - began).total_seconds()):.3f} s)"
