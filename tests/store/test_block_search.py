"""All blocks are looked at, however many there are: those that come first, and those that the rarest letters lead to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from fcm_tui.store.line_blocks import CHANGES, MARK, Block, BlockUnusable, buckets_of
from fcm_tui.store.reading.block_search import BlockSearch

ANT, BEE = b"ant" + bytes(13), b"bee" + bytes(13)
BLOCKS = 300
PLACES = (0, 5, 17, 170, 171, 291, 292, 299)
"""Blocks of ant's with a zebra in them, among those that are looked at first, and those behind."""


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as made:
        made.execute("CREATE TABLE recorders (recorder_id BLOB)")
        made.execute(
            "CREATE TABLE line_blocks (recorder_id BLOB, bucket INTEGER, block INTEGER, changes BLOB)"
        )
        made.executemany("INSERT INTO recorders VALUES (?)", [(ANT,), (BEE,), (b"cat" + bytes(13),)])
        for block in range(BLOCKS):
            fill(made, ANT, block, ["zebra stripes\n"] if block in PLACES else [])
        fill(made, BEE, 0, ["a zebra\n", "braze\n"])
        yield made


def fill(connection: sqlite3.Connection, recorder_id: bytes, block: int, lines: list[str]) -> None:
    made = Block()
    made.add(0, [f"a line of {block}\n"])
    for at, line in enumerate(lines, 7):
        made.add(at, [line])
    rows = [(recorder_id, bucket, block, changes) for bucket, changes in made.rows()]
    connection.executemany("INSERT INTO line_blocks VALUES (?, ?, ?, ?)", rows)


def found(search: BlockSearch, text: str) -> dict[bytes, list[int]]:
    keys: dict[bytes, list[int]] = {}
    for recorder_id, sequences in search.having(buckets_of(text)):
        keys.setdefault(recorder_id, []).extend(sequences)
    return {recorder_id: sorted(sequences) for recorder_id, sequences in keys.items()}


def test_every_block_is_looked_at(connection: sqlite3.Connection) -> None:
    search = BlockSearch(connection, {ANT: BLOCKS * CHANGES + 5, BEE: CHANGES, b"cat" + bytes(13): 3})
    assert search.reached == {ANT: BLOCKS * CHANGES, BEE: CHANGES}
    assert search.behind() == 8
    zebras = [block * CHANGES + 8 for block in PLACES]
    assert found(search, "zebra") == {ANT: zebras, BEE: [8]}
    assert found(search, "zebra stripes") == {ANT: zebras}
    assert found(search, "a line of 29") == {ANT: [block * CHANGES + 1 for block in (29, *range(290, 300))]}
    assert found(search, "no such text") == {}


def test_only_who_is_asked_for_is_looked_at(connection: sqlite3.Connection) -> None:
    assert found(BlockSearch(connection, {BEE: CHANGES}), "zebra") == {BEE: [8]}


def test_a_row_that_is_no_block_is_told(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE line_blocks SET changes = X'00' WHERE block = 40 AND bucket <> ?", (MARK,))
    with pytest.raises(BlockUnusable):
        found(BlockSearch(connection, {ANT: BLOCKS * CHANGES}), "a line of 40")
