"""The line changes between two versions, as text, ready for the record."""

from __future__ import annotations

from dataclasses import dataclass

from fcm_tui.capture.codec import Span
from fcm_tui.capture.text import TextFormat, detect, to_utf8
from fcm_tui.diff.edits import Edit, find_edits
from fcm_tui.diff.lines import count_lines, diff_all_lines, split_lines
from fcm_tui.model import Difference, Hunk, LineCounts
from fcm_tui.store.chain import difference

_BLOCK = 1 << 16
_SMALL = 1 << 18
"""Bytes up to which all lines are split at once: so many take no noticeable time."""
_KEEP = (1 << 20) * 4 + 4
"""Bytes of one side of a hunk that are decoded: enough for the 1 MiB of characters that the record keeps."""


@dataclass(frozen=True, slots=True)
class LineChanges:
    """What a change did to lines; `counts` is None where a side is binary or not known."""

    format: TextFormat | None
    counts: LineCounts | None
    differences: tuple[Difference, ...]
    spans: tuple[Span, ...] | None = None
    """Where the bytes differ, if that came out by the way."""


NOTHING = LineChanges(None, None, ())


class Lines:
    """Lines of UTF-8 text in which only LF ends one; asked for in ascending order it reads the text once."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._line = 0
        self._at = 0
        self._lines = split_lines(data) if len(data) <= _SMALL else None

    def text(self, start: int, count: int) -> str:
        """Some lines as text, from number `start` (from 1) on; of very long ones their first part."""
        if not count:
            return ""
        if self._lines is not None:
            return b"".join(self._lines[start - 1 : start - 1 + count]).decode("utf-8", "replace")
        low = self._at_line(start - 1)
        high = self._at_line(start - 1 + count)
        return self._data[low : min(high, low + _KEEP)].decode("utf-8", "replace")

    def _at_line(self, line: int) -> int:
        """Offset of line number `line`, from 0; lines must not go down from call to call."""
        data, left, at = self._data, line - self._line, self._at
        while left:
            inside = data.count(b"\n", at, at + _BLOCK)
            if inside < left and at + _BLOCK < len(data):
                left -= inside
                at += _BLOCK
                continue
            for _ in range(left):
                end = data.find(b"\n", at)
                if end < 0:
                    at = len(data)
                    break
                at = end + 1
            left = 0
        self._line, self._at = line, at
        return at


def line_changes(
    before: bytes | None, after: bytes | None, before_format: TextFormat | None = None
) -> LineChanges:
    """Compare two versions by lines; None is no file, so all lines are inserted or deleted.

    `before_format` is that of a version that is known to be text.
    """
    old_format = before_format or (detect(before) if before is not None else None)
    new_format = detect(after) if after is not None else None
    if (before is not None and old_format is None) or (after is not None and new_format is None):
        return LineChanges(new_format, None, ())
    old = to_utf8(before, old_format.encoding) if before and old_format else b""
    new = to_utf8(after, new_format.encoding) if after and new_format else b""
    edits = find_edits(old, new) if old and new else None
    if edits is not None:
        return LineChanges(
            new_format,
            count_lines([edit.hunk for edit in edits]),
            tuple(_of_edit(edit, old, new) for edit in edits),
            tuple(edit[1:] for edit in edits) if old is before and new is after else None,
        )
    hunks = _hunks(old, new)
    old_lines, new_lines = Lines(old), Lines(new)
    return LineChanges(
        new_format,
        count_lines(hunks),
        tuple(_difference(hunk, old_lines, new_lines) for hunk in hunks),
    )


def unchanged(data: bytes) -> LineChanges:
    """What is said of a change that left the content as it was."""
    text = detect(data)
    return LineChanges(text, LineCounts(0, 0, 0) if text is not None else None, ())


def _hunks(old: bytes, new: bytes) -> list[Hunk]:
    if old and new:
        return diff_all_lines(old, new)
    if not old and not new:
        return []
    count = _lines_in(old or new)
    return [Hunk(1, count, 1, 0) if old else Hunk(1, 0, 1, count)]


def _lines_in(data: bytes) -> int:
    return data.count(b"\n") + (not data.endswith(b"\n"))


def _difference(hunk: Hunk, old: Lines, new: Lines) -> Difference:
    return difference(
        hunk, old.text(hunk.old_start, hunk.old_count), new.text(hunk.new_start, hunk.new_count)
    )


def _of_edit(edit: Edit, old: bytes, new: bytes) -> Difference:
    return difference(
        edit.hunk,
        old[edit.old_from : edit.old_to].decode("utf-8", "replace"),
        new[edit.new_from : edit.new_to].decode("utf-8", "replace"),
    )
