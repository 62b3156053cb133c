"""One change as a line of the log, in columns by the width there is."""

from __future__ import annotations

import time

from rich.segment import Segment
from textual.strip import Strip

from fcm_tui.model import Change
from fcm_tui.review import wording
from fcm_tui.review.theme import Palette
from fcm_tui.safetext import visible

_COUNTS = 15
"""Cells of the line counts: three columns of sign and up to four digits."""
_WHO = 12
_WIDE = 76
"""Cells from which a date has its time."""
_VAST = 110
"""Cells from which owner or process have a column."""


class RowPainter:
    """What is the same for all rows: colours, whether roots are named, what day it is."""

    def __init__(self, palette: Palette) -> None:
        self._palette = palette
        self.names_roots = False
        """Name the root in front of each path."""
        self.today = (0, 0)
        self.new_day()

    def new_day(self) -> None:
        """Times are told from now on as of this day."""
        now = time.localtime()
        self.today = now[0], now[7]

    def draw(self, change: Change, width: int, over: tuple[str, ...], mark: tuple[str, str]) -> Strip:
        """In exactly `width` cells.

        Args:
            over: styles that are laid under it.
            mark: a sign for the first cell, and its style.
        """
        palette = self._palette
        clock = wording.clock(change.time_ns, self.today, wide=width >= _WIDE)
        who = self._who(change) if width >= _VAST else ""
        room = max(4, width - (1 + len(clock) + 1 + 2 + 1 + _COUNTS + 1) - len(who))
        segments = [
            Segment(mark[0], palette(mark[1], *over)),
            Segment(f"{clock} ", palette("muted", *over)),
            Segment(f"{wording.SIGNS[change.kind]} ", palette(change.kind.value, *over)),
            *self._path(change, room, over),
            Segment(" " + who, palette("muted", *over)),
            *self._counts(change, over),
            Segment(" ", palette(*over)),
        ]
        return Strip(segments).adjust_cell_length(width, palette(*over))

    def _who(self, change: Change) -> str:
        who = change.process or change.owner or ""
        return (wording.fit(visible(who), _WHO) if who else " " * _WHO) + " "

    def _path(self, change: Change, room: int, over: tuple[str, ...]) -> list[Segment]:
        palette = self._palette
        path = wording.relative_path(change.path, change.root, with_root=self.names_roots)
        style = "muted" if change.kind.value == "metadata" else "text"
        if change.previous_path is None or room < 16:
            return [Segment(wording.fit_path(path, room), palette(style, *over))]
        old = wording.relative_path(change.previous_path, change.root, with_root=self.names_roots)
        old_width = min(len(old), (room - 3) // 2)
        new = wording.fit_path(
            path, min(len(path), room - 3 - old_width) if path.isascii() else room - 3 - old_width
        )
        text = f"{new} ← "
        return [
            Segment(text[:-3], palette(style, *over)),
            Segment(" ← ", palette("moved", *over)),
            Segment(
                wording.fit_path(old, max(0, room - Strip([Segment(text)]).cell_length)),
                palette("muted", *over),
            ),
        ]

    def _counts(self, change: Change, over: tuple[str, ...]) -> list[Segment]:
        palette = self._palette
        if change.capture in wording.NOT_KEPT:
            words = wording.NOT_KEPT[change.capture]
            return [Segment(words.rjust(_COUNTS), palette("warning", *over))]
        if change.inserted is None and change.updated is None and change.deleted is None:
            words = "" if change.before == change.after else f"binary {wording.size(change.size)}"
            if change.after is None:
                words = "binary" if change.before else ""
            return [Segment(words.rjust(_COUNTS), palette("muted", *over))]
        parts = (
            ("+", change.inserted, "created"),
            ("~", change.updated, "modified"),
            ("-", change.deleted, "deleted"),
        )
        return [
            Segment(f"{sign}{wording.short(lines)}".rjust(5) if lines else "     ", palette(style, *over))
            for sign, lines, style in parts
        ]
