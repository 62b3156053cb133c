"""Where long lines break, and which line of the screen each row of a diff begins at."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate

from rich.cells import cell_len, get_character_cell_size

from fcm_tui.review.diff.rows import ADDED, FILE, FOLD, Rows

LONG = 20_000
"""Characters of a line that are drawn where it is not plain ASCII; more would not paint in time."""


def breaks(text: str, width: int) -> Sequence[int]:
    """Where each line of the screen begins in a text, and where the last one ends."""
    if text.isascii():
        return [*range(0, len(text), width), len(text)] if text else (0, 0)
    found, cells = [0], 0
    for index, char in enumerate(text[:LONG]):
        size = get_character_cell_size(char)
        if cells + size > width and index > found[-1]:
            found.append(index)
            cells = 0
        cells += size
    found.append(min(len(text), LONG))
    return found


def height(text: str, width: int) -> int:
    """How many lines of the screen a text takes."""
    if text.isascii():
        return -(-len(text) // width) or 1
    if 2 * len(text) <= width or (len(text) <= LONG and cell_len(text) <= width):
        return 1
    return len(breaks(text, width)) - 1


class Lines:
    """The lines of the screen that rows take: one each, or as many as their texts need."""

    def __init__(self, count: int, heights: Callable[[], Sequence[int]] | None = None) -> None:
        self._starts = None if heights is None else array("l", accumulate(heights(), initial=0))
        self.total = count if self._starts is None else self._starts[-1]

    def start(self, row: int) -> int:
        """The line at which a row begins."""
        return row if self._starts is None else self._starts[row]

    def row(self, line: int) -> tuple[int, int]:
        """The row that stands in a line, and which of its lines that is."""
        if self._starts is None:
            return line, 0
        row = bisect_right(self._starts, line) - 1
        return row, line - self._starts[row]


def heights(shown: Rows, old: Sequence[str], new: Sequence[str], widths: tuple[int, int]) -> list[int]:
    """How many lines of the screen each row takes, with so many cells for the text of each side."""
    left, right = widths
    made = []
    for kind, a, b in zip(shown.kinds, shown.old, shown.new, strict=True):
        if kind in (FOLD, FILE):
            made.append(1)
        elif shown.split:
            made.append(max(height(old[a], left) if a >= 0 else 1, height(new[b], right) if b >= 0 else 1))
        elif kind == ADDED:
            made.append(height(new[b], right))
        else:
            made.append(height(old[a], left))
    return made
