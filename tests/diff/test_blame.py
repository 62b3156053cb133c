"""Lines followed back through hunks, against an oracle that carries each line's owner forward."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from fcm_tui.diff.blame import Walk
from fcm_tui.diff.lines import apply, diff_lines, split_lines
from fcm_tui.model import Hunk

lines = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"d\n", b"e\n"]), max_size=12)


@given(st.lists(lines, min_size=1, max_size=12))
@settings(max_examples=600, deadline=None)
def test_as_an_oracle_that_goes_forward(versions: list[list[bytes]]) -> None:
    texts = [b"".join(version) for version in versions]
    steps = [diff_lines(old, new) for old, new in itertools.pairwise(texts)]
    owners: list[int | None] = [None] * len(versions[0])
    for number, (hunks, new) in enumerate(zip(steps, texts[1:], strict=True), 1):
        owners = apply(owners, hunks, [number] * len(split_lines(new)))
    walk = Walk(len(owners))
    for number in range(len(steps), 0, -1):
        walk.back(number, steps[number - 1])
    assert walk.owners == owners
    assert walk.is_done == (None not in owners)
    walk.rest(0)
    assert walk.owners == [0 if owner is None else owner for owner in owners]


def test_a_deletion_between_two_lines_keeps_both() -> None:
    walk = Walk(2)
    walk.back(2, [Hunk(2, 3, 2, 0)])
    walk.back(1, [Hunk(1, 0, 1, 1), Hunk(4, 0, 5, 1)])
    assert walk.owners == [1, 1]


def test_an_empty_version_is_done_at_once() -> None:
    assert Walk(0).is_done
