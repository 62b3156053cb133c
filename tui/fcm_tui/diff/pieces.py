"""A line diff that can stop at any moment and is still exact: pieces, each compared by itself.

The texts are cut where a line stands once in the neighbourhood in both, or in proportion where
there is none; what the time does not reach is one hunk.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from fcm_tui.diff import xdiff
from fcm_tui.diff.trim import count_newlines, trim

_PIECE_BYTES = 1 << 18
_PIECE_LINES = 4000
_PIECE_LINES_LIMIT = 30_000
"""A piece that grew beyond this, of both texts together, is not compared."""
_NEIGHBOURHOOD = 1 << 16
_MARK_BYTES = 8
"""A shorter line (`}`, `else:`) does not mark a place."""
_MARKS_TRIED = 4
_GIVE_UP = 16
"""Cuts without a mark after which none is looked for any more."""


def ranges_by_piece(
    old: bytes, new: bytes, head: int, old_end: int, new_end: int, seconds: float
) -> list[xdiff.Range]:
    """The changed ranges of texts that differ from byte `head` to their ends, within `seconds`."""
    until = time.monotonic() + seconds
    old_line = new_line = count_newlines(old, 0, head)
    found: list[xdiff.Range] = []
    for (old_from, old_to), (new_from, new_to) in _pieces(old, new, head, old_end, new_end):
        late = time.monotonic() > until
        if late:
            old_to, new_to = old_end, new_end
        old_piece, new_piece = old[old_from:old_to], new[new_from:new_to]
        old_count, new_count = _lines(old_piece), _lines(new_piece)
        for a, b, c, d in _piece_ranges(old_piece, new_piece, old_count, new_count, late):
            _append(found, (a + old_line, b + old_line, c + new_line, d + new_line))
        old_line, new_line = old_line + old_count, new_line + new_count
        if late:
            break
    return found


def _piece_ranges(old: bytes, new: bytes, old_count: int, new_count: int, late: bool) -> list[xdiff.Range]:
    if old == new:
        return []
    head, old_end, new_end = trim(old, new)
    first = count_newlines(old, 0, head)
    last = count_newlines(old, old_end, len(old)) + (old_end < len(old) and not old.endswith(b"\n"))
    if late or head in (old_end, new_end) or old_count + new_count > _PIECE_LINES_LIMIT:
        return [(first, old_count - last, first, new_count - last)]
    found = xdiff.engine().diff(old[head:old_end], new[head:new_end], xdiff.MYERS)
    return [(a + first, b + first, c + first, d + first) for a, b, c, d in found]


def _append(found: list[xdiff.Range], more: xdiff.Range) -> None:
    """Two ranges that touch at the border of a piece are one."""
    if found and found[-1][1] == more[0] and found[-1][3] == more[2]:
        a, _, c, _ = found.pop()
        more = (a, more[1], c, more[3])
    found.append(more)


def _pieces(
    old: bytes, new: bytes, head: int, old_end: int, new_end: int
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Offsets of pieces of both texts that belong together, in order, without a gap."""
    lines = count_newlines(old, head, old_end) + count_newlines(new, head, new_end)
    size = old_end - head + new_end - head
    number = max(1, lines // _PIECE_LINES, size // _PIECE_BYTES)
    step = max(1, (old_end - head) // number)
    old_at = new_at = head
    unmarked = 0
    while old_at + step < old_end:
        mark = _mark(old, new, old_at, new_at, step, old_end, new_end) if unmarked < _GIVE_UP else None
        if mark:
            unmarked = 0
            old_to, new_to = mark
        else:
            unmarked += 1
            share = (new_end - new_at) / (old_end - old_at)
            old_to = _line_start(old, old_at + step, old_end)
            new_to = _line_start(new, new_at + int((old_to - old_at) * share), new_end)
        yield (old_at, old_to), (new_at, new_to)
        old_at, new_at = old_to, new_to
    yield (old_at, old_end), (new_at, new_end)


def _mark(
    old: bytes, new: bytes, old_at: int, new_at: int, step: int, old_end: int, new_end: int
) -> tuple[int, int] | None:
    """Where one and the same line stands in both, near `step` further on, and only once there."""
    start = _line_start(old, old_at + step, old_end)
    for _ in range(_MARKS_TRIED):
        end = _line_start(old, start + 1, old_end)
        line = b"\n" + old[start:end]
        if end >= old_end:
            return None
        if _MARK_BYTES < len(line) < _NEIGHBOURHOOD:
            around = max(old_at, start - _NEIGHBOURHOOD), min(old_end, end + _NEIGHBOURHOOD)
            expected = new_at + start - old_at
            near = max(new_at, expected - _NEIGHBOURHOOD), min(new_end, expected + _NEIGHBOURHOOD)
            found = new.find(line, *near)
            if found >= 0 and new.find(line, found + 1, near[1]) < 0 and old.count(line, *around) == 1:
                return start, found + 1
        start = end
    return None


def _line_start(data: bytes, offset: int, end: int) -> int:
    """The first start of a line at or behind `offset`, or `end`."""
    return data.find(b"\n", offset - 1, end) + 1 or end if offset else 0


def _lines(data: bytes) -> int:
    return count_newlines(data, 0, len(data)) + (bool(data) and not data.endswith(b"\n"))
