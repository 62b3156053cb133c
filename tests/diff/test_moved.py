"""Blocks of lines that moved: each pair is the same line, one gone, one come."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fcm_tui.diff.lines import diff_lines
from fcm_tui.diff.moved import find_moved
from fcm_tui.model import Hunk

texts = st.lists(
    st.sampled_from(["", "}", "else", "return 1", "a long line with many letters in it"]), max_size=40
)


def hunks(old: list[str], new: list[str]) -> list[Hunk]:
    return diff_lines(*("".join(f"{line}\n" for line in side).encode() for side in (old, new)))


@given(texts, texts)
def test_both_ends_are_the_same_changed_line(old: list[str], new: list[str]) -> None:
    found = hunks(old, new)
    gone = {i for h in found for i in range(h.old_start - 1, h.old_start - 1 + h.old_count)}
    came = {i for h in found for i in range(h.new_start - 1, h.new_start - 1 + h.new_count)}
    moved = find_moved(old, new, found)
    assert {there: here for here, there in moved.old.items()} == moved.new
    assert set(moved.old) <= gone and set(moved.new) <= came
    assert all(old[here] == new[there] for here, there in moved.old.items())


def test_a_block_is_three_lines_or_many_letters() -> None:
    rest = [f"line {number} stays where it is" for number in range(9)]

    def found(block: list[str]) -> list[int]:
        old, new = [*block, *rest], [*rest, *block]
        return sorted(find_moved(old, new, hunks(old, new)).old)

    assert found(["a", "b", "c"]) == [0, 1, 2]
    assert found(["a", "b"]) == []
    assert found(["twenty letters and digits 12"]) == [0]
    assert found(["}", "", "}"]) == [], "nothing can be read in it"


def test_what_was_copied_moved_once() -> None:
    old = ["x = compute(1234567890123)", "y", "z"]
    new = ["y", "x = compute(1234567890123)", "z", "x = compute(1234567890123)"]
    assert len(find_moved(old, new, hunks(old, new)).old) == 1
