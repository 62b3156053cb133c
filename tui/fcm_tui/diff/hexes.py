"""Binary contents as rows of sixteen bytes, and which of these differ."""

from __future__ import annotations

from typing import NamedTuple

from fcm_tui.diff.made_lines import MadeLines
from fcm_tui.diff.trim import equal_run
from fcm_tui.model import Hunk

ROW = 16
"""Bytes in a row."""
WINDOW = 1 << 18
"""Bytes that are shown of each content, from shortly before the first difference on."""
_BEFORE = 64 * ROW


class HexLines(MadeLines):
    """The rows of a content, each made when it is asked for: offset, bytes, ASCII."""

    def __init__(self, data: bytes, base: int = 0, digits: int = 6) -> None:
        """`base` is the offset of the first byte, `digits` the width of offsets."""
        self._data = data
        self._base = base
        self.digits = digits

    def __len__(self) -> int:
        return -(-len(self._data) // ROW)

    def line(self, index: int) -> str:
        part = self._data[index * ROW : index * ROW + ROW]
        pairs = f"{part[:8].hex(' '):<23}  {part[8:].hex(' '):<23}"
        shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in part)
        return f"{self._base + index * ROW:0{self.digits}x}  {pairs}  {shown}"


class Hexed(NamedTuple):
    """Two contents as rows, those that differ, and which bytes of them that is."""

    old: HexLines
    new: HexLines
    hunks: list[Hunk]
    first: int
    """The offset of the first byte that is shown."""
    last: int
    """The offset behind the last byte that is shown; what lies behind is not compared."""


def hexed(old: bytes, new: bytes) -> Hexed:
    """Both contents from shortly before their first difference on, `WINDOW` bytes at most."""
    differs = equal_run(old, 0, new, 0)
    first = max(0, differs - differs % ROW - _BEFORE)
    last = min(max(len(old), len(new)), first + WINDOW)
    digits = 6 if last < 1 << 24 else 10
    left, right = old[first:last], new[first:last]
    return Hexed(
        HexLines(left, first, digits), HexLines(right, first, digits), _hunks(left, right), first, last
    )


def byte_spans(old: str, new: str) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The characters of two rows that stand for bytes that differ."""
    start = old.index("  ") + 2
    pairs = [start + 3 * byte + byte // 8 for byte in range(ROW)]
    differ = [byte for byte, at in enumerate(pairs) if old[at : at + 2] != new[at : at + 2]]
    text = start + 3 * ROW + 2

    def spans(row: str) -> list[tuple[int, int]]:
        there = [byte for byte in differ if row[pairs[byte] : pairs[byte] + 2].strip()]
        return [
            *((pairs[byte], pairs[byte] + 2) for byte in there),
            *((text + byte, text + byte + 1) for byte in there),
        ]

    return spans(old), spans(new)


def _hunks(old: bytes, new: bytes) -> list[Hunk]:
    hunks: list[Hunk] = []
    at = 0
    while True:
        at += equal_run(old, at, new, at)
        if at >= len(old) and at >= len(new):
            return hunks
        row = end = at // ROW
        while True:
            end += 1
            start = end * ROW
            if start >= len(old) or start >= len(new):
                old_rows, new_rows = -(-len(old) // ROW), -(-len(new) // ROW)
                return [*hunks, Hunk(row + 1, max(0, old_rows - row), row + 1, max(0, new_rows - row))]
            if old[start : start + ROW] == new[start : start + ROW]:
                break
        hunks.append(Hunk(row + 1, end - row, row + 1, end - row))
        at = end * ROW
