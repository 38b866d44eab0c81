"""Facts as text: relative times, words, and nothing that a terminal or a shell would obey."""

import shlex
from datetime import timedelta

import pytest

from console.render import ago, aws_line, entries, plain, start_of, steps, words
from infra.catalog import CATALOG
from shared.saga.timeline import Facts, Line
from tests.console.given import BOOKED, ESC, GIVEN_BACK, NOW


def test_the_log_of_a_trip_that_goes_well_reads_as_promised() -> None:
    """Times count from the request, and the car's leg is called as car calls it."""
    assert [str(entry) for entry in entries(Facts(BOOKED, CATALOG.legs))] == [
        "   +0.000 s  begin saga",
        "   +0.000 s  start book hotel",
        "   +0.250 s  end book hotel",
        "   +0.250 s  start book flight",
        "   +0.500 s  end book flight",
        "   +0.500 s  start book car rental",
        "   +0.750 s  end book car rental",
        "   +0.750 s  end saga (CONFIRMED)",
    ]


def test_the_log_of_a_refusal_names_its_cause() -> None:
    """The refused line has code and sentence; the hotel is given back."""
    assert [entry.text for entry in entries(Facts(GIVEN_BACK, CATALOG.legs))][4:] == [
        "refused book flight (flight_full: no seat left)",
        "start cancel hotel",
        "end cancel hotel",
        "end saga (FAILED: flight_full)",
    ]


def test_a_trip_without_facts_has_no_log() -> None:
    """Nothing was heard, nothing is claimed."""
    assert entries(Facts((), CATALOG.legs)) == []


@pytest.mark.parametrize(("put", "start"), [(0.4, 0.4), (-0.1, -0.1), (1.5, 0.0), (-3600.0, 0.0)])
def test_the_clients_clock_only_adds_the_fraction_of_a_second(put: float, start: float) -> None:
    """The event's time has whole seconds; a client's clock that is further off is not believed."""
    assert start_of(NOW, NOW + timedelta(seconds=put)) == NOW + timedelta(seconds=start)


def test_no_line_lies_before_the_start() -> None:
    """The request's whole second is earlier than the moment it was put."""
    told = entries(Facts(BOOKED, CATALOG.legs), NOW + timedelta(seconds=0.2))
    assert [round(entry.seconds, 2) for entry in told] == [0, 0, 0.05, 0.05, 0.3, 0.3, 0.55, 0.55]


def test_every_participant_names_its_own_step() -> None:
    """The catalogue decides who is asked."""
    assert steps() == {"hotel": "hotel", "flight": "flight", "car": "car rental"}


@pytest.mark.parametrize("hostile", [f"{ESC}red", "a\rb", "a\nb", "\x9b31m", "\u202eback", "\ud800"])
def test_what_cannot_be_printed_is_spelled_out(hostile: str) -> None:
    """No escape sequence, no line break, no reversed text reaches the terminal."""
    assert plain(hostile).isprintable()
    assert words(Line(NOW, "refused", "book", "hotel", hostile)).isprintable()


def test_plain_text_stays_as_it_is() -> None:
    """Names from anywhere are readable."""
    assert plain("Zürich 東京 🏨 [bold]") == "Zürich 東京 🏨 [bold]"


@pytest.mark.parametrize(
    ("seconds", "text"), [(-5, "0 s"), (3, "3 s"), (119, "119 s"), (150, "2 min"), (7300, "2 h"), (200_000, "2 d")]
)
def test_how_long_ago(seconds: int, text: str) -> None:
    """One unit is enough."""
    assert ago(NOW - timedelta(seconds=seconds), NOW) == text


def test_the_aws_line_is_one_ordinary_call() -> None:
    """Copied into a shell it is two variables, the AWS CLI, and one entry that reads the file itself."""
    line = aws_line("http://127.0.0.1:4566", "us-east-1", ("test", "test"), "wayfare-local", "trips/a.json")
    assert line == (
        "AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test aws --endpoint-url http://127.0.0.1:4566"
        " --region us-east-1 events put-events --entries"
        " 'Source=travel.client,DetailType=TripRequested,EventBusName=wayfare-local,Detail@=file://trips/a.json'"
    )


def test_a_path_with_a_quote_stays_one_word() -> None:
    """The shell reads the path as it is."""
    line = aws_line("http://x", "us-east-1", ("k", "s"), "bus", "it's here/a b.json")
    assert shlex.split(line)[-1].endswith("Detail@=file://it's here/a b.json")
