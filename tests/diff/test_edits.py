"""Edits found by following what is equal: exact, as few lines as any diff has, where git shows them."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings

from fcm_tui.diff.edits import Edit, find_edits
from fcm_tui.diff.fewest import fewest_changes
from fcm_tui.diff.lines import diff_all_lines, diff_lines
from tests.diff.cases import assert_exact, edited, source
from tests.programs import needs_git


def applied(old: bytes, new: bytes, edits: list[Edit]) -> bytes:
    """`old` with the bytes of each edit put in."""
    parts, at = [], 0
    for edit in edits:
        parts += [old[at : edit.old_from], new[edit.new_from : edit.new_to]]
        at = edit.old_to
    return b"".join([*parts, old[at:]])


@given(edited())
@settings(max_examples=1500, deadline=None)
def test_lines_and_bytes_are_exact_and_no_diff_has_fewer(pair: tuple[bytes, bytes]) -> None:
    old, new = pair
    edits = find_edits(old, new)
    if edits is not None:
        changed = assert_exact(old, new, [edit.hunk for edit in edits])
        assert applied(old, new, edits) == new
        assert changed == fewest_changes(old, new)


@pytest.mark.parametrize("seed", range(4))
def test_most_edits_of_a_program_are_found_and_stand_where_a_diff_of_all_lines_has_them(seed: int) -> None:
    rng = random.Random(seed)
    found = same = 0
    for number in range(300):
        lines = source(rng.randint(20, 400), seed * 1000 + number)
        old = b"".join(lines)
        for _ in range(rng.randint(1, 3)):
            at, count = rng.randrange(len(lines)), rng.randint(1, 5)
            lines[at : at + rng.choice((0, count))] = source(rng.choice((0, count)), rng.getrandbits(30))
        new = b"".join(lines)
        edits = find_edits(old, new)
        if edits is not None:
            found += 1
            same += [edit.hunk for edit in edits] == diff_all_lines(old, new)
    assert found > 200
    assert same >= found - 3


def test_lines_that_could_stand_anywhere_up_to_the_edit_before_are_left_to_a_diff_of_all_lines() -> None:
    """One line replaced, not one inserted and another deleted four lines below."""
    old, new = b"b\n" * 5, b"b\n583438\nb\nb\nb\n"
    assert find_edits(old, new) is None
    assert [(hunk.old_count, hunk.new_count) for hunk in diff_lines(old, new)] == [(1, 1)]


def test_an_edit_at_the_very_start_is_not_touched_by_one_that_could_stand_higher() -> None:
    """The insertion in front of everything leaves the old text's offset at 0, as if nothing were before."""
    old = b"a\na\r\na\na\n"
    new = b"\na\na\r\na\n\na\na\r\na\na\n"
    edits = find_edits(old, new)
    assert edits is None
    assert_exact(old, new, diff_lines(old, new))


@needs_git
def test_an_inserted_block_starts_where_git_lets_it_start(tmp_path: Path) -> None:
    block = b"def %s():\n    if x:\n        return 1\n\n    return 2\n\n\n"  # the blank lines could be those in front
    added = b"def b(y):\n    return y\n\n\n"
    old = b"import x\n\n\n" + block % b"a" + block % b"c"
    new = b"import x\n\n\n" + block % b"a" + added + block % b"c"
    edits = find_edits(old, new)
    assert edits is not None
    (edit,) = edits
    (tmp_path / "old").write_bytes(old)
    (tmp_path / "new").write_bytes(new)
    shown = subprocess.run(
        ["git", "diff", "--no-index", "-U0", "old", "new"], cwd=tmp_path, capture_output=True, check=False
    ).stdout
    assert (
        b"@@ -%d,0 +%d,%d @@" % (edit.hunk.old_start - 1, edit.hunk.new_start, edit.hunk.new_count) in shown
    )
    assert new[edit.new_from : edit.new_to] == added


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"a\nb\n" + b"x%d\n" * 9 + b"c\n", b"c\na\nb\n" + b"x%d\n" * 9),  # a line was moved
        (b"".join(b"%d\n" % n for n in range(100)), b"".join(b"%d\n" % -n for n in range(100))),
        (
            b"".join(b"%d\n" % n for n in range(900)),
            b"".join(b"%d\n" % (n * (n % 9 > 0)) for n in range(900)),
        ),
    ],
)
def test_what_is_more_than_a_few_small_edits_is_left_to_a_diff_of_all_lines(old: bytes, new: bytes) -> None:
    assert find_edits(old, new) is None
