"""AWS's rules of counting, on cases that were worked out by hand."""

from typing import Any

import pytest

from sandbox.engine import billing

KB = 1024


def item(size: int | None) -> dict[str, Any] | None:
    """An item of exactly that size: `pk` and its value."""
    return None if size is None else {"pk": {"S": "x" * (size - len("pk"))}}


@pytest.mark.parametrize(
    ("attribute", "size"),
    [
        ({"S": "Hôtel"}, 6),  # ô has two bytes
        ({"S": ""}, 0),
        ({"N": "0"}, 1),
        ({"N": "7"}, 2),  # one pair of digits, and one
        ({"N": "42"}, 2),
        ({"N": "100"}, 2),  # zeros at the end are not significant
        ({"N": "-42"}, 3),  # one for the sign
        ({"N": "123"}, 3),
        ({"N": "1.5"}, 3),  # the pairs meet at the point: 01 50
        ({"N": "12.34"}, 3),
        ({"N": "1e2"}, 2),
        ({"BOOL": True}, 1),
        ({"NULL": True}, 1),
        ({"B": "YWJj"}, 3),  # abc
        ({"L": [{"S": "ab"}, {"N": "42"}]}, 3 + (1 + 2) + (1 + 2)),
        ({"M": {"key": {"S": "ab"}}}, 3 + 1 + 3 + 2),
        ({"L": []}, 3),
        ({"SS": ["a", "bc"]}, 3),
        ({"NS": ["1", "22"]}, 4),
        ({"BS": ["YWJj"]}, 3),
    ],
)
def test_an_item_is_its_names_and_values(attribute: dict[str, Any], size: int) -> None:
    """An attribute called `a` adds the one byte of its name."""
    assert billing.item_size({"a": attribute}) == 1 + size


def test_no_item_has_no_size() -> None:
    assert billing.item_size(None) == billing.item_size({}) == 0


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, 10, 1),
        (None, KB, 1),
        (None, KB + 1, 2),
        (3 * KB, 10, 3),  # shrinking costs what was there
        (10, 3 * KB, 3),
        (2 * KB + 1, None, 3),  # a delete
        (None, None, 1),  # a condition that failed on nothing
        (2 * KB, 2 * KB, 2),  # a condition that failed on something
    ],
)
def test_a_write_costs_the_larger_image_in_started_kilobytes(before: int | None, after: int | None, units: int) -> None:
    assert billing.write_units(item(before), item(after)) == units


@pytest.mark.parametrize(
    ("sizes", "consistent", "units"),
    [
        ([0], True, 1),  # an absent key
        ([0], False, 0.5),
        ([4 * KB], True, 1),
        ([4 * KB + 1], True, 2),
        ([10, 10, 10], True, 3),  # each key by itself
        ([10, 5 * KB], False, 1.5),
    ],
)
def test_keys_are_read_one_by_one(sizes: list[int], consistent: bool, units: float) -> None:
    assert billing.read_units(sizes, consistent=consistent) == units


@pytest.mark.parametrize(
    ("sizes", "consistent", "units"),
    [([], False, 0.5), ([], True, 1), ([10, 10, 10], True, 1), ([3 * KB, 3 * KB], True, 2), ([5 * KB], False, 1)],
)
def test_a_page_is_added_up_before_it_is_rounded(sizes: list[int], consistent: bool, units: float) -> None:
    assert billing.page_units(sizes, consistent=consistent) == units


BOARD = {
    "KeySchema": [{"AttributeName": "board"}, {"AttributeName": "due"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["summary"]},
}
OPEN = {"pk": {"S": "t"}, "board": {"S": "OPEN"}, "due": {"S": "1"}, "summary": {"S": "s"}, "fact": {"S": "f"}}


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        (None, {"pk": {"S": "t"}}, 0),  # it lacks the index's keys
        (None, OPEN, 1),
        (OPEN, None, 1),
        (OPEN, {**OPEN, "fact": {"S": "another"}}, 0),  # the index does not copy it
        (OPEN, {**OPEN, "summary": {"S": "another"}}, 1),
        (OPEN, {**OPEN, "due": {"S": "2"}}, 2),  # taken out here, put in there
        (OPEN, {**OPEN, "summary": {"S": "s" * 1100}}, 2),  # the larger image
        (OPEN, {**OPEN, "fact": {"S": "f" * 9000}}, 0),
    ],
)
def test_an_index_is_paid_for_when_its_copy_changes(before: Any, after: Any, units: int) -> None:
    assert billing.index_write_units(BOARD, ["pk"], before, after) == units


def test_an_index_of_everything_copies_everything() -> None:
    everything = {**BOARD, "Projection": {"ProjectionType": "ALL"}}
    assert billing.index_write_units(everything, ["pk"], OPEN, {**OPEN, "fact": {"S": "another"}}) == 1


def entry(size: int, **more: Any) -> dict[str, Any]:
    """An entry of exactly that size, without what is in `more`."""
    return {"Source": "travel.hotel", "DetailType": "Booked", "Detail": "x" * (size - 18), **more}


@pytest.mark.parametrize(
    ("given", "chunks"),
    [
        (entry(500), 1),
        (entry(64 * KB), 1),
        (entry(64 * KB + 1), 2),
        (entry(64 * KB - 13, Time=1), 2),  # a time counts 14
        (entry(64 * KB - 14, Time=1), 1),
        (entry(64 * KB - 3, Resources=["four"]), 2),
        ({"Source": "s", "DetailType": "t", "Detail": "ô" * (32 * KB)}, 2),  # bytes, not characters
        (entry(256 * KB), 4),
    ],
)
def test_an_event_is_billed_by_chunks_of_64_kilobytes(given: dict[str, Any], chunks: int) -> None:
    assert billing.event_chunks(given) == chunks


@pytest.mark.parametrize(
    ("sizes", "chunks"), [([], 1), ([10], 1), ([32 * KB, 32 * KB], 1), ([64 * KB, 1], 2), ([100 * KB] * 10, 16)]
)
def test_a_request_is_billed_by_chunks_of_what_it_carries(sizes: list[int], chunks: int) -> None:
    assert billing.message_chunks(sizes) == chunks


def test_a_message_is_its_body_and_its_attributes() -> None:
    assert billing.message_size("körper", {"reason": {"DataType": "String", "StringValue": "busy"}}) == 7 + 6 + 6 + 4
