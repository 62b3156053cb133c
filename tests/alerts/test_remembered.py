"""How far back rules that count look when a recorder starts, and what that costs in a long record."""

from __future__ import annotations

from contextlib import closing

import pytest

from fcm_tui.store.database import open_reader
from fcm_tui.store.reading.watched import Watched
from tests.review.builder import RECORDER, START_NS, RecordBuilder
from tests.review.conftest import empty

__all__ = ["empty"]

CHANGES = 20_000
"""Two seconds apart."""


@pytest.mark.parametrize(
    ("seconds", "at_most", "first"),
    [
        (300, 100_000, CHANGES - 150),
        (300, 100, CHANGES - 99),
        (10**9, 500, CHANGES - 499),
        (-1, 9, CHANGES + 1),
    ],
)
def test_what_is_remembered_is_found_without_looking_at_what_is_older(
    empty: RecordBuilder, seconds: int, at_most: int, first: int
) -> None:
    empty.many(b"/home/ann/project", CHANGES)
    looked: list[None] = []
    with closing(open_reader(empty.database)) as connection:
        watched = Watched(connection, [])
        connection.set_progress_handler(lambda: looked.append(None), 1000)
        newest_ns = START_NS + CHANGES * 2 * 10**9
        assert watched.since(RECORDER, newest_ns - seconds * 10**9, CHANGES, at_most) == first
    if seconds == 300:
        assert len(looked) < 5, "a thousand steps each; all changes take a hundred thousand"
