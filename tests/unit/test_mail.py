"""What lies between the functions of a world in memory."""

import pytest

from sandbox.memory.mail import in_virtual_time
from shared.ports import Busy
from shared.saga.effects import Core, Look
from shared.saga.faults import Pause


def slow() -> Core[str]:
    """Sleeps for an hour between two looks; a fault at the first is caught."""
    try:
        yield Look("first")
    except Busy as busy:
        yield Look(str(busy))
    yield Pause(3600)
    found: str = yield Look("second")
    return found


def test_where_a_core_sleeps_virtual_time_elapses() -> None:
    """Everything else is as it was: effects, faults, the result."""
    elapsed = list[float]()
    core = in_virtual_time(slow(), elapsed.append)
    assert next(core) == Look("first")
    assert core.throw(Busy("again")) == Look("again")
    assert core.send(None) == Look("second")
    assert elapsed == [3600]
    with pytest.raises(StopIteration) as ended:
        core.send("found")
    assert ended.value.value == "found"
