"""What AWS asks for: `prices.json`, or the user's own file of the same form."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

LIST: Final = Path(__file__).with_name("prices.json")


class PriceError(Exception):
    """A price file cannot be used; the message names the file, the field, and what to put there."""


@dataclass(frozen=True, slots=True)
class Price:
    """One price: dollars for one `unit`, when it was so, and who says so."""

    usd: float
    unit: str
    dated: str
    source: str


@dataclass(frozen=True, slots=True)
class Prices:
    """A price list of one region."""

    title: str
    region: str
    as_of: str
    prices: Mapping[str, Price]

    def __getitem__(self, name: str) -> float:
        """Dollars for one unit. Raises KeyError for a name that no list has."""
        return self.prices[name].usd

    @property
    def label(self) -> str:
        """How a figure made of them is labelled."""
        return f"{self.title}, {self.region}, as of {self.as_of}"


def load(path: Path | None = None) -> Prices:
    """The price list in that file; the product's own by default.

    A user's file must be complete: a price that is missing would silently be another region's. Raises `PriceError`.
    """
    own = _read(LIST)
    if path is None:
        return own
    prices = _read(path)
    if missing := own.prices.keys() - prices.prices.keys():
        raise PriceError(f"{path}: prices.{min(missing)} is missing: copy {LIST.name} and change what differs")
    if unknown := prices.prices.keys() - own.prices.keys():
        raise PriceError(f"{path}: prices.{min(unknown)} is no price that anything here costs: take it out")
    return prices


def _read(path: Path) -> Prices:
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise PriceError(f"{path}: cannot be read ({error.strerror}): name a file that is there") from error
    except ValueError as error:
        raise PriceError(f"{path}: is not JSON ({error}): copy {LIST.name} and change what differs") from error
    fields = _object(path, "the file", document)
    if fields.get("currency") != "USD":
        raise PriceError(f"{path}: currency = {fields.get('currency')!r}: give prices in USD, and say so")
    texts = {name: _text(path, name, fields.get(name)) for name in ("title", "region", "as_of")}
    prices = _object(path, "prices", fields.get("prices"))
    return Prices(**texts, prices={name: _price(path, f"prices.{name}", price) for name, price in prices.items()})


def _price(path: Path, field: str, value: object) -> Price:
    parts = _object(path, field, value)
    texts = {name: _text(path, f"{field}.{name}", parts.get(name)) for name in ("unit", "dated", "source")}
    usd = parts.get("usd")
    if isinstance(usd, bool) or not isinstance(usd, int | float) or not math.isfinite(usd) or usd < 0:
        raise PriceError(f"{path}: {field}.usd = {usd!r}: give dollars for one unit, a number from 0")
    return Price(float(usd), **texts)


def _object(path: Path, field: str, value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise PriceError(f"{path}: {field} = {value!r}: give a JSON object")


def _text(path: Path, field: str, value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value
    raise PriceError(f"{path}: {field} = {value!r}: give a text")
