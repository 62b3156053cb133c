"""Lines that went in one place and came, the same, in another: what `git diff --color-moved` shows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from fcm_tui.model import Hunk

_LINES = 3
"""Lines that are a block, if anything can be read in them."""
_ALPHANUMERICS = 20
"""Letters and digits that make a block of fewer lines; git's COLOR_MOVED_MIN_ALNUM_COUNT."""
_TRIED = 32
"""Places of a line that comes often which are tried: more would not be read as one that moved either."""


class Moved(NamedTuple):
    """Of each line that moved the other end of its way; indexes count from 0."""

    old: dict[int, int]
    """From where a line stood to where it stands."""
    new: dict[int, int]
    """From where a line stands to where it stood."""


def find_moved(old: Sequence[str], new: Sequence[str], hunks: Sequence[Hunk]) -> Moved:
    """The blocks of deleted lines that were inserted elsewhere, the longest first where several fit."""
    came: dict[str, list[int]] = {}
    ends: dict[int, int] = {}
    for hunk in hunks:
        stop = hunk.new_start - 1 + hunk.new_count
        for index in range(hunk.new_start - 1, stop):
            came.setdefault(new[index], []).append(index)
            ends[index] = stop
    found = Moved({}, {})
    for hunk in hunks:
        for start, there, count in _blocks(old, new, hunk, came, ends, found):
            for step in range(count):
                found.old[start + step] = there + step
                found.new[there + step] = start + step
    return found


def _blocks(
    old: Sequence[str],
    new: Sequence[str],
    hunk: Hunk,
    came: dict[str, list[int]],
    ends: dict[int, int],
    found: Moved,
) -> Iterator[tuple[int, int, int]]:
    """Old start, new start and length of each block of one hunk; those told before are in `found`."""
    at, stop = hunk.old_start - 1, hunk.old_start - 1 + hunk.old_count
    while at < stop:
        best = there = 0
        for candidate in came.get(old[at], ())[:_TRIED]:
            count = 0
            most = min(stop - at, ends[candidate] - candidate)
            while (
                count < most
                and candidate + count not in found.new
                and old[at + count] == new[candidate + count]
            ):
                count += 1
            if count > best:
                best, there = count, candidate
        if best and _is_block(old, at, best):
            yield at, there, best
            at += best
        else:
            at += 1


def _is_block(lines: Sequence[str], start: int, count: int) -> bool:
    wanted = 1 if count >= _LINES else _ALPHANUMERICS
    for index in range(start, start + count):
        wanted -= sum(map(str.isalnum, lines[index]))
        if wanted <= 0:
            return True
    return False
