"""Two contents that are no text, in words."""

from __future__ import annotations

import pytest

from fcm_tui.diff.hexes import WINDOW
from fcm_tui.review.documents.comparing import Pair, compare
from fcm_tui.store.reading.queries import Reader
from tests.review.builder import RecordBuilder


def notes(record: RecordBuilder, old: bytes, new: bytes) -> list[str]:
    with Reader(record.database) as reader:
        return compare(Pair(reader.change(1), [], old, new)).notes


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (5120, 5121, "Binary, 5,120 B → 5,121 B"),
        (5120, 5120, "Binary, 5.1 kB → 5.1 kB"),
        (5120, 6120, "Binary, 5.1 kB → 6.1 kB"),
    ],
)
def test_sizes_that_are_rounded_alike_are_told_in_bytes(
    record: RecordBuilder, old: int, new: int, said: str
) -> None:
    assert notes(record, bytes(old), bytes(new - 1) + b"\1")[0] == said


def test_something_is_said_to_be_behind_only_where_there_is(record: RecordBuilder) -> None:
    old = bytes(10_240)
    assert notes(record, old, old[:9000] + b"\1" + old[9001:])[1:] == [
        "Bytes 7,968 to 10,240 are shown; before them nothing differs."
    ]
    old = bytes(WINDOW + 10)
    assert notes(record, old, b"\1" + old[1:])[1:] == [
        "Bytes 0 to 262,144 are shown; behind them nothing is compared."
    ]
