"""The event log: newest first, live, millions of rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from rich.segment import Segment
from textual import work
from textual.message import Message
from textual.strip import Strip

from fcm_tui.errors import FcmError
from fcm_tui.model import Change, Gap
from fcm_tui.review import keys, wording
from fcm_tui.review.cursor_view import CursorView
from fcm_tui.review.log_gaps import LogGaps
from fcm_tui.review.log_pages import PAGE, LogPages
from fcm_tui.review.log_reading import BATCH, LogReading
from fcm_tui.review.log_row import RowPainter
from fcm_tui.review.theme import Palette
from fcm_tui.safetext import visible
from fcm_tui.store.filters import Filters
from fcm_tui.store.patience import Abandoned
from fcm_tui.store.queries import Key, key_of


class EventLog(CursorView):
    """Pages of changes; the cursor on row 0 follows what happens."""

    BINDINGS = keys.bindings(keys.LIST, keys.LOG)

    class Selected(Message):
        """The cursor is on another change, or there is none."""

        def __init__(self, change: Change | None) -> None:
            super().__init__()
            self.change = change

    class Counted(Message):
        """The number of rows, or what is shown of them, is another."""

    class Failed(Message):
        """The record could not be read, and why."""

        def __init__(self, why: str) -> None:
            super().__init__()
            self.why = why

    def __init__(self, palette: Palette, reading: LogReading, *, id: str) -> None:
        super().__init__(palette, id=id)
        self._reading = reading
        self._painter = RowPainter(palette)
        self._pages = LogPages()
        self._gaps = LogGaps()
        self._wanted: set[int] = set()
        self._filters = Filters()
        self._selected: Change | None = None
        self._loaded = False
        self.ask_filter: Callable[[], object] = bool
        """Let the person write a filter; set by the pane."""
        self.found: int | None = None
        """How many changes the filter lets through, once they are counted."""
        self.pinned = False
        """Stay on the change that is being read, even if it is the newest."""
        self.range_from: int | None = None
        """The place at which a range of selected rows begins, if there is one."""

    @property
    def total(self) -> int:
        return len(self._pages)

    @property
    def complete(self) -> bool:
        """Whether `total` counts every row that the filter lets through."""
        return self._pages.complete

    @property
    def selected(self) -> Change | None:
        """The change under the cursor."""
        return self._selected

    @property
    def following(self) -> bool:
        """New changes take the cursor with them."""
        return self.cursor == 0 and not self.pinned

    @property
    def filters(self) -> Filters:
        return self._filters

    def show_roots(self, many: bool) -> None:
        """Name the root in front of each path, or not."""
        if many != self._painter.names_roots:
            self._painter.names_roots = many
            self.refresh()

    def show_gaps(self, gaps: Sequence[Gap]) -> None:
        """Mark where changes may have been missed; `gaps` come newest first."""
        if list(gaps) != self._gaps.gaps:
            self._gaps = LogGaps(gaps)
            self.refresh()

    @property
    def gap(self) -> Gap | None:
        """The gap between the selected change and the one before it, if there is one."""
        return self._gap_below(self.cursor) if self.total else None

    def _gap_below(self, row: int) -> Gap | None:
        change, below = self._pages.row(row), row + 1
        is_last = below >= self.total
        older = None if is_last else self._pages.row(below)
        if change is None or (older is None and not (is_last and self._pages.complete)):
            return None  # not read yet
        return self._gaps.below(change, older, self._filters.path)

    def empty(self) -> list[str]:
        if not self._loaded:
            return []
        if self._filters.terms:
            return ["No change is as the filter wants it.", "", "Esc shows all changes again."]
        if self._filters != Filters():
            return ["Nothing has changed in here.", "", "Esc shows all changes again."]
        return [
            "Nothing has changed yet.",
            "",
            "Write, rename or delete a file in a watched",
            "directory with any program: it appears here.",
        ]

    # --- reading

    async def load(self, filters: Filters | None = None) -> None:
        """Read the newest page, from the beginning or under another filter.

        Raises:
            Abandoned: meanwhile yet another filter is wanted.
            StoreError: the record cannot be read.
        """
        wanted = self._filters if filters is None else filters
        opening = await self._reading.open(wanted)
        self._filters = wanted
        self._wanted.clear()
        self._pages.reset(opening.rows, opening.total, opening.oldest)
        if opening.total is None and opening.newest is not None:
            self._pages.newest = max(opening.newest, self._pages.newest or opening.newest)
        self._loaded = True
        self.range_from = None
        self.found = self.total if self.complete else None
        self.cursor = 0
        self.rows_changed(top=0)
        self._select()
        self.post_message(self.Counted())
        if self.found is None and wanted.terms:
            self._count()

    def narrow(self, **conditions: Any) -> None:
        """Show what some conditions of `Filters` let through, the others as they are."""
        self._narrow(replace(self._reading.wanted, **conditions))

    @work(group="log-filter", exclusive=True, exit_on_error=False)
    async def _narrow(self, filters: Filters) -> None:
        if filters == self._filters == self._reading.wanted:
            return
        try:
            await self.load(filters)
        except Abandoned:
            return
        except FcmError as error:
            self.post_message(self.Failed(visible(str(error))))

    @work(group="log-count", exclusive=True, exit_on_error=False)
    async def _count(self) -> None:
        filters = self._filters
        try:
            found = await self._reading.count(filters)
        except (Abandoned, FcmError):
            return
        if filters is self._filters:
            self.found = found
            self.post_message(self.Counted())

    async def catch_up(self) -> None:
        """Take in what was committed since the last time; the view stands still unless it follows."""
        if not self._loaded or self._pages.newest is None:
            with suppress(Abandoned):
                await self.load()
            return
        while True:
            newest, filters = self._pages.newest, self._filters
            try:
                rows, seen = await self._reading.newer(filters, newest)
            except Abandoned:
                return
            if filters is not self._filters or newest is not self._pages.newest:
                return
            if rows:
                self._arrive(rows)
            self._pages.newest = seen
            if len(rows) < BATCH:
                return

    def _arrive(self, rows: list[Change]) -> None:
        following, top = self.following, self.scroll_offset.y
        self._pages.arrive(rows)
        self._painter.new_day()
        if self.found is not None:
            self.found += len(rows)
        with self.app.batch_update():
            if following:
                self.cursor = 0
                self.rows_changed(top=0)
            else:
                self.cursor += len(rows)
                self.rows_changed(top=top + len(rows) if top or self.cursor >= self.size.height else None)
        self._select()
        self.post_message(self.Counted())

    def _want(self, page: int) -> None:
        anchor = self._pages.anchor(page)
        if page in self._wanted or anchor is None:
            return
        self._wanted.add(page)
        self._fetch(page)

    @work(group="log-pages", exit_on_error=False)
    async def _fetch(self, page: int) -> None:
        pages, filters, anchor = self._pages, self._filters, self._pages.anchor(page)

        def is_near() -> bool:
            rows = pages.rows_of(page)
            far = 3 * PAGE
            return not rows or rows.start - far <= self.scroll_offset.y <= rows.stop + far

        try:
            found = await self._reading.older(filters, anchor, is_near)
        except (Abandoned, FcmError):
            found = None
        if filters is not self._filters:
            return
        self._wanted.discard(page)
        if found is None:
            return
        known = self.total
        self._pages.put(page, found)
        if self.total != known:
            self.rows_changed()
            self.post_message(self.Counted())
        else:
            self.refresh()
        if self.cursor in self._pages.rows_of(page):
            self._select()

    @work(group="log-end", exclusive=True, exit_on_error=False)
    async def _read_to_the_end(self) -> None:
        filters = self._filters
        while not self._pages.complete and filters is self._filters:
            page = self._pages.next_page
            anchor = self._pages.anchor(page)
            try:
                found = await self._reading.older(filters, anchor)
            except (Abandoned, FcmError):
                return
            if found is not None and filters is self._filters and page == self._pages.next_page:
                self._pages.put(page, found)
        self.rows_changed()
        self.post_message(self.Counted())
        self.go(self.total - 1)

    @property
    def names(self) -> dict[str, list[str]]:
        """Hosts, and owners and processes, of what was read: the most frequent first."""
        hosts: Counter[str] = Counter()
        people: Counter[str] = Counter()
        for change in self._pages.known():
            hosts[change.host] += 1
            people.update(who for who in (change.owner, change.process) if who)
        return {
            key: [visible(name) for name, _ in names.most_common(20) if name]
            for key, names in (("host", hosts), ("by", people))
        }

    async def close(self) -> None:
        """End what reads."""
        await self._reading.close()

    async def go_to(self, key: Key) -> None:
        """To a change that the filter lets through, read on as far as it takes."""
        filters = self._filters
        while (row := self._pages.row_of(key)) is None and not self._pages.complete:
            page = self._pages.next_page
            found = await self._reading.older(filters, self._pages.anchor(page))
            if found is None or filters is not self._filters:
                return
            self._pages.put(page, found)
        self.rows_changed()
        if row is not None:
            self.go(row)

    # --- what is selected

    @property
    def place(self) -> int:
        """Where the cursor is, in numbers that what arrives does not change."""
        return self.cursor - self._pages.arrived

    @property
    def selected_rows(self) -> range:
        """The rows of the range, or the one under the cursor."""
        if self.range_from is None:
            return range(self.cursor, min(self.cursor + 1, self.total))
        begin = self.range_from + self._pages.arrived
        return range(min(begin, self.cursor), max(begin, self.cursor) + 1)

    def selected_span(self) -> tuple[Key, Key] | None:
        """Keys of the newest and the oldest change that is selected; None where that is not read yet."""
        rows = self.selected_rows
        if not rows:
            return None
        newest, oldest = self._pages.row(rows.start), self._pages.row(rows.stop - 1)
        return None if newest is None or oldest is None else (key_of(newest), key_of(oldest))

    def marked(self, newest: Key, oldest: Key, *, reviewed: bool) -> None:
        """Show that what is between two keys was reviewed, or not after all."""
        self._pages.mark(newest, oldest, reviewed=reviewed)
        if self.total:
            self._selected = self._pages.row(self.cursor) or self._selected
        self.refresh()

    # --- cursor

    def cursor_moved(self) -> None:
        if not self._pages.complete and self.cursor >= self.total - PAGE // 2:
            self._want(self._pages.next_page)
        self._select()
        if self.range_from is not None:
            self.refresh()
        self.post_message(self.Counted())

    def _select(self) -> None:
        change = self._pages.row(self.cursor) if self.total else None
        if change is None and self.total:
            self._want(self._pages.page_of(self.cursor))
            return
        if change != self._selected:
            self._selected = change
            self.post_message(self.Selected(change))

    def action_last(self) -> None:
        if self._pages.complete:
            super().action_last()
        else:
            self._read_to_the_end()

    def action_filter(self) -> None:
        self.ask_filter()

    def action_read(self) -> None:
        """To the diff, as Enter says."""
        if self._selected is not None:
            self.app.action_focus_pane("diff")  # type: ignore[attr-defined]

    # --- drawing

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        if cursor is None and self.range_from is not None and row in self.selected_rows:
            cursor = "cursor-unfocused"
        over = () if cursor is None else (cursor,)
        change = self._pages.row(row)
        if change is None:
            self._want(self._pages.page_of(row))
            return Strip([Segment("   …".ljust(width), self.palette("muted", *over))], width)
        mark = (wording.REVIEWED, "good") if change.reviewed else (" ", "text")
        if self._gap_below(row):
            mark = (wording.GAP, "warning")
        return self._painter.draw(change, width, over, mark)
