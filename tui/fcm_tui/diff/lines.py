"""Which lines differ between two versions of a file.

Only a line feed ends a line, as for git, and a last line without one differs from the same line
with one. The counts are those of `git diff`'s own algorithm (Myers with the indent heuristic) or
fewer. A diff never runs away: past a deadline the answer is coarser, and still exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from fcm_tui.diff import bounded, xdiff
from fcm_tui.diff.edits import find_edits
from fcm_tui.diff.fewest import fewest_changes
from fcm_tui.diff.split import split_lines
from fcm_tui.diff.trim import Middle, around, could_stand_higher, count_newlines, trim
from fcm_tui.model import Hunk, LineCounts

__all__ = ["apply", "count_lines", "diff_lines", "split_lines"]

T = TypeVar("T")

_SMALL = 64 * 1024
"""Bytes of difference up to which its lines are worth splitting in Python."""
_MINIMAL_LINES = 2000
"""Lines of difference up to which the true minimum is affordable: 10 ms at worst.

libgit2 disregards lines that are frequent for the size of the text (not for git's MINIMAL), so that a
part alone may come out with more changes than git finds in the whole: then the whole is compared.
"""
_LOCAL_LINES = 20_000
"""Lines of both texts up to which no content whatever keeps libgit2 busy for half a second."""


def count_lines(hunks: Sequence[Hunk]) -> LineCounts:
    """Lines of Insert hunks, new lines of Update hunks, lines of Delete hunks."""
    inserted = updated = deleted = 0
    for hunk in hunks:
        if not hunk.old_count:
            inserted += hunk.new_count
        elif hunk.new_count:
            updated += hunk.new_count
        else:
            deleted += hunk.old_count
    return LineCounts(inserted, updated, deleted)


def apply(old_lines: Sequence[T], hunks: Sequence[Hunk], new_lines: Sequence[T]) -> list[T]:
    """`old_lines` with each hunk's range replaced by that of `new_lines`: the new version."""
    result: list[T] = []
    done = 0
    for hunk in hunks:
        result += old_lines[done : hunk.old_start - 1]
        result += new_lines[hunk.new_start - 1 : hunk.new_start - 1 + hunk.new_count]
        done = hunk.old_start - 1 + hunk.old_count
    result += old_lines[done:]
    return result


def diff_lines(old: bytes, new: bytes) -> list[Hunk]:
    """The hunks that turn the lines of `old` into those of `new`, in order, never adjacent.

    Takes 2 s at most, whatever the texts. Call it from a thread: it releases the GIL where it works
    for long, and several calls may run at once.
    """
    edits = find_edits(old, new)
    return diff_all_lines(old, new) if edits is None else [edit.hunk for edit in edits]


def diff_all_lines(old: bytes, new: bytes) -> list[Hunk]:
    """`diff_lines` of texts in which more than a few small edits are expected."""
    if old == new:
        return []
    head, old_end, new_end = trim(old, new)
    first = count_newlines(old, 0, head)
    old_count, new_count = _lines_between(old, head, old_end), _lines_between(new, head, new_end)
    if _is_one_hunk(old, new, head, old_end, new_end):
        return [Hunk(first + 1, old_count, first + 1, new_count)]
    if old_count + new_count <= _MINIMAL_LINES:
        part = around(old, new, head, old_end, new_end)
        found = xdiff.engine().diff(part.old, part.new, xdiff.MINIMAL)
        if _nothing_comes_again(part, found):
            return _hunks(xdiff.shifted(found, part.first))
        if xdiff.changed_lines(found) == fewest_changes(old[head:old_end], new[head:new_end]):
            found = xdiff.better(xdiff.engine(), part.old, part.new, found)
            return _hunks(xdiff.shifted(found, part.first))
    if 2 * (first + count_newlines(old, old_end, len(old))) + old_count + new_count <= _LOCAL_LINES:
        return _hunks(xdiff.best(xdiff.engine(), old, new, xdiff.MYERS))
    return _hunks(bounded.ranges(old, new, head, old_end, new_end))


def _is_one_hunk(old: bytes, new: bytes, head: int, old_end: int, new_end: int) -> bool:
    """The two differences have no line in common, and there is one place only where they can stand."""
    small = old_end - head + new_end - head <= _SMALL
    if head not in (old_end, new_end):
        return small and set(split_lines(old[head:old_end])).isdisjoint(split_lines(new[head:new_end]))
    if not head or not small:  # a long block's place matters little to who reads it
        return True
    text, end = (new, new_end) if old_end == head else (old, old_end)
    return not could_stand_higher(text, head, end)


def _nothing_comes_again(part: Middle, ranges: list[xdiff.Range]) -> bool:
    """No line that goes is among those that come: no diff changes fewer lines, and nothing was moved.

    Any diff deletes and inserts at least the lines by which the two texts, as multisets, differ; where
    what goes and what comes have none in common, that is all of them.
    """
    old_lines, new_lines = split_lines(part.old), split_lines(part.new)
    gone: set[bytes] = set()
    for start, end, _, _ in ranges:
        gone.update(old_lines[start:end])
    return all(gone.isdisjoint(new_lines[start:end]) for _, _, start, end in ranges)


def _hunks(ranges: list[xdiff.Range]) -> list[Hunk]:
    return [Hunk(a + 1, b - a, c + 1, d - c) for a, b, c, d in ranges]


def _lines_between(data: bytes, start: int, end: int) -> int:
    """Lines of a range that starts and ends at lines' borders; the last may lack its line feed."""
    return count_newlines(data, start, end) + (start < end and data[end - 1] != 0x0A)
