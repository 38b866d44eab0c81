"""The lint of the templates: they hold every queue, rule and function that is meant, and no message can be lost in them."""

import json
from collections.abc import Iterator

from infra.canvas import machinery
from infra.canvas.design import Design, Place
from infra.canvas.finding import Finding
from infra.canvas.synthesised import Synthesised, name_of, synthesised
from infra.names import dead_letters
from infra.templates import Templates, plain

VISIBLE = "ApproximateNumberOfMessagesVisible"
INBOX, WORKER = "see infra/constructs/inbox.py", "see infra/constructs/worker.py"


def lint_templates(design: Design, templates: Templates) -> list[Finding]:
    """All weaknesses of a stage as it is synthesised, each once."""
    found = synthesised(templates)
    every = (
        *_queues(design, found),
        *_strays(design, found),
        *_rules(design, found),
        *_functions(design, found),
        *_machines(design, found),
    )
    return list(dict.fromkeys(every))


def _queues(design: Design, found: Synthesised) -> Iterator[Finding]:
    """Each queue that is meant: it is there, is fed, gives up to a dead-letter queue, and somebody is told."""
    fed = {name_of(target["Arn"]) for rule in found.rules.values() for target in rule.get("Targets", ())}
    for place in design.queues:
        queue = design.queue(place)
        if queue not in found.queues:
            yield Finding("not-deployed", queue, "this queue is in no template", INBOX)
            continue
        if queue not in fed:
            yield Finding("not-fed", queue, "no rule and no schedule feeds this queue", INBOX)
        yield from _dead_letters(found, queue)


def _dead_letters(found: Synthesised, queue: str) -> Iterator[Finding]:
    meant = dead_letters(queue)
    if meant not in found.queues:
        what = f"this dead-letter queue is in no template: what {queue} gives up is lost"
        yield Finding("no-dead-letters", meant, what, INBOX)
    redrive = found.queues[queue].get("RedrivePolicy", {})
    if name_of(redrive.get("deadLetterTargetArn")) != meant:
        yield Finding("no-dead-letters", queue, f"its redrive policy does not lead to {meant}", INBOX)
    if (VISIBLE, meant) not in found.watched:
        what = "no alarm watches this dead-letter queue: nobody would know of what is in it"
        yield Finding("no-alarm", meant, what, INBOX)


def _strays(design: Design, found: Synthesised) -> Iterator[Finding]:
    """Queues and rules that nobody means to have."""
    meant = [design.queue(place) for place in design.queues]
    for queue in found.queues.keys() - {*meant, *map(dead_letters, meant)}:
        cure = "give it a unit in infra/units.py, or take it away"
        yield Finding("stray", queue, "no function reads this queue, and no queue gives up to it", cure)
    known = {design.names.rule(it.service, it.role, it.purpose) for it in design.rules}
    for name in found.rules.keys() - known:
        if "EventPattern" in found.rules[name]:
            yield Finding("stray", name, "infra/rules.py has no such rule", "make it there, where its pattern is tried")


def _rules(design: Design, found: Synthesised) -> Iterator[Finding]:
    """Each rule that is meant, and each schedule: it is there, to the letter, and loses nothing on the way to its queue."""
    for rule in design.rules:
        name, queue = design.names.rule(rule.service, rule.role, rule.purpose), _queue(design, rule.service, rule.role)
        if name not in found.rules:
            what = f"this rule is in no template, so {queue} does not hear: {rule.description.lower()}"
            yield Finding("not-deployed", name, what, INBOX)
            continue
        if found.rules[name].get("EventPattern") != rule.pattern:
            yield Finding("pattern", name, "its pattern is not that of infra/rules.py", INBOX)
        yield from _targets(found, name, queue)
    for place, unit in design.units.items():
        if unit.ticks:
            yield from _schedule(design, found, place)


def _queue(design: Design, service: str, role: str) -> str:
    return design.queue(Place(service, role))


def _schedule(design: Design, found: Synthesised, place: Place) -> Iterator[Finding]:
    name = design.names.rule(*place, "minute")
    if name in found.rules:
        yield from _targets(found, name, design.queue(place))
    else:
        yield Finding("not-deployed", name, f"this schedule is in no template, so {place} never ticks", INBOX)


def _targets(found: Synthesised, name: str, queue: str) -> Iterator[Finding]:
    targets = found.rules[name].get("Targets", ())
    if [name_of(target["Arn"]) for target in targets] != [queue] or queue not in found.queues:
        yield Finding("no-queue", name, f"its one target is not the queue {queue}", INBOX)
    for target in targets:
        given_up = name_of(target.get("DeadLetterConfig", {}).get("Arn"))
        if given_up != dead_letters(queue) or given_up not in found.queues:
            what = f"what cannot be delivered does not go to {dead_letters(queue)}"
            yield Finding("no-dead-letters", name, what, INBOX)


def _functions(design: Design, found: Synthesised) -> Iterator[Finding]:
    """Each function that is meant: it is there, with its handler, and reads its queue."""
    for place, unit in design.units.items():
        function = design.names.function(*place)
        if function not in found.functions:
            yield Finding("not-deployed", function, "this function is in no template", WORKER)
        elif found.functions[function].get("Handler") != unit.handler(design.catalog.package, place.service):
            yield Finding("no-handler", function, f"its handler is not {place}'s", WORKER)
        if unit.has_queue and (design.queue(place), function) not in found.readers:
            yield Finding("not-read", design.queue(place), f"no mapping hands this queue's messages to {place}", WORKER)


def _machines(design: Design, found: Synthesised) -> Iterator[Finding]:
    """The state machine as it is synthesised, by the same lint as the one that is meant."""
    name = design.names.machine
    if design.machine is None:
        return
    if name not in found.machines:
        yield Finding("not-deployed", name, "the state machine is in no template", "see infra/orchestrator.py")
        return
    yield from machinery.findings(design, json.loads(plain(found.machines[name]["DefinitionString"])))
