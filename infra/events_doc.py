"""docs/events.md and docs/schemas/, made from the contracts and the rules.

`python -m infra.events_doc --write` writes them; `--check` fails when they are not what it would write.
"""

import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from infra.catalog import CATALOG, OBSERVER, ORCHESTRATOR, OUTCOMES, PARTICIPANTS, REQUESTED
from infra.contracts import Contract, contracts, reason_codes
from infra.matching import heard_by
from infra.names import Names
from infra.packaging import ROOT
from infra.rules import Rule, all_rules
from infra.stages import Stage, named
from services.hotel.participant import HOTEL
from shared.message import Mode
from shared.saga.announcing import announcement
from shared.saga.record import Record, State

DOCS: Final = ROOT / "docs"
_EXAMPLE: Final = ROOT / "examples" / "trips" / "trip-success.json"
_MOMENT: Final = datetime(2026, 11, 21, 12, tzinfo=UTC)
_STAGE: Final = named("prod")
_REVERSE: Final = named("prod-reverse")

INTRODUCTION: Final = f"""\
# Events

<!-- Made by `python -m infra.events_doc --write` from the contracts and the rules. Do not edit; a test compares. -->

Every event on a stage's bus: who puts it, who hears it, what it says. The [schemas](schemas) are JSON Schema (2020-12) of
the `detail`. Readers ignore fields they do not know. A fact of another major `version` is put aside, never guessed at.

- A **request** comes from a client. Its detail is flat.
- A **fact** comes from the service that it happened to, in the past tense. Its detail is `metadata` and `data`.
- The same state of the same trip always makes the same fact, `eventId` included. A reader may drop repeats by it.
- Delivery is at least once, in any order. No reader here depends on either.

The queues are those of a stage with parallel compensation (the default), for a trip in mode `choreography`. Facts of a
trip in mode `orchestration` start nothing but the observer, except that the earlier legs compensate when the pivot gave the
trip up: a state machine books and compensates by calling the participants. `{REQUESTED}` in that mode goes to the
orchestrator's queue `start`; in a stage without an orchestrator, to the quarantine.
"""

WHERE: Final = {
    "client": ("Requests of clients", "Whoever may put events as `travel.client`: the AWS CLI, boto3, `wayfare`."),
    **{
        who.name: (
            f"{who.title}, leg {who.leg}{', the pivot' if who.pivot else ''}",
            f"Reasons of a failure: {reason_codes(who)}; where a stage allows faults, requested_failure.",
        )
        for who in PARTICIPANTS
    },
    OBSERVER: ("Trip, the observer", "Outcomes, for whoever wants to act on them, and its two requests to the pivot."),
    ORCHESTRATOR: (
        "The orchestrator",
        "The beginning and the rejection of requests in mode `orchestration`. All else that happens to such a trip is told by those to whom it happens.",
    ),
}


def document() -> str:
    """The text of docs/events.md."""
    known = [*contracts()]
    parts = [INTRODUCTION]
    for service, (title, words) in WHERE.items():
        rows = [_row(contract) for contract in known if contract.service == service]
        parts.append(
            f"## {title}\n\nSource `{known_source(known, service)}`. {words}\n\n"
            + _table(("detail-type", "means", "heard by", "in reverse order"), rows)
        )
    parts += [_example(), _rules()]
    return "\n".join(parts)


def known_source(known: Iterable[Contract], service: str) -> str:
    """The source of a service's events."""
    return next(contract.source for contract in known if contract.service == service)


def files() -> dict[Path, str]:
    """Every file that is made, with its text."""
    schemas = {DOCS / "schemas" / contract.file: _json(contract.schema) for contract in contracts()}
    return {DOCS / "events.md": document(), **schemas}


def stale() -> list[Path]:
    """The files that are missing, differ, or belong to no event any more."""
    wanted = files()
    differing = [path for path, text in wanted.items() if not path.exists() or path.read_text() != text]
    return differing + [path for path in sorted((DOCS / "schemas").glob("*")) if path not in wanted]


def write() -> None:
    """Make them what they should be."""
    wanted = files()
    (DOCS / "schemas").mkdir(parents=True, exist_ok=True)
    for path in stale():
        if path in wanted:
            path.write_text(wanted[path])
        else:
            path.unlink()


def _row(contract: Contract) -> tuple[str, ...]:
    name = f"[`{contract.detail_type}`](schemas/{contract.file})"
    return (name, contract.meaning, _heard(contract, _STAGE), _heard(contract, _REVERSE))


def _heard(contract: Contract, stage: Stage) -> str:
    """The queues that the event reaches."""
    heard = heard_by(all_rules(CATALOG, stage), _sample(contract))
    queues = [f"{rule.service} {rule.role}" for rule in heard]
    if contract.detail_type in OUTCOMES and not queues:
        return "nobody here: yours to hear"
    return ", ".join(queues)


def _sample(contract: Contract) -> dict[str, Any]:
    """As much of such an event as any rule looks at."""
    leg = CATALOG.legs.get(contract.service, 0)
    metadata = {"leg": leg, "pivot": leg == CATALOG.pivot.leg, "mode": str(Mode.CHOREOGRAPHY)}
    detail = {} if contract.service == "client" else {"metadata": metadata, "data": {"reason": "any"}}
    return {"source": contract.source, "detail-type": contract.detail_type, "detail": detail}


def _example() -> str:
    trip = json.loads(_EXAMPLE.read_text())
    record = Record(
        trip_id=trip["tripId"],
        state=State.BOOKED,
        cause="4f2c1b1e-6a55-4f3e-9d0c-0d5f1c3b7a10",
        decided_at=_MOMENT,
        mode=Mode.CHOREOGRAPHY,
        request_hash="sha256 of the request, in hexadecimal",
        trip=trip,
        details={"hotel": trip["hotel"], "nights": ("2017-07-10", "2017-07-11")},
        requested_at=_MOMENT,
        deadline=_MOMENT.replace(minute=15),
    )
    fact = announcement(HOTEL, record)
    event = {"source": fact.source, "detail-type": fact.detail_type, "detail": json.loads(fact.detail())}
    return f"## One fact in full\n\n```json\n{_json(event)}```\n"


def _rules() -> str:
    words = (
        "## The rules\n\nEach feeds one queue, with a retry policy and that queue's dead-letter queue."
        " `STAGE` stands for the stage's name.\n"
    )
    rules = all_rules(CATALOG, _STAGE)
    extra = [rule for rule in all_rules(CATALOG, _REVERSE) if rule not in rules]
    reverse = (
        "### Instead, in a stage with reverse-order compensation\n\nThey replace `failed-later` and `pivot-undone`.\n"
    )
    return "\n".join((words, _rule_table(rules), reverse, _rule_table(extra)))


def _rule_table(rules: Iterable[Rule]) -> str:
    name = Names("STAGE").rule
    rows = [(f"`{name(rule.service, rule.role, rule.purpose)}`", rule.description, f"`{rule.text}`") for rule in rules]
    return _table(("rule", "when", "pattern"), rows)


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in _with_head(columns, rows))


def _with_head(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    yield columns
    yield tuple("---" for _ in columns)
    yield from rows


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the files, or fail when they are not up to date."""
    match sys.argv[1:]:
        case ["--write"]:
            write()
        case ["--check"]:
            if old := stale():
                names = ", ".join(str(path.relative_to(ROOT)) for path in old)
                sys.exit(f"not up to date: {names}; run `python -m infra.events_doc --write`")
        case _:
            sys.exit("usage: python -m infra.events_doc --check | --write")


if __name__ == "__main__":
    main()
