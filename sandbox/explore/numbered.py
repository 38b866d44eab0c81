"""Small numbers for large things, so that states are cheap to keep and to compare; and sets of such numbers, as bits."""

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Numbered(Generic[T]):
    """Gives equal things the same number. `identity` tells what makes two of them equal (their `repr`, unless said otherwise)."""

    def __init__(self, identity: Callable[[T], Any] = repr) -> None:
        self._identity = identity
        self._numbers: dict[Any, int] = {}
        self._things: list[T] = []

    def number(self, thing: T) -> int:
        identity = self._identity(thing)
        if identity not in self._numbers:
            self._numbers[identity] = len(self._things)
            self._things.append(thing)
        return self._numbers[identity]

    def __getitem__(self, number: int) -> T:
        return self._things[number]

    def __len__(self) -> int:
        return len(self._things)


def bit(number: int) -> int:
    """The set that holds this number alone."""
    return 1 << number


def members(bits: int) -> Iterator[int]:
    """The numbers in a set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
