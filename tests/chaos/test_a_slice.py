"""A small piece of chaos, on an engine of its own: the power is cut in the middle."""

from sandbox.chaos.plan import Plan, inboxes
from sandbox.chaos.run import chaos


def test_chaos_loses_nothing() -> None:
    """Processes killed, queues stopped, dead letters redriven, a power cut: every trip ends, and the auditor is content."""
    plan = Plan(trips=60, kills=12, seed=1, deadline_seconds=25)
    found = chaos(plan)
    assert (found.violations, found.lost, found.stuck) == ([], 0, 0)
    assert found.clean
    assert found.kills >= 12
    assert found.kills == sum(it.count for it in found.killed)
    assert found.power_cuts == 1
    assert sum(found.ends.values()) == found.trips == 60
    assert found.ends["CONFIRMED"] > 0
    assert found.put_aside >= found.poison > 0
    assert found.poison <= sum(len(inboxes(stage)) for stage in plan.stages)
