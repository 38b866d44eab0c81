"""What is asked for, and when: a mix of trips as data, dealt out by a seed, the same for every mode.

Arrivals are an open loop: a trip comes at its time, however slow the ones before it are.
"""

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from infra.catalog import CATALOG
from sandbox.modes import Mode

CONFIRMED: Final = "confirmed"
CANCELLED: Final = "cancelled"
REFUSED: Final = {f"refused-{name}": f"failBook{name.capitalize()}" for name in CATALOG.legs}
"""The kinds of trips that a participant refuses, and the flag that makes it."""
KINDS: Final = (CONFIRMED, *REFUSED, CANCELLED)

PLACES: Final = ("hotel", "depart", "arrive", "car")
FIRST_DAY: Final = datetime(2027, 7, 10, 6, tzinfo=UTC)
FAULTS: Final = ("delay", "throttle", "crash_before", "crash_after")

Trip = dict[str, Any]


class BadMix(ValueError):
    """A mix or a fault schedule cannot be used; the message says which field, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Which kinds of trips in which shares. `per_place`: how many trips share a hotel, a route and a class of cars."""

    shares: Mapping[str, float]
    cancel_within_seconds: float = 1.0
    """A user's cancel comes this long after the request, at most: before the commit or after it."""
    per_place: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault that a share of the trips asks for."""

    share: float
    at: str
    do: str
    on: str = "book"
    times: int = 1
    seconds: float = 0.0

    @property
    def asked(self) -> Mapping[str, Any]:
        """The fault as a request carries it."""
        plain = {"at": self.at, "on": self.on, "do": self.do, "times": self.times}
        return {**plain, "seconds": self.seconds} if self.do == "delay" else plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One trip of a workload. `at` and `cancel_at` are seconds from the start of its round."""

    number: int
    at: float
    kind: str
    trip: Trip
    cancel_at: float | None = None

    @property
    def faulty(self) -> bool:
        return bool(self.trip.get("faults"))

    def request(self, mode: Mode, mark: str) -> Trip:
        """The trip as this mode's client asks for it: under an id and at places that no other round shares."""
        places = {place: f"{self.trip[place]} {mark}" for place in PLACES}
        return mode.ask({**self.trip, **places, "tripId": f"{mark}-{self.number:05d}"})


def read_mix(path: Path) -> Mix:
    """The mix of a file. Raises `BadMix`."""
    return mix_of(_json(path), str(path))


def mix_of(told: Any, where: str = "the mix") -> Mix:
    """A mix as it is told in JSON. Raises `BadMix`."""
    if not isinstance(told, dict) or not isinstance(told.get("shares"), dict):
        raise BadMix(f"{where}: give an object with `shares`, such as {{'shares': {{'confirmed': 1}}}}")
    shares = told["shares"]
    if unknown := sorted(set(shares) - set(KINDS)):
        raise BadMix(f"{where}: no kind {', '.join(unknown)}: choose from {', '.join(KINDS)}")
    if not all(_is_number(share) and share >= 0 for share in shares.values()) or sum(shares.values()) <= 0:
        raise BadMix(f"{where}: every share is a number from 0, and one is more than 0")
    within, per_place = told.get("cancel_within_seconds", 1.0), told.get("per_place", 4)
    if not _is_number(within) or within < 0:
        raise BadMix(f"{where}: cancel_within_seconds = {within!r}: give seconds from 0")
    if not isinstance(per_place, int) or not 1 <= per_place <= 5:
        raise BadMix(f"{where}: per_place = {per_place!r}: give 1 to 5 (an unlisted fleet has five cars)")
    return Mix(shares=shares, cancel_within_seconds=float(within), per_place=per_place)


