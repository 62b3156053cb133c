"""A list on the line API with a cursor: what the directories and the log have in common."""

from __future__ import annotations

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from fcm_tui.review.look.scrolling import RowsView
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.wording import fit


class CursorView(RowsView, can_focus=True):
    """Rows that are drawn when they are seen. A cursor move repaints two lines, or scrolls."""

    ALLOW_SELECT = False

    def __init__(self, palette: Palette, *, id: str) -> None:
        super().__init__(id=id)
        self.palette = palette
        self.cursor = 0

    @property
    def total(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        """A row in exactly `width` cells; `cursor` names the style to lay under it, if any."""
        raise NotImplementedError

    def empty(self) -> list[str]:
        """What to say where there are no rows."""
        return []

    def cursor_moved(self) -> None:
        """Called after the cursor stands on another row."""

    def opened(self) -> None:
        """Called after a double click on the row under the cursor."""

    def rows_changed(self, *, top: int | None = None) -> None:
        """Take note of another number of rows; `top` moves the first row in sight."""
        self.say_rows(self.total)
        if top is not None:
            self.scroll_to(y=max(0, top), animate=False, force=True)
        self.refresh()

    def on_resize(self) -> None:
        self.say_rows(self.total)
        self.reveal()
        self.refresh()

    def on_focus(self) -> None:
        self.refresh_line(self.cursor)

    def on_blur(self) -> None:
        self.refresh_line(self.cursor)

    def on_click(self, event: events.Click) -> None:
        row = event.y + self.scroll_offset.y
        if row < self.total:
            self.go(row)
            if event.chain == 2:
                self.opened()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        row = y + self.scroll_offset.y
        if row >= self.total:
            return self._blank_line(y, width)
        cursor = None
        if row == self.cursor:
            cursor = "cursor" if self.has_focus else "cursor-unfocused"
        return self.draw(row, width, cursor=cursor)

    def _blank_line(self, y: int, width: int) -> Strip:
        lines = self.empty() if not self.total else []
        if 1 <= y <= len(lines):
            return Strip([Segment(fit("  " + lines[y - 1], width), self.palette("muted"))], width)
        return Strip.blank(width, self.palette())

    def go(self, row: int) -> None:
        """Put the cursor on a row and bring it into sight."""
        row = max(0, min(self.total - 1, row))
        old, self.cursor = self.cursor, row
        if not self.reveal():
            self.refresh_line(old)
            self.refresh_line(row)
        if old != row:
            self.cursor_moved()

    def reveal(self) -> bool:
        """Scroll until the cursor is in sight; whether that moved anything."""
        top, height = self.scroll_offset.y, self.size.height
        if not height:
            return False
        wanted = min(max(top, self.cursor - height + 1), self.cursor)
        if wanted == top:
            return False
        # forced, as rows that have just come have no scroll bar yet, and without one nothing scrolls
        self.scroll_to(y=wanted, animate=False, force=True)
        return True

    def action_move(self, rows: int) -> None:
        self.go(self.cursor + rows)

    def action_page(self, pages: int) -> None:
        rows = pages * max(1, self.size.height - 1)
        top = max(0, min(self.total - self.size.height, self.scroll_offset.y + rows))
        if self.total:
            self.scroll_to(y=top, animate=False)
            self.go(self.cursor + rows)

    def action_first(self) -> None:
        self.go(0)

    def action_last(self) -> None:
        self.go(self.total - 1)
