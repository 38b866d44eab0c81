"""Who hears what: every EventBridge rule of a stage, as data made from the catalogue.

An event reaches a queue through one rule at most, so a rule never doubles a message. The mode of a trip is
`orchestration` or not; both halves are written so that no value, however odd, falls between them.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from infra.catalog import ORCHESTRATOR, Catalog, Participant
from infra.names import PLATFORM, QUARANTINE
from infra.stages import Stage
from shared.saga.declaration import Saga

Pattern = dict[str, Any]

WORDS: Final = ["cancelled", "deadline"]
"""What the pivot may have been asked: by the user, or because time was up."""

ORCHESTRATED: Final = ["orchestration"]
CHOREOGRAPHED: Final = [{"exists": False}, {"anything-but": ORCHESTRATED}]


@dataclass(frozen=True, slots=True)
class Rule:
    """One pattern on the bus and the one queue that it feeds."""

    service: str
    """Whose stack holds the rule and the queue."""
    role: str
    """Which of the service's queues."""
    purpose: str
    description: str
    pattern: Pattern

    @property
    def text(self) -> str:
        """The pattern as EventBridge counts it (2,048 characters at most)."""
        return json.dumps(self.pattern, separators=(",", ":"))


def all_rules(catalog: Catalog, stage: Stage) -> tuple[Rule, ...]:
    """Every rule on the stage's bus."""
    mine = [rule for who in catalog.participants for rule in participant_rules(catalog, stage, who)]
    machine = orchestrator_rules(catalog, stage) if stage.orchestrator else ()
    return (*platform_rules(catalog, stage), *mine, *observer_rules(catalog, stage), *machine)


def participant_rules(catalog: Catalog, stage: Stage, me: Participant) -> tuple[Rule, ...]:
    """What starts a participant's booking, and what makes it compensate."""
    book = tuple(_book(catalog, stage, me))
    own = _own_failure(me, pivot=me == catalog.pivot) if me.saga.undoes_failures else ()
    if me == catalog.pivot:
        closing = (_finish(me),) if me.saga.keeps_dossier else ()
        return (*book, *own, _cancel_request(stage, me), _expiry(me), *closing)
    undo = _each_failure(me) if stage.compensation == "parallel" else _next_leg(catalog, me)
    return (*book, *own, *undo, *_pivots_word(me), _expiry(me))


def observer_rules(catalog: Catalog, stage: Stage) -> tuple[Rule, ...]:
    """All that the observer sees: each fact of each participant, and requests to cancel."""
    saga, facts = catalog.saga, [fact for who in catalog.participants for fact in who.facts]
    everyone = {
        "source": [*(who.source for who in catalog.participants), saga.source_of(ORCHESTRATOR)],
        "detail-type": [*facts, saga.rejected, saga.started],
    }
    return (
        Rule(saga.observer, "observe", "facts", "Every fact of every participant", everyone),
        Rule(saga.observer, "observe", "cancel", "A request to cancel", _cancel_pattern(saga, stage)),
    )


def orchestrator_rules(catalog: Catalog, stage: Stage) -> tuple[Rule, ...]:
    """What starts an execution; a rule's own target could not name it after its trip."""
    asked = _requests(catalog.saga, stage, ORCHESTRATED)
    what = f"A client asks for an orchestrated {catalog.saga.noun.lower()}"
    return (Rule(ORCHESTRATOR, "start", "request", what, asked),)


def platform_rules(catalog: Catalog, stage: Stage) -> tuple[Rule, ...]:
    """What nobody would hear, or from someone who may not say it: kept where it can be seen."""
    senders = catalog.senders(stage.client_source)
    unknown = {"source": _ours(catalog.saga), "detail-type": [{"anything-but": list(senders)}]}
    rules = [
        _quarantine("unknown-type", f"A {catalog.saga.name} event of a type that nobody knows", unknown),
        _quarantine("wrong-sender", "A known type from who may not send it", _impostors(senders)),
        _quarantine(
            "unknown-version", "A booking under a definition that the pivot does not know", _undefined(catalog)
        ),
    ]
    if not stage.orchestrator:
        asked = _requests(catalog.saga, stage, ORCHESTRATED)
        rules.append(_quarantine("no-orchestrator", "A mode that this stage does not offer", asked))
    return tuple(rules)


def archive_pattern(stage: Stage) -> Pattern:
    """What the archive keeps: the clients' requests, from which all else follows."""
    return {"source": [stage.client_source]}


def _book(catalog: Catalog, stage: Stage, me: Participant) -> Iterator[Rule]:
    """The first leg hears the client, each other one whom it follows under the definitions that are under way.

    The pivot names each of these: nothing is committed under a definition that it does not know.
    """
    if me == catalog.first:
        asked = _requests(me.saga, stage, CHOREOGRAPHED)
        yield Rule(me.name, "book", "request", f"A client asks for a {me.saga.noun.lower()}", asked)
    for upstream, definitions in catalog.upstreams(me).items():
        booked = {
            "source": [upstream.source],
            "detail-type": [upstream.booked],
            "detail": {
                "metadata": {"mode": CHOREOGRAPHED, **_stamped(catalog, definitions, named=me == catalog.pivot)}
            },
        }
        yield Rule(me.name, "book", f"after-{upstream.name}", f"{upstream.noun} is booked", booked)


def _stamped(catalog: Catalog, definitions: Sequence[int], *, named: bool = False) -> dict[str, list[Any]]:
    """Under one of these, and (unless they are to be `named`) under whatever comes after the newest. The first is not written."""
    unwritten: list[Any] = [{"exists": False}] if 1 in definitions else []
    if named or catalog.definition not in definitions:
        return {"definition": [*unwritten, *definitions]}
    return {} if unwritten else {"definition": [{"numeric": [">=", min(definitions)]}]}


