"""The records saga, scenario by scenario (R1 to R11): in memory in every mode; on the local engine where it says `story`."""

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from examples.records.deploy.catalog import RECORDS_CATALOG
from examples.records.saga import RECORDS
from infra.stages import named
from sandbox.local_world import LocalWorld
from sandbox.memory.world import MemoryWorld
from sandbox.modes import CHOREOGRAPHY, MODES, ORCHESTRATION, REVERSE, Mode
from sandbox.world import Inbox
from shared.ports import Busy
from shared.saga.dossier import Standing
from shared.saga.record import Record
from shared.saga.timeline import Status, verdict
from tests.records.story import FAILED, RecordsWorld, Story, in_memory, transaction

EXAMPLES = Path(__file__).parents[2] / "examples" / "records"
STEPS = tuple(FAILED)


def ordered(world: RecordsWorld) -> bool:
    """Whether the mode promises an order of rollbacks: the parallel default does not."""
    return world.mode is not CHOREOGRAPHY


def fault(at: str, on: str, times: int, do: str = "throttle") -> dict[str, object]:
    """A fault that a request asks for."""
    return {"at": at, "on": on, "do": do, "times": times}


def test_all_good_leaves_three_records(story: Story) -> None:
    """R1: the steps of the table, the saga log, the status committed."""
    story.when().committed()
    assert story.log == [
        "begin saga",
        *("start process", "end process"),
        *("start transform", "end transform"),
        *("start commit", "end commit"),
        "end saga (CONFIRMED)",
    ]


@pytest.mark.parametrize("failed", STEPS)
def test_a_failed_step_rolls_itself_back_first(story: Story, failed: str) -> None:
    """R2, R3, R4: then the earlier ones in reverse order; no record is left, and it is a failure for every reader."""
    story.when(failStep=failed).rolled_back(failed, in_order=ordered(story.world))
    if isinstance(story.world, LocalWorld) and story.world.mode is ORCHESTRATION:
        execution = story.world.execution(story.name)
        assert (execution["status"], execution["error"]) == ("FAILED", "TransactionFailed")


@pytest.mark.parametrize("failed", STEPS)
def test_a_step_that_fails_after_its_write_ends_the_same(memory: MemoryWorld, failed: str) -> None:
    """R5: what it wrote is on record until its own rollback, and then it is not."""
    compensate = Inbox(failed.lower(), "compensate")
    story = Story(memory)
    if memory.mode is not ORCHESTRATION:
        memory.pause(compensate)
        story.when(failStep=failed, failAfterWrite=True)
        assert story.dossier is not None
        assert failed.lower() in story.dossier.records
        memory.resume(compensate)
        memory.settle()
    else:
        story.when(failStep=failed, failAfterWrite=True)
    story.rolled_back(failed, in_order=ordered(memory)).audit()


@pytest.mark.parametrize("failed", ["Process", "Transform"])
def test_a_written_step_whose_answer_never_comes_is_rolled_back_by_the_machine(failed: str) -> None:
    """R5, technically: the worker dies after its write, each time; the machine rolls the step back, then the earlier ones."""
    story = Story(in_memory(ORCHESTRATION))
    story.when(faults=[fault(failed.lower(), "book", 1, "crash_after"), fault(failed.lower(), "book", 99)])
    assert story.dossier is not None
    assert (story.dossier.status, story.dossier.records) == (Standing.ROLLED_BACK, {})
    assert verdict(story.facts).status is Status.FAILED
    story.audit()


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda mode: mode.name)
@pytest.mark.parametrize("failed", [None, *STEPS])
def test_everything_repeated_leaves_one_entry_a_step(mode: Mode, failed: str | None) -> None:
    """R6: every message three times, hence a last rollback hundreds of times; the same item, each step once."""
    story = Story(in_memory(mode, duplicates=3))
    if failed is None:
        story.when().committed()
    else:
        story.when(failStep=failed).rolled_back(failed, in_order=ordered(story.world))
    story.audit()


def test_a_request_put_again_changes_nothing(memory: MemoryWorld) -> None:
    """R6: and one under the same id that says something else is a conflict."""
    story = Story(memory)
    story.when().when().committed()
    story.when(failStep="Commit").committed()
    rejection = memory.rejection(story.requests[-1])
    assert rejection is not None
    assert (rejection.reason, rejection.problems[0].field) == (
        "conflict",
        "Payload.TransactionDetails.TransactionId",
    )