def read_faults(path: Path) -> tuple[Fault, ...]:
    """The fault schedule of a file: a list of faults, each with the share of trips that it befalls. Raises `BadMix`."""
    told = _json(path)
    try:
        faults = tuple(Fault(**each) for each in told)
    except TypeError as error:
        raise BadMix(
            f"{path}: give a list of faults with share, at, do, and perhaps on, times, seconds: {error}"
        ) from None
    for fault in faults:
        if fault.at not in CATALOG.legs or fault.do not in FAULTS or fault.on not in ("book", "compensate"):
            raise BadMix(
                f"{path}: {fault}: `at` is one of {', '.join(CATALOG.legs)}, `do` of {', '.join(FAULTS)},"
                " `on` is book or compensate"
            )
        if not _is_number(fault.share) or not 0 <= fault.share <= 1:
            raise BadMix(f"{path}: share = {fault.share!r}: give a number from 0 to 1")
    return faults


def deal(mix: Mix, count: int, rate: float, seed: int, faults: Sequence[Fault] = ()) -> tuple[Order, ...]:
    """So many trips of the mix, at so many a second; the same for the same seed. Each has its own share of places."""
    chance = random.Random(f"deal {seed}")  # noqa: S311 - a schedule, no secret
    kinds = _kinds(mix, count, chance)
    places = [number // mix.per_place for number in range(count)]
    chance.shuffle(places)
    return _orders(kinds, places, mix, rate, faults, chance)


def deal_hot(mix: Mix, count: int, rate: float, seed: int) -> tuple[Order, ...]:
    """The same on one hot item: every trip wants the same hotel on the same nights, and the same flight."""
    orders = deal(mix, count, rate, seed)
    first = orders[0].trip
    hot = {name: first[name] for name in ("hotel", "checkIn", "checkOut", "depart", "arrive", "departAt", "arriveAt")}
    return tuple(
        Order(number=it.number, at=it.at, kind=it.kind, trip={**it.trip, **hot}, cancel_at=it.cancel_at)
        for it in orders
    )


def _orders(  # noqa: PLR0913, PLR0917 - what an order is made of
    kinds: Sequence[str], places: Sequence[int], mix: Mix, rate: float, faults: Sequence[Fault], chance: random.Random
) -> tuple[Order, ...]:
    orders, at = [], 0.0
    for number, (kind, place) in enumerate(zip(kinds, places, strict=True)):
        at += chance.expovariate(rate)
        asked = [dict(fault.asked) for fault in faults if chance.random() < fault.share]
        cancel_at = at + chance.uniform(0, mix.cancel_within_seconds) if kind == CANCELLED else None
        flags: Trip = {REFUSED[kind]: True} if kind in REFUSED else {}
        trip = {**_trip(place, chance), **flags, **({"faults": asked} if asked else {})}
        orders.append(Order(number=number, at=at, kind=kind, trip=trip, cancel_at=cancel_at))
    return tuple(orders)


def _kinds(mix: Mix, count: int, chance: random.Random) -> list[str]:
    """The kinds in their exact shares (largest remainder), shuffled."""
    total = sum(mix.shares.values())
    exact = {kind: count * share / total for kind, share in mix.shares.items()}
    whole = {kind: int(share) for kind, share in exact.items()}
    short = count - sum(whole.values())
    for kind in sorted(exact, key=lambda kind: (whole[kind] - exact[kind], kind))[:short]:
        whole[kind] += 1
    kinds = [kind for kind in sorted(whole) for _ in range(whole[kind])]
    chance.shuffle(kinds)
    return kinds


def _trip(place: int, chance: random.Random) -> Trip:
    """One or two travellers, one to three nights; the days belong to the place, so its stock suffices."""
    start = FIRST_DAY + timedelta(days=place % 28)
    end = start + timedelta(days=chance.randint(1, 3))
    return {
        "departAt": _moment(start),
        "depart": f"city {place}",
        "arriveAt": _moment(start + timedelta(hours=2)),
        "arrive": f"coast {place}",
        "hotel": f"hotel {place}",
        "checkIn": _moment(start + timedelta(hours=8)),
        "checkOut": _moment(end + timedelta(hours=4)),
        "car": f"class {place}",
        "carFrom": _moment(start + timedelta(hours=3)),
        "carTo": _moment(end),
        "travellers": chance.randint(1, 2),
    }


def _moment(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except OSError as error:
        raise BadMix(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise BadMix(f"{path} is not JSON: {error}") from None
