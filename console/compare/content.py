"""What a comparison says, as sections of text, tables and charts; how they look is for others to know."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from console.compare import charts, costs, reading
from console.compare.figures import interval, milliseconds, number
from sandbox.compare.correctness import INVARIANTS
from sandbox.compare.results import Latency, Results

MEASURED: Final = "measured here"
COUNTED: Final = "computed from counted operations"
LISTED: Final = "list price"
SIMULATED: Final = "simulated"
COMPUTED: Final = "computed from templates and code"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under columns; names that end in `#` stand over figures, in `!` over what stays in one piece.

    `label` says where the figures come from.
    """

    title: str
    label: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture of the results, drawn as SVG."""

    title: str
    label: str
    draw: Callable[[Results], str]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A chapter of the report."""

    title: str
    text: Sequence[str]
    blocks: Sequence[Table | Chart]


def sections(found: Results) -> list[Section]:
    """The whole report, correctness first."""
    return [
        Section("In short", reading.in_short(found), ()),
        _correctness(found),
        _latency(found),
        _throughput(found),
        _cost(found),
        _resilience(found),
        _coupling(found),
        Section("When would you choose which", reading.advice(), ()),
        _validity(found),
    ]


def _correctness(found: Results) -> Section:
    sums = list(next(iter(found.balances.values())))
    counts = {name: sum(it.invariant == name for it in found.violations) for name in INVARIANTS}
    blocks = [
        Table(
            "Trips by outcome, and the sums that must tally",
            MEASURED,
            ("", *(f"{mode}#" for mode in found.modes)),
            [(what, *(found.balances[mode][what] for mode in found.modes)) for what in sums],
            "Injected: trips asked to fail, and users' cancels. Due: bookings of trips that did not come about.",
        ),
        Table(
            "Invariants, over every trip of every phase",
            MEASURED,
            ("", "what must hold", "violations#"),
            [(name, what, counts[name]) for name, what in INVARIANTS.items()],
        ),
        Table(
            "The same mix in memory: any order of delivery, every message twice",
            SIMULATED,
            ("mode!", "trips#", "with nothing to go wrong#", "confirmed#", "violations#"),
            [(it.mode, it.trips, it.asked_for, it.confirmed, it.violations) for it in found.simulated],
            "Time means nothing there.",
        ),
    ]
    if found.violations:
        rows = [(it.invariant, it.where, it.what) for it in found.violations[:50]]
        blocks.insert(0, Table("What is violated", MEASURED, ("", "where", "what"), rows))
    return Section("Correctness", (), blocks)


def _latency(found: Results) -> Section:
    text = (
        "From the moment a request was due until its outcome reached a subscriber; of a cancelled trip, from the cancel."
        " Medians and percentiles with 95 % intervals (bootstrap). Trips with an injected fault are left out.",
        "A p99 of fewer than a hundred trips is little more than the slowest of them.",
    )
    blocks = (
        Chart("Latency by outcome", MEASURED, charts.latency, "A dot is a trip; the bars are p50 and p95."),
        _latency_table("Request to outcome, ms", found, "outcome"),
        _latency_table("From the failure until everything was given back, ms", found, "released"),
        Table(
            "Coordination: one trip at a time, ms",
            MEASURED,
            ("mode!", "trips#", "total, p50#", "in handlers, mean#", "coordination#"),
            [
                (it.mode, it.trips, *map(milliseconds, (it.total, it.handlers, it.total - it.handlers)))
                for it in found.overheads
            ],
            "Confirmed trips. In handlers: billed time of the three participants' functions, their calls included.",
        ),
        _latency_table("Functions that never ran before, ms", found, "cold"),
        Table(
            "Everybody wants the same room and the same flight",
            MEASURED,
            ("mode!", "trips#", "confirmed#", "no place left#", "p50, ms#", "p95, ms#"),
            [
                (
                    mode,
                    *(number(row[name]) for name in ("trips", "confirmed", "no place left")),
                    *(milliseconds(row[name]) for name in ("p50", "p95")),
                )
                for mode, row in found.hot.items()
            ],
            "Ten rooms for all of them. The engine has no hot partitions: contention here is only that of conditions.",
        ),
    )
    return Section("Latency", text, blocks)


def _latency_table(title: str, found: Results, of: str) -> Table:
    rows = [_latency_row(it) for it in found.latencies if it.of == of]
    return Table(title, MEASURED, ("outcome!", "mode!", "trips#", "p50#", "p95#", "p99#"), rows)


def _latency_row(it: Latency) -> tuple[object, ...]:
    return it.group, it.mode, it.spread.size, *map(interval, (it.spread.p50, it.spread.p95, it.spread.p99))


