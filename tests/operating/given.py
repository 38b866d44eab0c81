"""Words for stories about what an operator sees and does: a function is broken and mended, messages are predicted and redriven."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from console.connection import Target, on_engine
from console.dead_letters import Box, box_named, depth, url_of
from console.reality import StageReality
from console.redrive import redriving
from infra.names import Names, dead_letters
from infra.stages import named
from infra.synth import synth
from sandbox.local_world import LocalWorld
from sandbox.memory.hiring import Worker
from sandbox.memory.reality import MemoryReality
from sandbox.memory.world import MemoryWorld
from sandbox.operating.letters import Letter
from sandbox.operating.rehearsal import NOWHERE, Prediction, Rehearsal, core_of
from sandbox.world import Inbox, Parked, World
from tests.infra.templates import read
from tests.saga.story import Step, Story

WRONG: Mapping[Inbox, Mapping[str, str]] = {
    Inbox("hotel", "book"): {"WAYFARE_CLIENT_SOURCE": "travel.nobody"},
    Inbox("flight", "book"): {"WAYFARE_AFTER": "car:30"},
    Inbox("car", "book"): {"WAYFARE_AFTER": "hotel:10"},
    Inbox("hotel", "compensate"): {"WAYFARE_AFTER": "car:30"},
    Inbox("flight", "compensate"): {"WAYFARE_AFTER": "car:30"},
    Inbox("car", "compensate"): {"WAYFARE_CLIENT_SOURCE": "travel.nobody"},
    Inbox("trip", "observe"): {"WAYFARE_LEGS": '{"hotel":11,"flight":20,"car":30}'},
    Inbox("orchestrator", "start"): {"WAYFARE_CLIENT_SOURCE": "travel.nobody"},
}
"""A deployment with a wrong setting, for each function: what it then cannot read lands in its dead-letter queue."""


def target_of(world: LocalWorld) -> Target:
    """The stage of a world, as the command sees it."""
    return on_engine(named(world.names.stage), world.engine)


def box_of(world: World, inbox: Inbox) -> Box:
    """The dead-letter queue of a queue, or the quarantine."""
    words = [inbox.role] if inbox.service == "platform" else list(inbox)
    return box_named(Names(world.mode.stage), words)


def broken(inbox: Inbox, **changes: str) -> Step:
    """The function behind a queue is deployed with a wrong setting."""
    return lambda story: _configure(story.world, inbox, {**WRONG[inbox], **changes})


def mended(inbox: Inbox) -> Step:
    """It is deployed as it should be."""
    return lambda story: _configure(story.world, inbox, {})


def _configure(world: World, inbox: Inbox, changes: Mapping[str, str]) -> None:
    if isinstance(world, MemoryWorld):
        environment = {**MemoryReality(world).environment(inbox), **changes}
        world._workers[inbox] = Worker(core_of(inbox, environment), world._workers[inbox].ports)
        return
    assert isinstance(world, LocalWorld)
    functions, name = world.engine.clients.client("lambda"), world.names.function(*inbox)
    right = _as_deployed(world.names.stage, name)
    variables = {**functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]}
    variables |= {key: right[key] for key in right if isinstance(right[key], str)}
    functions.update_function_configuration(FunctionName=name, Environment={"Variables": {**variables, **changes}})


@cache
def _as_deployed(stage: str, function: str) -> dict[str, Any]:
    """A function's settings as its template has them; what refers to another resource is an object."""
    for template in read(synth(stage)).values():
        for found in template.all("AWS::Lambda::Function"):
            if found.properties["FunctionName"] == function:
                variables: dict[str, Any] = found.properties["Environment"]["Variables"]
                return variables
    raise KeyError(function)


def letters(world: World, inbox: Inbox) -> list[Letter]:
    """What lies in a dead-letter queue, or in the quarantine, which nobody reads."""
    found = [(body, "") for body in world.waiting(inbox)] if inbox == NOWHERE else world.parked(inbox)
    return [Letter(str(place), body, reason=reason) for place, (body, reason) in enumerate(found)]


