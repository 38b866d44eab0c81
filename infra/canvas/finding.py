"""What the lint says of a weakness: where it is, what it is, and how to cure it."""

from typing import NamedTuple


class Finding(NamedTuple):
    """One weakness. `kind` is a stable word for programs, `where` names the queue, rule, handler or state."""

    kind: str
    where: str
    what: str
    cure: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.cure}"
