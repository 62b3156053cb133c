"""The rows of a diff say exactly what the hunks say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fcm_tui.diff.lines import diff_lines
from fcm_tui.model import Hunk
from fcm_tui.review.diff.rows import ADDED, FOLD, NOTHING, REMOVED, SAME, Rows, rows

lines = st.lists(st.sampled_from(["a", "b", "c", "d"]), max_size=40)


def sides(shown: Rows, old: list[str], new: list[str], *, split: bool) -> tuple[list[str], list[str]]:
    """Both versions, read from the rows."""
    left: list[str] = []
    right: list[str] = []
    for kind, a, b in zip(shown.kinds, shown.old, shown.new, strict=True):
        if kind == FOLD:
            skipped = a
            left += old[len(left) : len(left) + skipped]
            right += new[len(right) : len(right) + skipped]
            continue
        if kind in (SAME, REMOVED) or (split and a != NOTHING):
            left.append(old[a])
        if kind in (SAME, ADDED) or (split and b != NOTHING):
            right.append(new[b])
    return left, right


@given(lines, lines, st.sampled_from([None, 0, 3]), st.booleans())
def test_rows_hold_both_versions(old: list[str], new: list[str], context: int | None, split: bool) -> None:
    hunks = diff_lines("".join(f"{x}\n" for x in old).encode(), "".join(f"{x}\n" for x in new).encode())
    shown = rows(hunks, len(old), len(new), context=context, split=split)
    assert sides(shown, old, new, split=split) == (old, new)
    assert len(shown.hunks) == len(hunks)
    for row in shown.hunks:
        assert shown.kinds[row] in (ADDED, REMOVED)
    if context is None:
        assert FOLD not in shown.kinds


@pytest.mark.parametrize("split", [False, True])
def test_updated_lines_know_their_partners(split: bool) -> None:
    shown = rows([Hunk(2, 2, 2, 3)], 4, 5, context=3, split=split)
    changed = [
        (k, a, b) for k, a, b in zip(shown.kinds, shown.old, shown.new, strict=True) if k in (ADDED, REMOVED)
    ]  # fmt: skip
    if split:
        assert changed == [(REMOVED, 1, 1), (REMOVED, 2, 2), (ADDED, NOTHING, 3)]
    else:
        assert changed == [
            (REMOVED, 1, 1), (REMOVED, 2, 2), (ADDED, 1, 1), (ADDED, 2, 2), (ADDED, NOTHING, 3),
        ]  # fmt: skip


def test_a_fold_hides_at_least_two_lines() -> None:
    shown = rows([Hunk(10, 1, 10, 1)], 20, 20, context=3, split=False)
    assert [shown.old[i] for i, kind in enumerate(shown.kinds) if kind == FOLD] == [6, 7]
    near = rows([Hunk(5, 1, 5, 1)], 9, 9, context=3, split=False)
    assert FOLD not in near.kinds
