"""The stuck detector's scene, taken from a world of stories."""

from collections.abc import Iterable

from infra.catalog import CATALOG
from infra.units import units_of
from sandbox.modes import REVERSE
from sandbox.operating.letters import Letter
from sandbox.operating.stuck import Lying, Scene
from sandbox.world import Inbox, World


def scene_of(world: World, trips: Iterable[str] = ()) -> Scene:
    """What is on record, and what lies where. `trips` are looked up at the observer too, if no record or message names them."""
    lying = [*_lying(world)]
    books = {name: world.books(name) for name in CATALOG.legs}
    recorded = {trip for book in books.values() for trip in book.records}
    named = {found.letter.trip_id for found in lying if found.letter.trip_id}
    seen = {trip: world.known(trip) for trip in recorded | named | {*trips}}
    return Scene(
        now=world.now,
        books=books,
        known={trip: known for trip, known in seen.items() if known.noted},
        lying=lying,
        running=frozenset(name.partition(".")[0] for name in world.executions("RUNNING")),
        legs=CATALOG.legs,
        reverse=world.mode is REVERSE,
    )


def _lying(world: World) -> Iterable[Lying]:
    units = [(service, unit) for service in CATALOG.services for unit in units_of(service)]
    for inbox in (Inbox(service, unit.role) for service, unit in units if unit.has_queue):
        for place, body in enumerate(world.waiting(inbox)):
            yield Lying(inbox, Letter(f"{'-'.join(inbox)}-{place}", body), parked=False)
        for place, (body, reason) in enumerate(world.parked(inbox)):
            yield Lying(inbox, Letter(f"{'-'.join(inbox)}-parked-{place}", body, reason=reason), parked=True)
