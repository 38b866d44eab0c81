"""Run the benchmark. Figures are medians; ratios are of the same run (machines are noisy).

Cold import: fresh processes of the engine's interpreter, book function and bare handler in turns. Idle latency: one trip
at a time on a warm engine. Throughput: trips put as fast as possible, in turns with as many empty runs.
"""

import json
import os
import statistics
import subprocess
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from infra import packaging, settings
from infra.catalog import CATALOG
from infra.stages import named
from sandbox.bench.empty_chain import EmptyChain
from sandbox.engine import environment
from sandbox.local_world import LocalWorld

EXAMPLE = json.loads((packaging.ROOT / "examples" / "trips" / "trip-success.json").read_text())
BARE = "import boto3; boto3.client('dynamodb'); boto3.client('events')"
BOOK = "import services.hotel.handlers"
NOTHING = "pass"
CONSOLE = Console(highlight=False)
OWN_STOCK = 5
"""As many trips share a hotel, a flight and a class of cars: the size of an unlisted fleet."""


def main(imports: int = 9, idle: int = 50, trips: int = 300, rounds: int = 3) -> None:
    """Measure, and print a table."""
    table = Table("measured here", "Wayfare", "next to", "ratio", title="Medians on this machine")
    with CONSOLE.status("importing in fresh processes"):
        _rows_of_imports(table, imports)
    with CONSOLE.status("starting the engine"), LocalWorld.running() as world:
        CONSOLE.print(f"engine on {world.engine.endpoint}, {os.cpu_count()} cores")
        chain = EmptyChain(world.engine)
        _warm_up(world, chain)
        _row_of_latency(table, world, idle)
        _row_of_throughput(table, world, chain, trips, rounds)
    CONSOLE.print(table)


def _rows_of_imports(table: Table, times: int) -> None:
    python, stage = environment.ensure(), named("local")
    folder = packaging.build(stage, "hotel")
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        **settings.participant(CATALOG, stage, CATALOG.first),
        **settings.inbox(stage, "http://127.0.0.1/queue", "http://127.0.0.1/dlq"),
    }
    seconds: dict[str, list[float]] = {BOOK: [], BARE: [], NOTHING: []}
    for _ in range(times):
        for code, found in seconds.items():
            found.append(_timed(partial(_run, python, code, variables)))
    start, book, bare = (statistics.median(seconds[code]) for code in (NOTHING, BOOK, BARE))
    table.add_row(
        f"cold import of hotel's book function ({times} fresh processes, less {start * 1000:.0f} ms to start Python)",
        f"{(book - start) * 1000:.0f} ms",
        f"{(bare - start) * 1000:.0f} ms: boto3 and the same two clients",
        f"{(book - start) / (bare - start):.2f}",
    )


def _row_of_latency(table: Table, world: LocalWorld, times: int) -> None:
    found = []
    for trip in _trips(times):
        started = time.perf_counter()
        world.put(trip)
        _poll(partial(_confirmed, world, trip))
        found.append(time.perf_counter() - started)
        world.settle()
    ordered = sorted(found)
    p95 = ordered[int(len(ordered) * 0.95)]
    table.add_row(
        f"idle latency, put-events to CONFIRMED as a reader sees it ({times} trips)",
        f"{statistics.median(found) * 1000:.0f} ms",
        f"p95 {p95 * 1000:.0f} ms",
        "",
    )


def _row_of_throughput(table: Table, world: LocalWorld, chain: EmptyChain, trips: int, rounds: int) -> None:
    ours, empty = [], []
    for number in range(1, rounds + 1):
        with CONSOLE.status(f"{trips} trips, then {trips} empty runs: round {number} of {rounds}"):
            batch = _trips(trips)
            ours.append(trips / _timed(partial(_burst, world, batch)))
            empty.append(trips / _timed(partial(_burst_empty, chain, batch)))
            missing = [trip for trip in batch[:: max(1, trips // 30)] if not _confirmed(world, trip)]
            if missing:
                raise SystemExit(f"{len(missing)} trips of a sample are not confirmed: the figures mean nothing")
    table.add_row(
        f"trips per second, {trips} put as fast as possible, all booked and observed ({rounds} rounds)",
        f"{statistics.median(ours):.0f}",
        f"{statistics.median(empty):.0f}: three hops of empty handlers",
        f"{statistics.median(ours) / statistics.median(empty):.2f}",
    )


def _burst(world: LocalWorld, batch: list[dict[str, Any]]) -> None:
    for start in range(0, len(batch), 10):
        world.put_raw(
            [
                {"Source": "travel.client", "DetailType": "TripRequested", "Detail": json.dumps(trip)}
                for trip in batch[start : start + 10]
            ]
        )
    world.settle()


def _burst_empty(chain: EmptyChain, batch: list[dict[str, Any]]) -> None:
    chain.put(batch)
    _poll(chain.at_rest)


def _warm_up(world: LocalWorld, chain: EmptyChain) -> None:
    _burst(world, _trips(100))
    _burst_empty(chain, _trips(100))


def _confirmed(world: LocalWorld, trip: dict[str, Any]) -> bool:
    summary = world.known(trip["tripId"]).summary
    return summary is not None and summary.status == "CONFIRMED"


def _trips(count: int) -> list[dict[str, Any]]:
    """Trips with ids of their own; a few share each hotel, flight and class of cars."""
    places = [uuid.uuid4().hex[:8] for _ in range(0, count, OWN_STOCK)]
    return [_trip(places[number // OWN_STOCK]) for number in range(count)]


def _trip(place: str) -> dict[str, Any]:
    moved = {name: f"{EXAMPLE[name]} {place}" for name in ("hotel", "depart", "arrive", "car")}
    return {**EXAMPLE, **moved, "tripId": str(uuid.uuid4())}


def _poll(condition: Callable[[], bool], bound: float = 120.0) -> None:
    end = time.monotonic() + bound
    while not condition():
        if time.monotonic() > end:
            raise SystemExit(f"not done after {bound:g} s")
        time.sleep(0.002)


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _run(python: Path, code: str, variables: dict[str, str]) -> None:
    subprocess.run([python, "-c", code], env=variables, check=True)  # noqa: S603 - our own interpreter and code


if __name__ == "__main__":
    typer.run(main)
