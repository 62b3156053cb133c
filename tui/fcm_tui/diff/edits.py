"""A few small edits, found by following what is equal around them.

Most versions differ from the one before in a handful of places. Comparing equal bytes costs next to
nothing, so going from one difference to the next and looking at some lines behind it only is several
times as quick as a diff of all lines. The answer counts where no line that goes is among those that
come: any diff deletes and inserts at least the lines by which two texts, as multisets, differ, and
then that is all of them. Where it does not count there is none.
"""

from __future__ import annotations

from typing import NamedTuple

from fcm_tui.diff import xdiff
from fcm_tui.diff.split import split_lines
from fcm_tui.diff.trim import SURROUNDINGS, could_stand_higher, count_newlines, equal_run
from fcm_tui.model import Hunk

_BYTES = 16 << 20
"""Of both texts: up to so many, having gone through what is equal for nothing is not noticed."""
_REACHES = (1024, 8192)
"""Bytes of text behind a difference in which the place is looked for where both agree again."""
_REACH = 32
"""Lines that may go and come there, together."""
_AGREE = 3
"""Lines that agree in a row where a difference ends: fewer could be a blank line and a bracket."""
_MOST = 48
"""Differences after which a diff of all lines is quicker."""


class Edit(NamedTuple):
    """A hunk, and the bytes of its lines: `old[old_from:old_to]` is replaced by `new[new_from:new_to]`."""

    hunk: Hunk
    old_from: int
    old_to: int
    new_from: int
    new_to: int


class _Stretch(NamedTuple):
    """Lines that go, and lines that come in their place, as bytes and counts."""

    old_from: int
    old_to: int
    gone: int
    new_from: int
    new_to: int
    came: int


def find_edits(old: bytes, new: bytes) -> list[Edit] | None:
    """The edits that make `new` of `old`, in order, never adjacent: as few lines as any diff has.

    None where they are not few, small and far enough apart, where lines may have been moved, and for
    very large texts.
    """
    if len(old) + len(new) > _BYTES:
        return None
    edits: list[Edit] = []
    gone: set[bytes] = set()
    came: set[bytes] = set()
    old_at = new_at = line = shift = 0
    while True:
        same = equal_run(old, old_at, new, new_at)
        if old_at + same == len(old) and new_at + same == len(new):
            return edits if gone.isdisjoint(came) else None
        if len(edits) == _MOST:
            return None
        start = old.rfind(b"\n", old_at, old_at + same) + 1 or old_at
        first = old_at
        line += count_newlines(old, old_at, start)
        new_at += start - old_at
        old_at = start
        found = _difference_at(old, old_at, new, new_at)
        if found is None:
            return None
        goes, comes = found
        gone.update(goes)
        came.update(comes)
        old_end, new_end = old_at + sum(map(len, goes)), new_at + sum(map(len, comes))
        stretch = _Stretch(old_at, old_end, len(goes), new_at, new_end, len(comes))
        up = _lines_up(old, new, stretch, first, is_first=not edits)
        if up is None:
            return None
        edits.append(_edit(old, stretch, line, shift, up))
        line += len(goes)
        shift += len(comes) - len(goes)
        old_at, new_at = old_end, new_end


def _difference_at(
    old: bytes, old_at: int, new: bytes, new_at: int
) -> tuple[list[bytes], list[bytes]] | None:
    """The lines that go from one offset on, and those that come at the other in their place."""
    for reach in _REACHES:
        old_lines, old_whole = _lines_from(old, old_at, reach)
        new_lines, new_whole = _lines_from(new, new_at, reach)
        ends = _where_they_agree(old_lines, old_whole, new_lines, new_whole)
        if ends is not None:
            return old_lines[: ends[0]], new_lines[: ends[1]]
    return None


def _lines_from(data: bytes, at: int, reach: int) -> tuple[list[bytes], bool]:
    """The lines that begin behind an offset and end within reach, and whether they are all that there are."""
    lines = split_lines(data[at : at + reach])
    if at + reach < len(data):
        return lines[:-1], False
    return lines, True


def _where_they_agree(
    old: list[bytes], old_whole: bool, new: list[bytes], new_whole: bool
) -> tuple[int, int] | None:
    """How many lines go and how many come before the two agree again; as few as can be."""
    old_count, new_count = len(old), len(new)
    old_last = old_count if old_whole else old_count - _AGREE
    new_last = new_count if new_whole else new_count - _AGREE
    for both in range(1, _REACH + 1):
        for goes in range(max(0, both - new_last), min(both, old_last) + 1):
            comes = both - goes
            if goes < old_count and comes < new_count and old[goes] != new[comes]:
                continue
            if old[goes : goes + _AGREE] == new[comes : comes + _AGREE]:
                return goes, comes
    return None


def _lines_up(old: bytes, new: bytes, stretch: _Stretch, first: int, *, is_first: bool) -> int | None:
    """How many lines further up a hunk reads best that could as well stand there.

    `first` is where the equal text in front of it begins, in `old`: for all but the first, behind another
    edit. None where the answer cannot be told here.
    """
    if (stretch.gone and stretch.came) or stretch.old_from == first:
        return 0  # what is replaced stands where it stands; so does what has nothing equal in front
    text, start, end = (
        (old, stretch.old_from, stretch.old_to) if stretch.gone else (new, stretch.new_from, stretch.new_to)
    )
    if not could_stand_higher(text, start, end):
        return 0
    if not is_first and _could_stand_at(text, start - (stretch.old_from - first), start, end):
        return None  # one hunk with the edit before it would tell both
    low = max(first, stretch.old_from - SURROUNDINGS)
    low = old.find(b"\n", low - 1, stretch.old_from) + 1 if low else 0
    lines = count_newlines(old, low, stretch.old_from)
    new_low = stretch.new_from - (stretch.old_from - low)
    behind = _equal_behind(old, new, stretch)
    part = old[low : stretch.old_to + behind], new[new_low : stretch.new_to + behind]
    found = xdiff.engine().diff(*part, xdiff.MINIMAL)
    if len(found) != 1:
        return None
    a, b, c, d = found[0]
    up = lines - a
    nearest = 1 if low > first else 0 if is_first else _AGREE
    if (b - a, d - c) != (stretch.gone, stretch.came) or a != c or up < 0 or a < nearest:
        return None  # it would touch the edit before it, or goes on beyond what was looked at
    return up


def _could_stand_at(text: bytes, top: int, start: int, end: int) -> bool:
    """Lines could stand anywhere from `top` on: from there to where they end all repeats in their length."""
    return text[top:start] == text[top + end - start : end]


def _equal_behind(old: bytes, new: bytes, stretch: _Stretch) -> int:
    """Bytes of whole equal lines behind a difference, as far as they matter to where its hunk lies."""
    text = old[stretch.old_to : stretch.old_to + SURROUNDINGS]
    same = equal_run(text, 0, new, stretch.new_to)
    return same if same == len(old) - stretch.old_to else text.rfind(b"\n", 0, same) + 1


def _edit(old: bytes, stretch: _Stretch, line: int, shift: int, up: int) -> Edit:
    back = 0
    for _ in range(up):
        back = stretch.old_from - (old.rfind(b"\n", 0, stretch.old_from - back - 1) + 1)
    return Edit(
        Hunk(line - up + 1, stretch.gone, line - up + shift + 1, stretch.came),
        stretch.old_from - back,
        stretch.old_to - back,
        stretch.new_from - back,
        stretch.new_to - back,
    )
