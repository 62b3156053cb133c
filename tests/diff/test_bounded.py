from __future__ import annotations

import random
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fcm_tui.diff import bounded, pieces, xdiff
from fcm_tui.diff.lines import diff_lines
from fcm_tui.diff.pieces import ranges_by_piece
from fcm_tui.diff.trim import trim
from fcm_tui.model import Hunk
from tests.diff.cases import assert_exact, edited, source


@pytest.fixture(autouse=True)
def no_child_stays() -> Iterator[None]:
    bounded.close()
    yield
    bounded.close()


def _hunks(ranges: list[xdiff.Range]) -> list[Hunk]:
    return [Hunk(a + 1, b - a, c + 1, d - c) for a, b, c, d in ranges]


def _large() -> tuple[bytes, bytes]:
    old, rng = source(30_000, 8), random.Random(9)
    return b"".join(old), b"".join(rng.choice(old) if rng.random() < 0.1 else line for line in old)


@pytest.fixture
def time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long a process takes to start on this machine."""
    monkeypatch.setattr(bounded, "_SECONDS", 60.0)


@pytest.mark.usefixtures("time_enough")
def test_the_child_finds_what_libgit2_finds_here() -> None:
    old, new = _large()
    for _ in range(2):  # the second time from the child that waited
        assert bounded.ranges(old, new, *trim(old, new)) == xdiff.engine().diff(old, new, xdiff.MYERS)


@pytest.mark.usefixtures("time_enough")
def test_a_child_that_was_ended_is_replaced() -> None:
    old, new = _large()
    expected = bounded.ranges(old, new, *trim(old, new))
    bounded._idle[0]._child.kill()
    assert bounded.ranges(old, new, *trim(old, new)) == expected


def test_without_a_python_to_start_the_diff_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "")
    old, new = _large()
    assert assert_exact(old, new, diff_lines(old, new)) < 12_000


@pytest.mark.slow
@pytest.mark.parametrize("distinct", [2, 10, 100_000])
def test_a_million_repetitive_lines_take_two_seconds_at_most(distinct: int) -> None:
    rng = random.Random(3)
    words = [b"%d\n" % number for number in range(distinct)]
    old, new = (b"".join(rng.choices(words, k=1_000_000)) for _ in range(2))
    start = time.monotonic()
    hunks = diff_lines(old, new)
    assert time.monotonic() - start < 3  # two, and a margin for a machine that does other things too
    assert_exact(old, new, hunks)


def test_what_a_child_cannot_finish_in_time_is_still_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "_SECONDS", 0.0)
    old, new = _large()
    assert assert_exact(old, new, diff_lines(old, new)) < 12_000
    assert not bounded._idle


@given(edited(), st.sampled_from((1, 3, 20)), st.sampled_from((0.0, 5.0)))
@settings(max_examples=500, deadline=None)
def test_pieces_of_any_size_are_exact(pair: tuple[bytes, bytes], size: int, seconds: float) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "_PIECE_LINES", size)
        patch.setattr(pieces, "_MARK_BYTES", 1)
        found = ranges_by_piece(*pair, *trim(*pair), seconds) if pair[0] != pair[1] else []
    assert_exact(*pair, _hunks(found))


def test_pieces_find_their_place_after_a_long_insertion() -> None:
    lines = source(40_000, 4)
    new = lines[:1_000] + [b"new %d\n" % number for number in range(300)] + lines[1_000:]
    new[35_000:35_000] = [b"more\n"]
    old_text, new_text = b"".join(lines), b"".join(new)
    found = ranges_by_piece(old_text, new_text, *trim(old_text, new_text), 10.0)
    assert assert_exact(old_text, new_text, _hunks(found)) == 301
