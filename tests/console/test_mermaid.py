"""A trip as a sequence diagram."""

import re

import msgspec

from console.mermaid import escaped, sequence_diagram
from infra.catalog import CATALOG
from shared.saga.timeline import CLIENT, Facts
from tests.console.given import BOOKED, FLIGHT_REFUSED, GIVEN_BACK, HOTEL_BOOKED, noted


def test_a_refusal_is_told_to_every_earlier_leg() -> None:
    """The diagram shows who told whom what, and the end."""
    assert sequence_diagram(Facts(GIVEN_BACK, CATALOG.legs)) == "\n".join(
        [
            "sequenceDiagram",
            "    participant client",
            "    participant hotel",
            "    participant flight",
            "    participant car",
            "    participant trip",
            "    client->>hotel: TripRequested",
            "    hotel->>flight: HotelBooked (+0.250 s)",
            "    flight--xhotel: FlightBookingFailed (+0.500 s) flight_full",
            "    hotel-->>trip: HotelCancelled (+0.750 s)",
            "    Note over trip: FAILED (flight_full)",
        ]
    )


def test_a_cancel_goes_to_the_pivot() -> None:
    """The client's request to cancel is an arrow of its own."""
    diagram = sequence_diagram(Facts((*BOOKED, noted(CLIENT, "CancelRequested", 2)), CATALOG.legs))
    assert "client->>car: TripCancelRequested (+2.000 s)" in diagram


def test_a_parked_compensation_is_a_note() -> None:
    """What waits for an operator is seen."""
    parked = noted("hotel", "CompensationParked", 9, reason="Busy", attempt=10)
    diagram = sequence_diagram(Facts((HOTEL_BOOKED, FLIGHT_REFUSED, parked), CATALOG.legs))
    assert "Note over hotel: HotelCompensationParked (+9.000 s) Busy" in diagram


def test_a_reason_cannot_add_a_line() -> None:
    """A separator, a comment or a line break in a reason is an entity in the diagram."""
    hostile = msgspec.structs.replace(FLIGHT_REFUSED, reason="x; client->>car: <b>%%\nend")
    diagram = sequence_diagram(Facts((HOTEL_BOOKED, hostile), CATALOG.legs))
    arrow = next(line for line in diagram.splitlines() if "BookingFailed" in line)
    told = arrow.partition(") ")[2]
    assert re.fullmatch(r"([A-Za-z0-9 .,_()+/-]|#\d+;)+", told)
    assert diagram.count("client->>") == 1
    assert escaped("a;b") == "a#59;b"
