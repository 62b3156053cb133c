"""Blocks lead to every change that has a text, and to few others."""

from __future__ import annotations

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_tui.store.line_blocks import (
    BUCKETS,
    CHANGES,
    MARK,
    Block,
    BlockUnusable,
    bits_of,
    buckets_of,
    numbers,
)

LINES = st.text(st.characters(codec="utf-8"), max_size=60)


@given(st.dictionaries(st.integers(0, CHANGES - 1), st.lists(LINES, max_size=3), max_size=20), st.data())
def test_whoever_has_a_text_has_its_bits(changes: dict[int, list[str]], data: st.DataObject) -> None:
    block = Block()
    for at, lines in changes.items():
        block.add(at, lines)
    bits = {bucket: bits_of(row) for bucket, row in block.rows() if bucket != MARK}
    for at, lines in changes.items():
        for side in lines:
            start = data.draw(st.integers(0, len(side)))
            part = side[start : data.draw(st.integers(start, len(side)))]
            assert all(at + 1 in set(numbers(0, bits[bucket])) for bucket in buckets_of(part))


def test_a_text_that_nobody_has_leads_to_few() -> None:
    block = Block()
    for at in range(CHANGES):
        block.add(at, [f"value {at * 7919 % 100_003} of {at}\n"])
    bits = {bucket: bits_of(row) for bucket, row in block.rows() if bucket != MARK}
    joined = (1 << CHANGES) - 1
    for bucket in buckets_of("zebra crossing"):
        joined &= bits.get(bucket, 0)
    assert joined.bit_count() < CHANGES / 100
    assert [*numbers(3, 0b1001)] == [3 * CHANGES + 1, 3 * CHANGES + 4]


def test_a_change_of_very_many_lines_comes_into_question_for_every_text() -> None:
    block = Block()
    block.add(7, ["x" * 100_000])
    rows = dict(block.rows())
    assert rows.keys() == {MARK, *range(BUCKETS)}
    assert all([*numbers(0, bits_of(rows[bucket]))] == [8] for bucket in buckets_of("no such text"))


def test_every_block_has_its_mark() -> None:
    assert dict(Block().rows()).keys() == {MARK}


@pytest.mark.parametrize(
    "row",
    [
        b"",
        b"no block",
        zlib.compress(b"short"),
        zlib.compress(bytes(1 << 24)),
        zlib.compress(bytes(512))[:-6],
    ],
)
def test_what_is_no_block_is_not_taken_for_one(row: bytes) -> None:
    with pytest.raises(BlockUnusable):
        bits_of(row)


@pytest.mark.parametrize("text", ["", "a", "ab"])
def test_a_short_text_is_in_no_bucket(text: str) -> None:
    assert buckets_of(text) == []
