"""Events as the services put them, as far as rules look at them."""

from typing import Any

from infra.catalog import CATALOG, Participant

Event = dict[str, Any]


def request(mode: Any = None, *, source: str = "travel.client") -> Event:
    """A client's TripRequested."""
    detail = {"tripId": "t1"} | ({} if mode is None else {"mode": mode})
    return {"source": source, "detail-type": "TripRequested", "detail": detail}


def fact(
    name: str, detail_type: str, *, mode: str = "choreography", reason: str = "full", asked: str | None = None
) -> Event:
    """A participant's fact with its metadata."""
    who: Participant = CATALOG.named(name)
    metadata = {"participant": name, "leg": who.leg, "pivot": who == CATALOG.pivot, "mode": mode}
    metadata |= {"asked": asked} if asked else {}
    detail = {"metadata": metadata, "data": {"reason": reason}}
    return {"source": who.source, "detail-type": detail_type, "detail": detail}


def said(source: str, detail_type: str) -> Event:
    """Any event without metadata that a rule would look at."""
    return {"source": source, "detail-type": detail_type, "detail": {"tripId": "t1"}}


def everything() -> list[Event]:
    """Every event that exists, in both modes, and some that should not."""
    facts = [
        fact(who.name, each, mode=mode, reason=reason, asked=asked)
        for who in CATALOG.participants
        for each in who.facts
        for mode in ("choreography", "orchestration")
        for reason in ("full", "cancelled", "deadline")
        for asked in (None, "cancelled", "deadline")
    ]
    odd: list[Any] = [
        None,
        "orchestration",
        "Orchestration",
        "",
        7,
        True,
        ["orchestration"],
        [],
        {},
    ]
    known = CATALOG.senders("travel.client")
    sources = (
        "travel.client",
        "travel.trip",
        "travel.hotel",
        "travel.spa",
        "someone",
        "travel.client ",
    )
    spoken = [said(source, each) for source in sources for each in (*known, "HotelBoked", "tripRequested")]
    return [*facts, *(request(mode) for mode in odd), *spoken]