def _throughput(found: Results) -> Section:
    rows = [
        (
            it.mode,
            it.burst,
            ", ".join(f"{seconds:.1f}" for seconds in it.drained),
            f"{it.per_second:.0f}",
            f"{it.sustained:.0f}" if it.sustained else f"below {it.tried[0][0]:.0f}",
        )
        for it in found.throughput
    ]
    columns = ("mode!", "burst of#", "drained in, s#", "trips/s of a burst#", "sustained trips/s#")
    note = "Sustained: the highest rate tried after which the last outcome came within a second of the last arrival."
    text = ("Two figures of this machine, not of AWS: its cores are what limits them.",)
    return Section("Throughput", text, [Table("Confirmed trips alone", MEASURED, columns, rows, note)])


def _cost(found: Results) -> Section:
    return Section(
        "Cost",
        (
            "Operations are counted inside the local engine, where AWS would bill them, on trips that come one at a time"
            " (a busy stage shares batches, and pays less). Dollars are these counts times the price list:"
            f" {found.prices}. Function time is that of this machine; AWS's differs.",
        ),
        [
            Table("Billed operations of one trip", COUNTED, *costs.operations(found)),
            Table("US dollars for a million trips", f"{COUNTED} x {LISTED}", *costs.dollars(found)),
            Chart("US dollars for a million trips, by meter", f"{COUNTED} x {LISTED}", charts.cost),
            Table("An idle stage, US dollars in thirty days", f"{COMPUTED} x {LISTED}", *costs.idle(found)),
            Table("Break-even, trips a month", f"{COUNTED} x {LISTED}", *costs.break_even(found)),
            Chart("US dollars a month, by volume", f"{COUNTED} x {LISTED}", charts.volume, "The mix of this run."),
        ],
    )


def _resilience(found: Results) -> Section:
    rows = [
        (
            it.stopped,
            it.mode,
            it.trips if it.present else f"{it.trips} (has none)",
            it.ended_meanwhile,
            it.by_themselves,
            it.by_deadline,
            it.stuck,
            it.lost,
            f"{it.drain_seconds:.1f}",
        )
        for it in found.outages
    ]
    columns = (
        "stopped!",
        "mode!",
        "trips#",
        "ended meanwhile#",
        "by themselves#",
        "by deadline#",
        "stuck#",
        "lost#",
        "drain, s#",
    )
    note = (
        "Ended meanwhile: on the participants' records, while it was stopped. By deadline: after the observer reminded the"
        " pivot. No client puts anything again. Drain: from its return (of workers and executions: from the last request) to"
        " the last end; a killed worker's messages come again after 3 s here, not after 90 as deployed."
    )
    blocks = (
        Chart(
            "What is stopped, against mode",
            MEASURED,
            charts.matrix,
            "Green: nothing noticed it. Yellow: trips waited, and ended by themselves or by their deadline. Red: lost or stuck.",
        ),
        Table("What became of the trips", MEASURED, columns, rows, note),
    )
    return Section("Resilience", (), blocks)


def _coupling(found: Results) -> Section:
    parts = ("stacks", "resources", "rules", "queues", "functions", "states", "synchronous_calls", "up_at_once")
    size = [(part.replace("_", " "), *(getattr(it, part) for it in found.footprints)) for part in parts]
    places = next(iter(found.footprints)).touched
    newcomer = [(place, *(", ".join(it.touched[place]) for it in found.footprints)) for place in places]
    blocks = (
        Table(
            "Size of a production stage, as far as the mode uses it",
            COMPUTED,
            ("", *(f"{mode}#" for mode in found.modes)),
            size,
            "Observer and platform included. Up at once: who must run at the same moment for a trip to move on.",
        ),
        Table(
            "A further participant: existing stacks whose rules, settings or states change",
            COMPUTED,
            ("where it comes", *found.modes),
            newcomer,
            "Nobody's code changes. Its own stack comes on top.",
        ),
        Table(
            "Lines of code by role, without comments and docstrings",
            COMPUTED,
            ("", "lines#"),
            [*found.lines.items()],
            "Participants' code is the same in all modes.",
        ),
    )
    return Section("Coupling and complexity", (), blocks)


def _validity(found: Results) -> Section:
    plan = {name: value for name, value in found.plan.items() if name not in ("mix", "faults", "extent")}
    rows: list[tuple[str, object]] = [
        ("command", found.command),
        ("date", found.date),
        *found.surroundings.items(),
        *((name.replace("_", " "), value) for name, value in plan.items()),
        ("mix", _told(found.plan["mix"])),
        ("faults", _told(found.plan["faults"]) or "none"),
        ("beside the rounds", _told(found.plan["extent"])),
        ("latest request", f"{milliseconds(found.latest)} ms after it was due"),
        ("samples", f"{len(found.samples)} trips, each in results.json"),
    ]
    text = ("What the local engine does not model:", *(f"- {it}" for it in found.not_modelled))
    return Section("Validity", text, [Table("How it was run", MEASURED, ("", ""), rows)])


def _told(value: object) -> str:
    """Nested data in a line."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_told(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(map(_told, value))
    return str(value)
