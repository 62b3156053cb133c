"""Texts for diffs: every kind of line end, and edits as people and tools make them."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import strategies as st

from fcm_tui.diff.lines import apply, split_lines
from fcm_tui.model import Hunk

_ENDS = (b"\n", b"\n", b"\r\n", b"\r", b"\x0c\n", "\u2028".encode() + b"\n", b"\0\n")
_WORDS = (b"", b"a", b"b", b"    return x", b"}", b"caf\xc3\xa9", b"\xff\xfe", b"\0", b"\r", b"\x85")

lines = st.builds(bytes.__add__, st.sampled_from(_WORDS), st.sampled_from(_ENDS))
texts = st.builds(bytes.__add__, st.lists(lines, max_size=30).map(b"".join), st.sampled_from((b"", b"tail")))


@st.composite
def edited(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A text, and what a few edits made of it."""
    old = draw(texts)
    parts = split_lines(old)
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(parts)))
        end = draw(st.integers(start, min(len(parts), start + 4)))
        parts[start:end] = draw(st.lists(lines, max_size=4))
    return old, b"".join(parts)


def source(count: int, seed: int) -> list[bytes]:
    """Lines like a program's: some blank, some closing a block, most of them unique."""
    rng = random.Random(seed)
    common = [b"\n", b"    }\n", b"    else:\n"]
    return [rng.choice(common) if rng.random() < 0.2 else b"%x\n" % rng.getrandbits(40) for _ in range(count)]


def assert_exact(old: bytes, new: bytes, hunks: Sequence[Hunk]) -> int:
    """The hunks make `new` of `old`, are in order and apart; how many lines they change."""
    old_lines, new_lines = split_lines(old), split_lines(new)
    assert apply(old_lines, hunks, new_lines) == new_lines
    old_at = new_at = 0
    for index, hunk in enumerate(hunks):
        assert hunk.old_count or hunk.new_count
        same = hunk.old_start - 1 - old_at
        assert same == hunk.new_start - 1 - new_at
        assert same > 0 or index == 0, "two hunks touch"
        assert old_lines[old_at : old_at + same] == new_lines[new_at : new_at + same]
        old_at, new_at = hunk.old_start - 1 + hunk.old_count, hunk.new_start - 1 + hunk.new_count
    return sum(hunk.old_count + hunk.new_count for hunk in hunks)
