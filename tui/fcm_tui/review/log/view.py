"""The event log: newest first, live, millions of rows."""

from __future__ import annotations

from rich.segment import Segment
from textual.message import Message
from textual.strip import Strip

from fcm_tui.model import Change, Gap
from fcm_tui.review import keys
from fcm_tui.review.documents.document import Burst
from fcm_tui.review.log.feed import LogFeed
from fcm_tui.review.log.folds import Fold
from fcm_tui.review.log.lines import Mark
from fcm_tui.review.log.pages import PAGE
from fcm_tui.store.reading.changes import Key, Where, key_of, place_of
from fcm_tui.store.reading.filters import Filters

_AGING = 15.0
"""Seconds after which it is told anew how long ago something was."""


class EventLog(LogFeed):
    """The cursor in the log: what it is on, what is selected, and which bursts are open."""

    BINDINGS = keys.bindings(keys.LIST, keys.LOG)

    _selected_mark: Mark | None = None
    _selected_burst: Burst | None = None

    class Selected(Message):
        """The cursor is on another change, or on a line that is none, or there is no line."""

        def __init__(
            self, change: Change | None, mark: Mark | None = None, burst: Burst | None = None
        ) -> None:
            super().__init__()
            self.change = change
            self.mark = mark
            self.burst = burst

    def on_mount(self) -> None:
        self.set_interval(_AGING, self._age)

    def _age(self) -> None:
        if self._painter.is_relative:
            self.refresh()

    def is_narrowed(self) -> bool:
        """Whether what was asked for last is shown. What could not be read is read again."""
        if self._reading.wanted == self._filters:
            return True
        if self._may_pass and self._narrowing is not None and self._narrowing.is_finished:
            self._narrowing = self._narrow(self._reading.wanted)
        return False

    @property
    def selected(self) -> Change | None:
        """The change under the cursor; None on a line that is no change."""
        return self._selected

    @property
    def mark(self) -> Mark | None:
        """What the cursor is on where that is no change."""
        return self._lines.at(self.cursor).mark if self.total else None

    @property
    def gap(self) -> Gap | None:
        """The gap that the cursor is on, if it is on one."""
        return self.mark.gap if self.mark is not None else None

    @property
    def burst(self) -> Burst | None:
        """The burst whose line the cursor is on, if it is on one."""
        fold = self._lines.at(self.cursor).fold if self.total else None
        if fold is None:
            return None
        return Burst(fold.newest, fold.oldest, len(fold), self._filters, len(fold.files), fold.folder)

    async def load(self, filters: Filters | None = None) -> None:
        """Likewise; where a filter is taken away, the cursor stays on the change, or the burst, that it is on."""
        kept, is_burst = None, self.burst is not None
        if filters is not None and not filters.terms and filters.path in (None, self._filters.path):
            kept = None if self.following else self._selected
        await super().load(filters)
        if kept is not None and self._pages.row_of(key_of(kept)) is not None:
            await self.go_to(key_of(kept))
            fold = self._lines.head_of(self.place)
            if is_burst and fold is not None and fold.is_open:
                self._turn(fold, is_open=False)

    async def go_to(self, key: Key) -> bool:
        """To a change that the filter lets through, read on as far as it takes; whether there is one."""
        filters = self._filters
        while (row := self._pages.row_of(key)) is None and not self._pages.complete:
            page = self._pages.next_page
            found = await self._reading.older(filters, self._pages.anchor(page))
            if found is None or filters is not self._filters:
                return False
            self._take(page, found)
        if row is not None and self._pages.row(row) is None:  # it is known where that is, and not what
            page = self._pages.page_of(row)
            found = await self._reading.older(filters, self._pages.anchor(page))
            if found is None or filters is not self._filters:
                return False
            self._take(page, found)
        if row is not None:
            fold = self._lines.head_of(place := row - self._pages.arrived)
            if fold is not None and not fold.is_open:
                self._turn(fold, is_open=True)
            self.go(self._lines.line_of(place))
        return row is not None

    # --- what is selected

    @property
    def is_being_read(self) -> bool:
        """Whether the cursor is on a burst of which more may be read."""
        fold = self._lines.at(self.cursor).fold if self.total else None
        return fold is not None and bool(self._pages.beside(fold.start, fold.stop))

    @property
    def selected_rows(self) -> range:
        """The rows of the range, or those of the line under the cursor."""
        if not self.total:
            return range(0)
        line = self._lines.at(self.cursor)
        start = line.place
        stop = start + (line.mark is None)
        if line.fold is not None:
            stop = line.fold.stop
        if self.range_from is not None:
            begun = self._lines.head_of(self.range_from)
            is_hidden = begun is not None and not begun.is_open
            start = max(min(start, self.range_from), self.range_newest)
            stop = max(stop, begun.stop if begun is not None and is_hidden else self.range_from + 1)
        arrived = self._pages.arrived
        return range(start + arrived, min(stop + arrived, self.rows))

    def selected_span(self) -> tuple[Where, Where] | None:
        """Places of the newest and the oldest change that is selected; None where that is not read yet."""
        rows = self.selected_rows
        if not rows:
            return None
        fold = self._lines.at(self.cursor).fold
        if fold is not None and self.range_from is None:
            return fold.span
        newest, oldest = self._pages.row(rows.start), self._pages.row(rows.stop - 1)
        return None if newest is None or oldest is None else (place_of(newest), place_of(oldest))

    def marked(self, newest: Where, oldest: Where, *, reviewed: bool) -> None:
        """Show that what is between two places was reviewed, or not after all."""
        self._pages.mark(newest, oldest, reviewed=reviewed)
        self._lines.marked(newest, oldest, reviewed=reviewed, row=self._row_at)
        if self.total:
            self._selected = self._change() or self._selected
        self.refresh()

    # --- cursor

    def cursor_moved(self) -> None:
        if not self.complete and self.cursor >= self.total - PAGE // 2:
            self._want(self._pages.next_page)
        self.settled()
        self.range_newest = -self._pages.arrived
        if self.range_from is not None:
            self.refresh()
        self.post_message(self.Counted())

    def _change(self) -> Change | None:
        """The change that the cursor's line is about: of a burst the newest, of a mark none."""
        line = self._lines.at(self.cursor)
        if line.mark is not None:
            return None
        if line.fold is not None:
            return line.fold.newest
        if not self.rows:
            return None
        last = self.rows - 1 - self._pages.arrived
        return self._row_at(min(line.place, last))

    def settled(self) -> None:
        change, mark = self._change() if self.total else None, self.mark
        if change is None and mark is None and self.rows:
            self._want(self._pages.page_of(self.place + self._pages.arrived))
            return
        burst = self.burst
        if (change, mark, burst) != (self._selected, self._selected_mark, self._selected_burst):
            self._selected, self._selected_mark, self._selected_burst = change, mark, burst
            self.post_message(self.Selected(change, mark, burst))

    # --- bursts

    def _turn(self, fold: Fold, *, is_open: bool) -> None:
        with self._held(opening=False):
            self._lines.turn(fold, is_open=is_open)
        self.cursor = self._lines.line_of_head(fold)
        self.reveal()
        self.refresh()
        self.post_message(self.Counted())

    def action_bursts(self) -> None:
        """As one line each, or every change by itself."""
        with self._held(opening=False):
            self._lines.switch()
        self.settled()
        self.post_message(self.Counted())

    def action_back(self) -> None:
        """Close the burst; else to the directories."""
        fold = self._lines.head_of(self.place) if self.total else None
        if fold is not None and fold.is_open:
            self._turn(fold, is_open=False)
            self.settled()
        else:
            self.app.action_focus_pane("tree")  # type: ignore[attr-defined]

    def action_first(self) -> None:
        self.scroll_to(y=0, animate=False)
        self.go(self.home)

    def action_last(self) -> None:
        if self._pages.complete:
            super().action_last()
        else:
            self._read_to_the_end()

    def action_ago(self) -> None:
        """How long ago, or at what time."""
        self._painter.is_relative = not self._painter.is_relative
        self.refresh()

    def action_filter(self) -> None:
        self.ask_filter()

    def action_read(self) -> None:
        """Open or close a burst; else to the diff."""
        fold = self._lines.at(self.cursor).fold if self.total else None
        if fold is not None:
            self._turn(fold, is_open=not fold.is_open)
        elif self._selected is not None:
            self.app.action_focus_pane("diff")  # type: ignore[attr-defined]

    def opened(self) -> None:
        self.action_read()

    # --- drawing

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        line = self._lines.at(row)
        at = line.place + self._pages.arrived
        if cursor is None and self.range_from is not None and at in self.selected_rows:
            cursor = "cursor-unfocused"
        over = () if cursor is None else (cursor,)
        if line.mark is not None:
            return self._painter.draw_mark(line.mark, width, over)
        if line.fold is not None:
            for page in self._pages.beside(line.fold.start, line.fold.stop):
                self._want(page)
            return self._painter.draw_fold(line.fold, width, over)
        change = self._pages.row(at)
        if change is None:
            self._want(self._pages.page_of(at))
            return Strip([Segment("   …".ljust(width), self.palette("muted", *over))], width)
        return self._painter.draw(change, width, over)
