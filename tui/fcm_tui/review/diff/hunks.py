"""Going from hunk to hunk and from file to file in a diff, and which of them one is at."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence

from rich.cells import cell_len
from textual.geometry import Size

from fcm_tui.model import Hunk
from fcm_tui.review.diff.rows import ADDED, SAME
from fcm_tui.review.diff.view import DiffView

ABOVE = 3
"""Lines that stay in sight above a hunk that one goes to."""


class HunksView(DiffView):
    """A diff in which one hunk is the present one, where not all of them are in sight or one has gone to it."""

    _size_then = Size(0, 0)
    """Of the view, when one went to a row."""

    @property
    def hunk_at(self) -> tuple[int, int]:
        """The hunk in sight, counted from 1, and how many there are; 0 where all are in sight."""
        count = len(self._rows.hunks)
        return (self._hunk_of(self._at) if self.max_scroll_y or self._meant is not None else 0), count

    @property
    def hunks(self) -> Sequence[Hunk]:
        """Those that are counted, where whitespace does not count too."""
        if self._quiet is not None:
            return self._quiet
        return self._document.hunks if self._document is not None else ()

    @property
    def _meant(self) -> int | None:
        """The row that was gone to, while the screen stands as it did then."""
        if self._gone_to is None or self._gone_to[0] != self.scroll_offset.y:
            return None
        return self._gone_to[1]

    @property
    def _at(self) -> int:
        """The row one is at."""
        if (meant := self._meant) is not None:
            return meant
        top = self.scroll_offset.y
        return self._row_at(self._above + self._lines.total if top >= self.max_scroll_y > 0 else top + ABOVE)

    @property
    def line_at(self) -> int | None:
        """The line of the new version one is at, counted from 1; None where a hunk begins in sight."""
        shown, row = self._rows, self._at
        seen = self._in_sight()
        begun = bisect_left(shown.hunks, seen.start) < bisect_left(shown.hunks, seen.stop)
        if begun or not len(shown) or shown.heads or shown.kinds[row] not in (SAME, ADDED):
            return None
        return shown.new[row] + 1

    def _hunk_of(self, row: int) -> int:
        """The hunk in which a row is, or else the first one of its file; counted from 1, 0 where it has none."""
        hunks, heads = self._rows.hunks, [*self._rows.heads, len(self._rows)]
        file = bisect_right(heads, row)
        number = max(1, bisect_right(hunks, row))
        if self._rows.heads and number <= len(hunks) and hunks[number - 1] < heads[file - 1]:
            number += 1
        end = heads[file] if self._rows.heads else len(self._rows)
        return number if number <= len(hunks) and hunks[number - 1] < end else 0

    def _go_to(self, row: int, *, above: int = 0) -> None:
        """Bring a row to the top, below so many lines, as far as it can be."""
        self.scroll_to(y=max(0, self._above + self._lines.start(row) - above), animate=False)
        self._stand_at(row)
        self._moved()

    def _stand_at(self, row: int) -> None:
        self._gone_to, self._size_then = (self.scroll_offset.y, row), self.size

    def _moved(self) -> None:
        """Mark the present hunk."""
        if self._painter is not None and self._painter.point(self._rows_of(self.hunk_at[0])):
            self.refresh()
        super()._moved()

    def _rows_of(self, number: int) -> range:
        """The rows of a hunk, counted from 1; none for 0."""
        if not number:
            return range(0)
        start, hunk = self._rows.hunks[number - 1], self.hunks[number - 1]
        both = hunk.old_count, hunk.new_count
        return range(start, start + (max(both) if self._rows.split else sum(both)))

    def _keeping_place(self, change: Callable[[], None]) -> None:
        """What one has gone to stays the present one."""
        meant = None
        # a view that became larger may have been scrolled back by that
        is_there = self._meant is not None or self.size != self._size_then
        if self._gone_to is not None and is_there and len(self._rows):
            meant = self._rows.place(self._gone_to[1])
        super()._keeping_place(change)
        if meant is not None and len(self._rows):
            row = self._rows.row_of(meant)
            if row in self._in_sight():
                self._stand_at(row)
            else:
                self._go_to(row, above=ABOVE)

    @property
    def file_at(self) -> int:
        """The file in sight, counted from 1; 0 where the document is one file."""
        return bisect_right([*self._rows.heads], self._at)

    def action_file(self, step: int) -> None:
        heads = [*self._rows.heads]
        number = self.file_at - 1 + step
        if heads and 0 <= number < len(heads):
            self._go_to(heads[number])

    def action_hunk(self, step: int) -> None:
        hunks = self._rows.hunks
        if not self.max_scroll_y and self._meant is None:  # all of it is in sight, and none is meant yet
            number = 0 if step > 0 else len(hunks) - 1
        else:
            number = self._hunk_after(self._at) if step > 0 else self._hunk_before(self._at)
        if 0 <= number < len(hunks):
            self._go_to(hunks[number], above=ABOVE)
            self._bring_mark(hunks[number])
        elif hunks and number > 0:  # the last one is the present one: it may be a word far in a long line
            self._bring_mark(hunks[-1])
        elif number < 0:
            self.action_first()

    def _hunk_after(self, row: int) -> int:
        """The hunk to go to from a row, counted from 0: not the one that is called the present one, if in sight."""
        hunks = self._rows.hunks
        number = bisect_right(hunks, row)
        if number + 1 < len(hunks) and self._hunk_of(row) == number + 1:
            line = self._above + self._lines.start(hunks[number])
            return number + (line < self.scroll_offset.y + self.size.height)
        return number

    def _hunk_before(self, row: int) -> int:
        number = bisect_left(self._rows.hunks, row) - 1
        top = self.scroll_offset.y
        at_end = top >= self.max_scroll_y and self._meant is None
        # at the end one is in the last hunk already, wherever on the screen that begins
        below = number >= 0 and self._above + self._lines.start(self._rows.hunks[number]) > top + ABOVE
        return number - 1 if at_end and below else number

    def _bring_mark(self, row: int) -> None:
        """Bring the first words that differ in a row into sight."""
        found = self._painter.first_mark(row) if self._painter is not None else None
        if found is not None:
            self._bring(row, *found)

    def _bring(self, row: int, side: int, start: int, end: int) -> None:
        """Bring letters of a line into sight where they are not."""
        assert self._document is not None and self._painter is not None
        text = (self._document.old, self._document.new)[side].lines[
            (self._rows.old, self._rows.new)[side][row]
        ]
        width = self._painter.widths(self.room, split=self._rows.split)[side]
        part = self._painter.part_of(text, start, width)
        y, top = self._above + self._lines.start(row) + part, self.scroll_offset.y
        if not top <= y < top + self.size.height:
            self._go_to(row, above=ABOVE - part)
        before, last = cell_len(text[:start]), cell_len(text[:end])
        if not self.shape.wrap and not (self._shift <= before and last <= self._shift + width - 1):
            self._shift = 0 if last < width else max(0, before - width // 3)
            self.refresh()