def _ours(saga: Saga) -> list[Pattern]:
    return [{"prefix": f"{saga.name}."}]


def _requests(saga: Saga, stage: Stage, mode: list[Any]) -> Pattern:
    return {
        "source": [stage.client_source],
        "detail-type": [saga.requested],
        "detail": {"mode": mode},
    }


def _each_failure(me: Participant) -> Iterator[Rule]:
    """Parallel: whichever later leg fails, everyone before it hears so at once.

    Legs are compared, not named, so a participant added later needs no new rule in those before it.
    """
    failed = _later(me, "BookingFailed", mode=CHOREOGRAPHED)
    yield Rule(me.name, "compensate", "failed-later", "A later leg failed to book", failed)
    undone = _later(me, "Cancelled", mode=CHOREOGRAPHED, **_commit_undone(me))
    yield Rule(me.name, "compensate", "pivot-undone", "The commit was undone", undone)


def _own_failure(me: Participant, *, pivot: bool) -> Iterator[Rule]:
    """In a saga that undoes failures, a failed step rolls itself back."""
    failed = {
        "source": [me.source],
        "detail-type": [me.refused],
        "detail": {"metadata": {"mode": CHOREOGRAPHED}},
    }
    yield Rule(me.name, "compensate", "own-failed", "Its own step failed", failed)
    if pivot:
        yield _own_word(me)


def _own_word(me: Participant) -> Rule:
    """Orchestrated: the machine rolls a failed pivot back, unless it was stopped before; then the pivot's word does."""
    decided = {
        "source": [me.source],
        "detail-type": [me.refused],
        "detail": {"metadata": {"mode": ORCHESTRATED, "asked": WORDS}},
    }
    return Rule(me.name, "compensate", "orch-own-failed", "Its own step failed, and it was asked", decided)


def _finish(me: Participant) -> Rule:
    """In every mode: what follows the commit is done by the queue that retries it."""
    committed = {"source": [me.source], "detail-type": [me.booked]}
    return Rule(me.name, "finish", "committed", "The saga is committed", committed)


def _next_leg(catalog: Catalog, me: Participant) -> Iterator[Rule]:
    """Reverse order: only the next leg's end starts this one's compensation, one after the other.

    Where a failed step rolls itself back, its refusal is not yet its end. A decision that was made before any request was
    seen is stamped by nobody, as the first definition is: everybody hears it.
    """
    for following, definitions in catalog.downstreams(me).items():
        ends = [following.cancelled] if me.saga.undoes_failures else [following.refused, following.cancelled]
        ended = {
            "source": [following.source],
            "detail-type": ends,
            "detail": {"metadata": {"mode": CHOREOGRAPHED, **_stamped(catalog, [1, *definitions])}},
        }
        what = f"{following.noun} is refused or undone"
        yield Rule(me.name, "compensate", f"{following.name}-ended", what, ended)


def _pivots_word(me: Participant) -> Iterator[Rule]:
    """Orchestrated trips: the machine compensates, except when the pivot answers a user's cancel or the deadline.

    Also by a refusal of long ago: the machine may have been stopped before it undid anything.
    """
    undone = _later(me, "Cancelled", mode=ORCHESTRATED, **_commit_undone(me))
    yield Rule(me.name, "compensate", "orch-undone", "An orchestrated commit was undone", undone)
    decided = _later(me, "BookingFailed", mode=ORCHESTRATED, pivot=[True], asked=WORDS)
    yield Rule(me.name, "compensate", "orch-decided", "The pivot decided against it", decided)


def _later(me: Participant, part: str, **metadata: list[Any]) -> Pattern:
    return {
        "source": _ours(me.saga),
        "detail-type": [{"suffix": me.saga.word(part)}],
        "detail": {"metadata": {"leg": [{"numeric": [">", me.leg]}], **metadata}},
    }


def _commit_undone(me: Participant) -> dict[str, list[Any]]:
    """The pivot's Cancelled undoes a commit; where failed steps are undone too, only if it answers somebody."""
    return {"pivot": [True], **({"asked": WORDS} if me.saga.undoes_failures else {})}


def _expiry(me: Participant) -> Rule:
    late = {"source": [me.saga.source_of(me.saga.observer)], "detail-type": [me.saga.expired]}
    return Rule(me.name, "compensate", "expired", "The outcome is open past the deadline", late)


def _cancel_request(stage: Stage, me: Participant) -> Rule:
    return Rule(me.name, "compensate", "cancel", "A request to cancel", _cancel_pattern(me.saga, stage))


def _cancel_pattern(saga: Saga, stage: Stage) -> Pattern:
    return {
        "source": [stage.client_source, saga.source_of(saga.observer)],
        "detail-type": [saga.cancel_requested],
    }


def _quarantine(purpose: str, description: str, pattern: Pattern) -> Rule:
    return Rule(PLATFORM, QUARANTINE, purpose, description, pattern)


def _undefined(catalog: Catalog) -> Pattern:
    """What nobody goes on with: the first leg was deployed before the pivot knew whoever joined."""
    last = catalog.participants[-2]
    known = list(range(1, catalog.definition + 1))
    return {
        "source": [last.source],
        "detail-type": [last.booked],
        "detail": {"metadata": {"mode": CHOREOGRAPHED, "definition": [{"anything-but": known}]}},
    }


def _impostors(senders: dict[str, tuple[str, ...]]) -> Pattern:
    """Each known type from any source but its own (of this saga or not)."""
    types: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for detail_type, sources in senders.items():
        types[sources].append(detail_type)
    return {
        "$or": [{"source": [{"anything-but": list(sources)}], "detail-type": names} for sources, names in types.items()]
    }
