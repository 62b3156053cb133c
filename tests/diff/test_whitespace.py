"""Where whitespace does not count, lines that differ in nothing else are equal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from fcm_tui.diff.lines import apply, diff_lines
from fcm_tui.diff.whitespace import diff_without_whitespace, vanished

texts = st.lists(st.sampled_from(["", " ", "a", "  a", "a b", "ab", "\tb ", "c"]), max_size=30)


@given(texts, texts)
def test_the_hunks_make_one_of_the_other_but_for_whitespace(old: list[str], new: list[str]) -> None:
    bare = ["".join(line.split()) for line in old], ["".join(line.split()) for line in new]
    quiet = diff_without_whitespace(old, new)
    assert apply(bare[0], quiet, bare[1]) == bare[1]
    plain = diff_lines(*("".join(f"{line}\n" for line in side).encode() for side in (old, new)))
    assert 0 <= vanished(plain, quiet) <= len(plain)
    if not quiet:
        assert vanished(plain, quiet) == len(plain)


def test_hunks_of_whitespace_are_counted() -> None:
    old = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]
    new = ["a ", "b", "c", "x", "e", "f", "  g", "h", "i y"]
    plain = diff_lines(*("".join(f"{line}\n" for line in side).encode() for side in (old, new)))
    quiet = diff_without_whitespace(old, new)
    assert [hunk.old_start for hunk in quiet] == [4, 9]
    assert vanished(plain, quiet) == 2
