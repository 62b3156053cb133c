"""The event log: newest first, live, millions of rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from rich.segment import Segment
from textual import work
from textual.message import Message
from textual.strip import Strip

from fcm_tui.errors import StoreError
from fcm_tui.model import Change, Gap
from fcm_tui.review import keys, wording
from fcm_tui.review.cursor_view import CursorView
from fcm_tui.review.log_gaps import LogGaps
from fcm_tui.review.log_pages import PAGE, LogPages
from fcm_tui.review.source import Record, Source
from fcm_tui.review.theme import Palette
from fcm_tui.safetext import visible
from fcm_tui.store.filters import Filters
from fcm_tui.store.queries import Key

_COUNTS = 15
"""Cells of the line counts: three columns of sign and up to four digits."""
_BATCH = 1000
"""New rows that are taken in one go; one page of them is read in about a millisecond."""


class EventLog(CursorView):
    """Pages of changes through a `Source`; the cursor on row 0 follows what happens."""

    BINDINGS = keys.bindings(keys.LIST, keys.LOG)

    class Selected(Message):
        """The cursor is on another change, or there is none."""

        def __init__(self, change: Change | None) -> None:
            super().__init__()
            self.change = change

    class Counted(Message):
        """The number of rows, or what is shown of them, is another."""

    def __init__(self, palette: Palette, source: Source, *, id: str) -> None:
        super().__init__(palette, id=id)
        self._source = source
        self._pages = LogPages()
        self._gaps = LogGaps()
        self._wanted: set[int] = set()
        self._filters = Filters()
        self._many_roots = False
        self._selected: Change | None = None
        self._today = time.localtime()[0], time.localtime()[7]
        self._loaded = False
        self.pinned = False
        """Stay on the change that is being read, even if it is the newest."""

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
        if many != self._many_roots:
            self._many_roots = many
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
        """Read the newest page, from the beginning or under another filter."""
        wanted = self._filters if filters is None else filters
        whole = wanted == Filters()

        def first(record: Record) -> tuple[list[Change], int | None, Change | None]:
            rows = record.log(wanted, limit=PAGE)
            if not whole or len(rows) < PAGE:
                return rows, None, None
            oldest = record.log(wanted, limit=1, reverse=True)
            return rows, record.count(), oldest[0] if oldest else None

        rows, total, oldest = await self._source.call(first)
        self._filters = wanted
        self._wanted.clear()
        self._pages.reset(rows, total, oldest)
        self._loaded = True
        self.cursor = 0
        self.rows_changed(top=0)
        self._select()
        self.post_message(self.Counted())

    async def catch_up(self) -> None:
        """Take in what was committed since the last time; the view stands still unless it follows."""
        if not self._loaded or self._pages.newest is None:
            await self.load()
            return
        while True:
            newest, filters = self._pages.newest, self._filters
            rows = await self._source.call(_newer(filters, newest))
            if filters is not self._filters or newest is not self._pages.newest:
                return
            if rows:
                self._arrive(rows)
            if len(rows) < _BATCH:
                return

    def _arrive(self, rows: list[Change]) -> None:
        following, top = self.following, self.scroll_offset.y
        self._pages.arrive(rows)
        self._today = time.localtime()[0], time.localtime()[7]
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

        def read(record: Record) -> list[Change] | None:
            rows = pages.rows_of(page)
            far = 3 * PAGE
            if rows and not rows.start - far <= self.scroll_offset.y <= rows.stop + far:
                return None  # scrolled past while it waited: whoever comes back asks again
            return record.log(filters, limit=PAGE, before=anchor)

        try:
            found = await self._source.call(read)
        except StoreError:
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
                found = await self._source.call(_older(filters, anchor))
            except StoreError:
                return
            if filters is self._filters and page == self._pages.next_page:
                self._pages.put(page, found)
        self.rows_changed()
        self.post_message(self.Counted())
        self.go(self.total - 1)

    # --- cursor

    def cursor_moved(self) -> None:
        if not self._pages.complete and self.cursor >= self.total - PAGE // 2:
            self._want(self._pages.next_page)
        self._select()
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

    def action_read(self) -> None:
        """To the diff, as Enter says."""
        if self._selected is not None:
            self.app.action_focus_pane("diff")  # type: ignore[attr-defined]

    # --- drawing

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        over = () if cursor is None else (cursor,)
        change = self._pages.row(row)
        if change is None:
            self._want(self._pages.page_of(row))
            return Strip([Segment("   …".ljust(width), self.palette("muted", *over))], width)
        wide = width >= 76
        kind = change.kind.value
        clock = wording.clock(change.time_ns, self._today, wide=wide)
        counts = self._counts(change, over)
        used = 1 + len(clock) + 1 + 2 + 1 + _COUNTS + 1
        who = ""
        if width >= 110 and (who := change.process or change.owner or ""):
            who = wording.fit(visible(who), 12) + " "
        elif width >= 110:
            who = " " * 13
        room = max(4, width - used - len(who))
        segments = [
            Segment(wording.GAP if self._gap_below(row) else " ", self.palette("warning", *over)),
            Segment(f"{clock} ", self.palette("muted", *over)),
            Segment(f"{wording.SIGNS[change.kind]} ", self.palette(kind, *over)),
            *self._path(change, room, over),
            Segment(" " + who, self.palette("muted", *over)),
            *counts,
            Segment(" ", self.palette(*over)),
        ]
        return Strip(segments).adjust_cell_length(width, self.palette(*over))

    def _path(self, change: Change, room: int, over: tuple[str, ...]) -> list[Segment]:
        path = wording.relative_path(change.path, change.root, with_root=self._many_roots)
        style = "muted" if change.kind.value == "metadata" else "text"
        if change.previous_path is None or room < 16:
            return [Segment(wording.fit_path(path, room), self.palette(style, *over))]
        old = wording.relative_path(change.previous_path, change.root, with_root=self._many_roots)
        old_width = min(len(old), (room - 3) // 2)
        new = wording.fit_path(
            path, min(len(path), room - 3 - old_width) if path.isascii() else room - 3 - old_width
        )
        text = f"{new} ← "
        return [
            Segment(text[:-3], self.palette(style, *over)),
            Segment(" ← ", self.palette("moved", *over)),
            Segment(
                wording.fit_path(old, max(0, room - Strip([Segment(text)]).cell_length)),
                self.palette("muted", *over),
            ),
        ]

    def _counts(self, change: Change, over: tuple[str, ...]) -> list[Segment]:
        if change.capture in wording.NOT_KEPT:
            words = wording.NOT_KEPT[change.capture]
            return [Segment(words.rjust(_COUNTS), self.palette("warning", *over))]
        if change.inserted is None and change.updated is None and change.deleted is None:
            words = "" if change.before == change.after else f"binary {wording.size(change.size)}"
            if change.after is None:
                words = "binary" if change.before else ""
            return [Segment(words.rjust(_COUNTS), self.palette("muted", *over))]
        parts = (
            ("+", change.inserted, "created"),
            ("~", change.updated, "modified"),
            ("-", change.deleted, "deleted"),
        )
        return [
            Segment(
                f"{sign}{wording.short(lines)}".rjust(5) if lines else "     ", self.palette(style, *over)
            )
            for sign, lines, style in parts
        ]


def _newer(filters: Filters, newest: Key | None) -> Callable[[Record], list[Change]]:
    return lambda record: record.log(filters, limit=_BATCH, after=newest, reverse=True)


def _older(filters: Filters, anchor: Key | None) -> Callable[[Record], list[Change]]:
    return lambda record: record.log(filters, limit=PAGE, before=anchor)