def rehearsal(world: World, at: datetime | None = None) -> Rehearsal:
    """What would become of messages in this world now."""
    reality = MemoryReality(world) if isinstance(world, MemoryWorld) else StageReality(target_of(_local(world)))
    return Rehearsal(reality, at or world.now)


def predicted(story: Story, inbox: Inbox) -> list[Prediction]:
    """What would become of what lies in a dead-letter queue, message by message."""
    prophet = rehearsal(story.world)
    return [prophet.predict(inbox, letter) for letter in letters(story.world, inbox)]


def redriven(inbox: Inbox) -> Step:
    """An operator sends on what would not come straight back from a dead-letter queue or the quarantine, and waits."""

    def step(story: Story) -> None:
        if isinstance(story.world, MemoryWorld):
            _redrive_in_memory(story.world, inbox)
            story.world.settle()
            return
        world = _local(story.world)
        with redriving(target_of(world), box_of(world, inbox), lambda _: True) as work:
            going = work.going(force=False)
            work.move(going, lambda *_: None)
            assert all(each.over and not each.back for each in work.follow(going, 60, lambda *_: None))

    return step


def _redrive_in_memory(world: MemoryWorld, inbox: Inbox) -> None:
    prophet, found = rehearsal(world), letters(world, inbox)
    fates = [prophet.predict(inbox, letter).fate for letter in found]
    if inbox == NOWHERE:
        world.drop(inbox)
    else:
        world.unpark(inbox)
    for letter, fate in zip(found, fates, strict=True):
        if fate.comes_back:
            world._parked[inbox].append(Parked(letter.body, letter.reason))
        for each in () if fate.comes_back else prophet.destinations(inbox, letter):
            world.send(each, letter.body)


def swept(world: World) -> None:
    """What other tests left in the dead-letter queues is gone."""
    if isinstance(world, LocalWorld):
        for queue in _watched(world.names.stage):
            if world.engine and (depth(world._sqs, world._url(queue))):
                world._sqs.purge_queue(QueueUrl=world._url(queue))


def ringing(world: World) -> list[str]:
    """The alarms on queues' contents that go off, by the deployed definitions: their names."""
    if isinstance(world, MemoryWorld):
        counts = {_queue(world, inbox): len(letters(world, inbox)) for inbox in [NOWHERE, *world._parked]}
    else:
        local = _local(world)
        counts = {queue: depth(local._sqs, url_of(local._sqs, queue)) for queue in _watched(local.names.stage)}
    return sorted(
        alarm["AlarmName"]
        for queue, alarm in _watched(world.mode.stage).items()
        if counts.get(queue, 0) > alarm["Threshold"]
    )


def alarm_of(world: World, inbox: Inbox) -> str:
    """The name of the alarm that a message in this dead-letter queue must set off."""
    return f"{_queue(world, inbox)}-ApproximateNumberOfMessagesVisible"


def _queue(world: World, inbox: Inbox) -> str:
    names = Names(world.mode.stage)
    return names.quarantine if inbox.service == "platform" else dead_letters(names.queue(*inbox))


@cache
def _watched(stage: str) -> dict[str, dict[str, Any]]:
    """The alarms of a stage's templates that ring at a queue's visible messages, by queue."""
    alarms = [alarm for template in read(synth(stage)).values() for alarm in template.all("AWS::CloudWatch::Alarm")]
    return {
        alarm.properties["Dimensions"][0]["Value"]: alarm.properties
        for alarm in alarms
        if alarm.properties["MetricName"] == "ApproximateNumberOfMessagesVisible"
        and alarm.properties["ComparisonOperator"] == "GreaterThanThreshold"
        and alarm.properties["Statistic"] == "Maximum"
    }


def _local(world: World) -> LocalWorld:
    assert isinstance(world, LocalWorld)
    return world


def envelope(detail: Any, detail_type: str = "TripRequested", source: str = "travel.client") -> str:
    """An event as a queue holds it."""
    event = {
        "id": "an-event",
        "source": source,
        "detail-type": detail_type,
        "time": "2026-11-21T12:00:00Z",
        "detail": detail,
    }
    return json.dumps(event)