@pytest.mark.parametrize("at", ["process", "transform", "commit"])
def test_a_rollback_that_fails_twice_is_retried(memory: MemoryWorld, at: str) -> None:
    """R7: and the earlier ones still run."""
    story = Story(memory)
    story.when(failStep="Commit", faults=[fault(at, "compensate", 2)])
    story.rolled_back("Commit", in_order=ordered(memory)).audit()


def away(*_: object) -> Record:
    """A table that cannot be reached."""
    raise Busy("the table is away")


def redriven(world: MemoryWorld, inbox: Inbox) -> None:
    """An operator sends the one parked message back to its queue."""
    (parked,) = world.parked(inbox)
    world.send(inbox, parked.body)
    world.settle()


def test_a_rollback_that_keeps_failing_waits_for_an_operator(
    memory: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R7: it is never counted as done; after a redrive everything is rolled back."""
    story = Story(memory)
    with monkeypatch.context() as patch:
        patch.setattr(memory.ledgers["commit"], "release", away)
        story.when(failStep="Commit")
    seen = verdict(story.facts)
    assert (seen.status, seen.parked) == (Status.COMPENSATING, ("commit",))
    redriven(memory, Inbox("commit", "compensate"))
    story.rolled_back("Commit", in_order=memory.mode is REVERSE).audit()


@pytest.mark.parametrize("times", [1, 3])
def test_a_finish_that_fails_is_retried_to_success(memory: MemoryWorld, times: int) -> None:
    """R8: the commit stands meanwhile, and is never undone for it."""
    story = Story(memory)
    story.when(faults=[fault("commit", "finish", times)]).committed().audit()


def test_a_finish_that_keeps_failing_leaves_the_commit_and_waits_for_an_operator(
    memory: MemoryWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R8: never committed and failed at once; a redrive finishes it."""
    story = Story(memory)
    with monkeypatch.context() as patch:
        patch.setattr(memory.ledgers["commit"], "finish", away)
        story.when()
    assert story.dossier is not None
    assert (story.dossier.status, story.dossier.steps[-1]) == (Standing.COMMITTED, "Commit")
    assert verdict(story.facts).status is Status.CONFIRMED
    redriven(memory, Inbox("commit", "finish"))
    story.committed()


def test_ten_thousand_seeded_transactions_fail_as_often_as_they_should() -> None:
    """R9: 30 / 21 / 39.2 / 9.8 per cent within 1.5 points; each ends with three records or none, and with a status that says so."""
    world, count = in_memory(CHOREOGRAPHY), 10_000
    for start in range(0, count, 50):
        for number in range(start, start + 50):
            world.put(transaction(f"tx-{number}", simulateFail=True, seed=2026))
        world.settle()
    ends: Counter[str] = Counter()
    for dossier in world.dossiers.all.values():
        failed = [step.split(" (")[0] for step in dossier.steps if step.endswith("(Error)")]
        status, records = (Standing.ROLLED_BACK, 0) if failed else (Standing.COMMITTED, 3)
        assert (dossier.status, len(dossier.records)) == (status, records)
        ends[failed[0] if failed else "nowhere"] += 1
    shares = {where: 100 * found / count for where, found in ends.items()}
    wanted = {"Process": 30, "Transform": 21, "Commit": 39.2, "nowhere": 9.8}
    assert sum(ends.values()) == count
    assert all(abs(shares[where] - share) <= 1.5 for where, share in wanted.items()), shares


def test_the_same_seed_fails_at_the_same_step_in_every_mode() -> None:
    """R9: a failure can be replayed; another seed fails elsewhere."""

    def steps(mode: Mode, seed: int) -> list[str]:
        world = in_memory(mode)
        for number in range(40):
            world.put(mode.ask(transaction(f"tx-{number}", simulateFail=True, seed=seed)))
        world.settle()
        return [",".join(sorted(world.dossiers.all[f"tx-{number}"].steps)) for number in range(40)]

    ways = [steps(mode, 1) for mode in MODES.values()]
    assert ways[0] == ways[1] == ways[2]
    assert steps(CHOREOGRAPHY, 2) != ways[0]


@pytest.mark.parametrize("request_", [{}, {"Payload": {}}, {"Payload": {"TransactionDetails": None}}])
def test_missing_details_are_refused_with_that_reason(memory: MemoryWorld, request_: dict[str, object]) -> None:
    """R10: nothing is written."""
    put = memory.put(memory.mode.ask(request_))
    memory.settle()
    rejection = memory.rejection(put)
    assert rejection is not None
    assert (rejection.reason, rejection.problems[-1].field) == ("invalid", "Payload.TransactionDetails")
    assert rejection.problems[-1].value == "missing"
    assert memory.dossiers.all == {}


@pytest.mark.parametrize("asked", [{"simulateFail": True}, {"failStep": "Commit"}, {"failAfterWrite": True}])
def test_where_faults_are_not_allowed_a_request_for_one_is_refused(asked: dict[str, Any]) -> None:
    """The stage decides; `simulateFail: false` asks for nothing."""
    world = MemoryWorld(named("prod", RECORDS), catalog=RECORDS_CATALOG)
    put = world.put(transaction("tx-1", **asked))
    world.put(transaction("tx-2", simulateFail=False))
    world.settle()
    rejection = world.rejection(put)
    assert rejection is not None
    assert [problem.field for problem in rejection.problems] == [f"Payload.TransactionDetails.{next(iter(asked))}"]
    assert set(world.dossiers.all) == {"tx-2"}


@pytest.mark.parametrize("name", ["records-simulate-fail", "records-success", "records-fail-commit"])
def test_the_examples_are_requests(memory: MemoryWorld, name: str) -> None:
    """As they stand in their files; each comes to an end."""
    request = json.loads((EXAMPLES / f"{name}.json").read_text())
    memory.put(memory.mode.ask(request))
    memory.settle()
    (dossier,) = memory.dossiers.all.values()
    assert dossier.status in (Standing.COMMITTED, Standing.ROLLED_BACK)


def test_a_user_undoes_a_committed_transaction(memory: MemoryWorld) -> None:
    """As with a trip: only the user may, and then everything is undone."""
    story = Story(memory)
    story.when().committed()
    memory.put(transaction(story.name), RECORDS.cancel_requested)
    memory.settle()
    assert story.dossier is not None
    assert (story.dossier.status, story.dossier.records) == (Standing.ROLLED_BACK, {})
    assert verdict(story.facts).status is Status.CANCELLED
    story.audit()


@pytest.mark.parametrize("service", ["transform", "commit"])
def test_a_lost_message_is_healed_by_the_deadline(service: str) -> None:
    """The pivot decides once the deadline has passed, and nothing is left."""
    world = in_memory(CHOREOGRAPHY)
    story, book = Story(world), Inbox(service, "book")
    deadline = world.now + timedelta(seconds=2)
    world.pause(book)
    story.when(deadline=deadline.isoformat())
    world.drop(book)
    world.resume(book)
    world.wait_until(deadline + timedelta(seconds=1))
    world.tick()
    world.settle()
    assert story.dossier is not None
    assert (story.dossier.status, story.dossier.records) == (Standing.ROLLED_BACK, {})
    assert verdict(story.facts).reason == "deadline"
    story.audit()


@pytest.mark.parametrize("stage", ["local", "local-reverse"])
@pytest.mark.parametrize("service", ["process", "transform", "commit"])
def test_a_lost_rollback_is_healed_by_the_deadline(stage: str, service: str) -> None:
    """Asked again, a failed step says again that it failed, and hears itself say so."""
    world = in_memory(CHOREOGRAPHY, stage)
    story, compensate = Story(world), Inbox(service, "compensate")
    deadline = world.now + timedelta(seconds=2)
    world.pause(compensate)
    story.when(failStep="Commit", deadline=deadline.isoformat())
    world.drop(compensate)
    world.resume(compensate)
    world.wait_until(deadline + timedelta(seconds=1))
    world.tick()
    world.settle()
    story.rolled_back("Commit", in_order=False).audit()


def test_a_stage_without_an_orchestrator_puts_an_orchestrated_request_aside() -> None:
    """It would find no taker, and vanish."""
    stage = replace(named("local", RECORDS), orchestrator=False)
    world = MemoryWorld(stage, catalog=RECORDS_CATALOG)
    world.put(ORCHESTRATION.ask(transaction("tx-1")))
    world.settle()
    assert len(world.waiting(Inbox("platform", "quarantine"))) == 1
