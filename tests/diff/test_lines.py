from __future__ import annotations

import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings

from fcm_tui.diff.lines import count_lines, diff_lines, split_lines
from fcm_tui.model import Hunk, LineCounts, Operation
from tests.diff.cases import assert_exact, edited, source, texts
from tests.programs import needs_git


@given(edited())
@settings(max_examples=1500, deadline=None)
def test_hunks_applied_to_the_old_lines_give_the_new_ones(pair: tuple[bytes, bytes]) -> None:
    assert_exact(*pair, diff_lines(*pair))


@given(texts, texts)
@settings(max_examples=500, deadline=None)
def test_hunks_are_exact_between_unrelated_texts(old: bytes, new: bytes) -> None:
    assert_exact(old, new, diff_lines(old, new))


@given(texts)
def test_split_lines_loses_nothing_and_only_a_line_feed_ends_a_line(data: bytes) -> None:
    parts = split_lines(data)
    assert b"".join(parts) == data
    assert all(part.find(b"\n") in (-1, len(part) - 1) for part in parts)
    assert all(part.endswith(b"\n") for part in parts[:-1])


@pytest.mark.parametrize(
    ("old", "new", "hunks"),
    [
        (b"", b"", []),
        (b"a\n", b"a\n", []),
        (b"", b"a\n", [Hunk(1, 0, 1, 1)]),
        (b"a\n", b"", [Hunk(1, 1, 1, 0)]),
        (b"a\nb\n", b"a\nx\nb\n", [Hunk(2, 0, 2, 1)]),
        (b"a\nb\n", b"a\nb\nx\n", [Hunk(3, 0, 3, 1)]),
        (b"a\nb\nc\n", b"a\nc\n", [Hunk(2, 1, 2, 0)]),
        (b"a\nb\nc\n", b"a\nx\ny\nc\n", [Hunk(2, 1, 2, 2)]),
        (b"a\nb", b"a\nb\n", [Hunk(2, 1, 2, 1)]),  # the line feed at the end is part of the line
        (b"a\rb\n", b"a\rc\n", [Hunk(1, 1, 1, 1)]),  # a carriage return alone ends no line
        (b"a\r\n", b"a\n", [Hunk(1, 1, 1, 1)]),
        (b"a\0b\nc\n", b"a\0b\nd\n", [Hunk(2, 1, 2, 1)]),
        (b"a\nb\nc\nd\ne\n", b"A\nb\nc\nd\nE\n", [Hunk(1, 1, 1, 1), Hunk(5, 1, 5, 1)]),
    ],
)
def test_known_hunks(old: bytes, new: bytes, hunks: list[Hunk]) -> None:
    assert diff_lines(old, new) == hunks


def test_an_inserted_function_is_shown_as_one_that_starts_at_its_head() -> None:
    """As `git diff` shows it: the block could as well stand a line lower and start with its body."""
    old = b"def a():\n    return 1\n\n\ndef b():\n    return 1\n"
    new = b"def a():\n    return 1\n\n\ndef c():\n    return 1\n\n\ndef b():\n    return 1\n"
    assert diff_lines(old, new) == [Hunk(5, 0, 5, 4)]


def test_a_moved_block_of_a_large_text_stays_together() -> None:
    lines = source(30_000, 1)
    new = lines[:5_000] + lines[6_000:20_000] + lines[5_000:6_000] + lines[20_000:]
    hunks = diff_lines(b"".join(lines), b"".join(new))
    assert [hunk.operation for hunk in hunks] == [Operation.DELETE, Operation.INSERT]
    assert assert_exact(b"".join(lines), b"".join(new), hunks) == 2_000


def test_count_lines_by_operation() -> None:
    hunks = [Hunk(1, 0, 1, 5), Hunk(9, 2, 14, 3), Hunk(20, 4, 26, 0), Hunk(40, 1, 42, 1)]
    assert count_lines(hunks) == LineCounts(inserted=5, updated=4, deleted=4)


def _pair(rng: random.Random) -> tuple[bytes, bytes]:
    few = rng.random() < 0.4
    count = rng.choice([5, 40, 200, 900, 3_000])
    old = [b"%d\n" % rng.randrange(rng.choice([3, 30])) for _ in range(count)]
    if not few:
        old = source(count, rng.getrandbits(30))
    new = list(old)
    for _ in range(rng.choice([1, 3, 10, 60])):
        start = rng.randrange(len(new) + 1)
        size = rng.choice([0, 1, 1, 2, 12, 50])
        if rng.random() < 0.3:
            block = new[start : start + size]
            del new[start : start + size]
            to = rng.randrange(len(new) + 1)
            new[to:to] = block
        else:
            new[start : start + size] = [rng.choice(old) for _ in range(rng.choice([0, 1, 2, 12]))]
    if rng.random() < 0.05:
        rng.shuffle(new)
    return b"".join(old), b"".join(new)


@needs_git
def test_never_more_changed_lines_than_git(tmp_path: Path) -> None:
    rng = random.Random(20_240)
    pairs = [_pair(rng) for _ in range(600)]
    for side in (0, 1):
        folder = tmp_path / "ab"[side]
        folder.mkdir()
        for index, pair in enumerate(pairs):
            (folder / str(index)).write_bytes(pair[side])
    done = subprocess.run(
        ["git", "diff", "--no-index", "--no-renames", "--numstat", "-z", "--text", "a", "b"],
        cwd=tmp_path,
        capture_output=True,
    )
    words = done.stdout.split(b"\0")
    theirs = {
        int(Path(name.decode()).name): sum(map(int, counts.split()))
        for counts, name in zip(words[::3], words[1::3], strict=False)
    }
    assert len(theirs) > 500
    for index, changed in theirs.items():
        assert assert_exact(*pairs[index], diff_lines(*pairs[index])) <= changed


def test_two_threads_get_what_one_gets() -> None:
    rng = random.Random(5)
    pairs = [_pair(rng) for _ in range(60)]
    expected = [diff_lines(*pair) for pair in pairs]
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(diff_lines, *zip(*pairs * 3, strict=True))) == expected * 3
