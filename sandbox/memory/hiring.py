"""Who works in a world in memory: the shipped handlers, each on ports that keep everything in this process."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import msgspec

from infra import settings
from infra.catalog import ORCHESTRATOR, Catalog
from infra.stages import Stage
from sandbox.memory.mail import in_virtual_time
from sandbox.world import TASK, Inbox
from shared.aws.settings import terms_from
from shared.observer.effects import SagaLog, TripPorts
from shared.observer.observing import observe, watch
from shared.ports import DeadLetters, Ledger, Publisher
from shared.saga.driver import drive
from shared.saga.effects import Core, Ports
from shared.saga.faults import with_faults
from shared.saga.finishing import handle_finish
from shared.saga.intake import Terms
from shared.saga.participant import Participant
from shared.saga.runtime import Delivery, handle_booking, handle_notice
from shared.saga.starter import Machine, StarterPorts, start
from shared.saga.tasks import Answer, collect, handle_call


@dataclass(frozen=True)
class Worker:
    """A function: behind a queue, or (the task) called by the state machine."""

    core: Callable[[Delivery], Core[Any]]
    ports: Any


@dataclass(frozen=True)
class Workplace:
    """What all of them share. `elapse` puts the clock forward where a worker would sleep."""

    catalog: Catalog
    stage: Stage
    bus: Publisher
    parking: Callable[[Inbox], DeadLetters]
    elapse: Callable[[float], None]


Hired = Iterator[tuple[Inbox, Worker]]


def participants_workers(place: Workplace, who: Participant, ledger: Ledger) -> Hired:
    """Those of its two queues, and its task."""
    terms = _terms(place.catalog, place.stage, who.name)

    def worker(role: str, handle: Callable[[Delivery], Core[Any]]) -> tuple[Inbox, Worker]:
        inbox = Inbox(who.name, role)
        ports = Ports(ledger, place.bus, place.parking(inbox))
        return inbox, Worker(lambda delivery: in_virtual_time(handle(delivery), place.elapse), ports)

    def faulty(role: str, handle: Callable[..., Core[None]]) -> tuple[Inbox, Worker]:
        return worker(role, lambda delivery: with_faults(handle(who, terms, delivery), who, role, delivery.attempt))

    yield faulty("book", handle_booking)
    yield faulty("compensate", handle_notice)
    if who.pivot and who.saga.keeps_dossier:
        yield faulty("finish", handle_finish)
    yield worker(TASK, lambda delivery: handle_call(who, terms, json.loads(delivery.body), delivery.at))


def observers_workers(place: Workplace, log: SagaLog, late: Callable[[Any], None]) -> Hired:
    """Of facts, and of the clock."""
    saga, legs, client = place.catalog.saga, place.catalog.legs, place.stage.client_source

    def worker(role: str, core: Callable[[Delivery], Core[None]]) -> tuple[Inbox, Worker]:
        inbox = Inbox(saga.observer, role)
        return inbox, Worker(core, TripPorts(log, place.bus, place.parking(inbox), late))

    yield worker("observe", lambda delivery: observe(saga, legs, client, delivery.body))
    yield worker("watch", lambda delivery: watch(saga, legs, delivery.at))


def starters(place: Workplace, machine: Machine) -> Hired:
    """Of executions, where the stage has an orchestrator."""
    if place.stage.orchestrator:
        inbox, terms = Inbox(ORCHESTRATOR, "start"), _starters_terms(place.catalog, place.stage)
        ports = StarterPorts(machine, place.bus, place.parking(inbox))
        yield inbox, Worker(lambda delivery: start(place.catalog.saga, terms, delivery.body, delivery.at), ports)


def answer_of(worker: Worker, task: Mapping[str, Any], at: datetime) -> Any:
    """What a task function answers when it is called; raises what it raises."""
    answers = list[Answer]()
    core = worker.core(Delivery(json.dumps(task), at, task["attempt"]))
    (failure,) = drive([collect(core, answers)], worker.ports)
    if failure:
        raise failure
    return msgspec.to_builtins(answers[0])


@cache
def _terms(catalog: Catalog, stage: Stage, service: str) -> Terms:
    return terms_from(settings.participant(catalog, stage, catalog.named(service)))


@cache
def _starters_terms(catalog: Catalog, stage: Stage) -> Terms:
    return terms_from(settings.orchestrator(catalog, stage, ORCHESTRATOR, "memory"))
