"""What the log has read, and the lines that makes: pages by keyset, bursts, days and gaps, live."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from textual import work
from textual.message import Message
from textual.worker import Worker, WorkerError

from fcm_tui.errors import FcmError, StoreError
from fcm_tui.model import Change, Gap
from fcm_tui.review import wording
from fcm_tui.review.log.gaps import LogGaps
from fcm_tui.review.log.lines import LogLines, Mark
from fcm_tui.review.log.pages import PAGE, LogPages
from fcm_tui.review.log.reading import BATCH, LogReading
from fcm_tui.review.log.row import RowPainter
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.cursor_view import CursorView
from fcm_tui.safetext import visible
from fcm_tui.store.reading.filters import Filters
from fcm_tui.store.reading.patience import Abandoned


class LogFeed(CursorView):
    """Pages of changes as lines; the cursor on the newest follows what happens."""

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
        self._lines = LogLines(self._between)
        self._wanted: set[int] = set()
        self._filters = Filters()
        self._selected: Change | None = None
        self._loaded = False
        self._phase: str | None = None
        self.ask_filter: Callable[[], object] = bool
        """Let the person write a filter; set by the pane."""
        self.found: int | None = None
        """How many changes the filter lets through, once they are counted."""
        self.pinned = False
        """Stay on the change that is being read, even if it is the newest."""
        self._unread = ""
        self._narrowing: Worker[None] | None = None
        """What is under way to another filter, or was last."""
        self._may_pass = False  # what kept that from being read
        self.range_from: int | None = None
        """The place at which a range of selected rows begins, if there is one."""
        self.range_newest = 0
        """The newest place that was there when the range was last moved: what comes later is not in it."""

    @property
    def total(self) -> int:
        return len(self._lines)

    @property
    def rows(self) -> int:
        """How many changes there are, in however many lines."""
        return len(self._pages)

    @property
    def row(self) -> int:
        """Which of the changes the cursor is on, counted from 0, the newest."""
        return min(self.place + self._pages.arrived, self.rows - 1)

    @property
    def complete(self) -> bool:
        """Whether `rows` counts every one that the filter lets through."""
        return self._pages.complete

    @property
    def is_loaded(self) -> bool:
        """Whether the log has been read at all."""
        return self._loaded

    @property
    def following(self) -> bool:
        """New changes take the cursor with them."""
        return self.cursor == self.home and not self.pinned and self.range_from is None

    @property
    def home(self) -> int:
        """The line of the newest change."""
        return self._lines.above

    @property
    def filters(self) -> Filters:
        return self._filters

    @property
    def is_looking(self) -> bool:
        """Whether another filter is wanted than what is shown was read for."""
        return self._loaded and self._reading.wanted.terms != self._filters.terms

    def show_roots(self, many: bool, namesakes: bool) -> None:
        """Whether each path has its root in front of it, and whether several recorders have hosts of one name."""
        if self._painter.tell(many, namesakes):
            self.refresh()

    def show_gaps(self, gaps: Sequence[Gap]) -> None:
        """Mark where changes may have been missed; `gaps` come newest first."""
        if list(gaps) != self._gaps.gaps:
            self._gaps = LogGaps(gaps)
            self._learn_again()

    def _between(self, change: Change, older: Change | None) -> list[Mark]:
        """What stands between a change and the one before it."""
        marks = self._gaps.marks(change, older, self._filters)
        if older is not None and wording.day(change.time_ns) != wording.day(older.time_ns):
            marks.append(Mark(day_ns=older.time_ns))
        return marks

    def _learn_again(self) -> None:
        """What was read tells other lines than before."""
        with self._held():
            self._lines.reset()
            self._extent()
            for place, rows in self._pages.stretches():
                self._learn(place, rows)
        self.settled()

    def _learn(self, place: int, rows: Sequence[Change]) -> None:
        row = place + self._pages.arrived
        self._lines.learn(place, rows, is_end=self.complete and row + len(rows) == self.rows)

    def _extent(self) -> None:
        self._lines.extend(-self._pages.arrived, self.rows - self._pages.arrived, self._top())

    def _top(self) -> list[Mark]:
        """What stands above the newest change."""
        newest = self._pages.row(0) if self.rows else None
        return self._gaps.marks(None, newest, self._filters) if newest is not None or not self.rows else []

    @contextmanager
    def _held(self, *, opening: bool = True) -> Iterator[None]:
        """Keep cursor and view on what they show, however many lines there are afterwards.

        Args:
            opening: a burst that the change under the cursor, which is read already, turns out to be in is opened.
        """
        follows, top = self.following, self.scroll_offset.y
        at = self._lines.at(self.cursor) if self.total else None
        top_place = self._lines.at(top).place if self.total else 0
        is_read = at is not None and at.mark is None and self._row_at(at.place) is not None
        yield
        if not self.rows or at is None:
            self.cursor = max(0, min(self.cursor, self.total - 1))
            self.rows_changed()
            return
        with self.app.batch_update():
            fold = self._lines.head_of(at.place)
            is_head = fold is not None and at.fold is not None
            if fold is not None and is_read and opening and not (follows or is_head):
                self._lines.turn(fold, is_open=True)
            self.cursor = (
                self._lines.line_of_head(fold) if fold and is_head else self._lines.line_of(at.place)
            )
            self.cursor = self.home if follows else min(self.cursor, self.total - 1)
            moves = top and not follows
            self.rows_changed(top=self._lines.line_of(top_place) if moves else 0 if follows else None)
            if not follows:
                self.reveal()

    def say_phase(self, phase: str | None) -> None:
        """What the recorder is at, as `engine.State` has it; None where another process records."""
        if phase != self._phase:
            self._phase = phase
            if not self.total:
                self.refresh()

    def say_unread(self, why: str) -> None:
        """Why the record cannot be read, which is tried again; empty where it is only being made."""
        if why != self._unread:
            self._unread = why
            self.refresh()

    def empty(self) -> list[str]:
        if self._phase == "baseline":
            return ["A first look is taken at all files.", "", "What changes after that appears here."]
        if not self._loaded:
            if not self._unread:
                return ["Reading the record…"]
            why = wording.wrapped([self._unread], max(20, self.room - 3))
            return ["The record cannot be read now.", "", *why]
        if self._filters.terms:
            return ["No change is as the filter wants it.", "", "Esc shows all changes again."]
        if self._filters != Filters():
            return ["Nothing has changed in here.", "", "Esc shows all changes again."]
        if self._phase in ("starting", "scanning"):
            return ["Looking for what changed while", "nothing was recorded…"]
        if self._reading.is_of_team:
            return ["No recorder has sent a change yet.", "", "What they send appears here."]
        none = "Nothing has changed yet." if self._phase == "recording" else "No change is recorded yet."
        how = "Write, rename or delete a file in a watched", "directory with any program: it appears here."
        return [none, "", *how]

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
        self._pages.newest = opening.newest
        self._lines.reset()
        self._extent()
        self._learn(0, opening.rows)
        self._loaded = True
        self.range_from = None
        self.found = self.rows if self.complete else None
        self.cursor = self.home
        self.rows_changed(top=0)
        self.settled()
        self.post_message(self.Counted())
        self._read_on()
        if self.found is None and wanted.terms:
            self._count()

    def narrow(self, **conditions: Any) -> None:
        """Show what some conditions of `Filters` let through, the others as they are."""
        self._narrowing = self._narrow(self._reading.wanted._replace(**conditions))

    async def narrowed(self) -> None:
        """Until what is shown is what was asked for last, or that cannot be."""
        if self._narrowing is not None:
            with suppress(WorkerError):
                await self._narrowing.wait()

    @work(group="log-filter", exclusive=True, exit_on_error=False)
    async def _narrow(self, filters: Filters) -> None:
        if filters == self._filters == self._reading.wanted:
            return
        try:
            await self.load(filters)
        except Abandoned:
            return
        except FcmError as error:
            self._may_pass = isinstance(error, StoreError)
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
        with self._held():
            self._pages.arrive(rows)
            self._painter.new_day()
            if self.found is not None:
                self.found += len(rows)
            self._extent()
            self._learn(-self._pages.arrived, rows[::-1])
        self.settled()
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
            rows, shown = pages.rows_of(page), self._shown
            far = 3 * PAGE
            return not rows or (rows.start - far <= shown.stop and shown.start <= rows.stop + far)

        try:
            found = await self._reading.older(filters, anchor, is_near)
        except (Abandoned, FcmError):
            found = None
        if filters is not self._filters:
            return
        self._wanted.discard(page)
        if found is None:
            return
        self._take(page, found)
        self.post_message(self.Counted())

    @property
    def _shown(self) -> range:
        """The rows in sight, those of bursts too."""
        if not self.total:
            return range(0)
        top, last, arrived = self.scroll_offset.y, self.total - 1, self._pages.arrived
        first, final = (self._lines.at(min(line, last)) for line in (top, top + self.size.height))
        stop = final.place if final.fold is None else final.fold.stop
        return range(first.place + arrived, stop + arrived + 1)

    def _take(self, page: int, found: Sequence[Change]) -> None:
        """A page that was read."""
        with self._held():
            self._pages.put(page, found)
            self._extent()
            if self._pages.is_new(page):
                self._learn(page * PAGE, found)
        self.settled()
        self._read_on()

    def on_resize(self) -> None:
        super().on_resize()
        self._read_on()

    def _read_on(self) -> None:
        """However many changes are a line: until there are lines for what is in sight, and some more."""
        if self._loaded and not self.complete and self.total < self.scroll_offset.y + 2 * self.size.height:
            self._want(self._pages.next_page)

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
                self._take(page, found)
        self.post_message(self.Counted())
        self.go(self.total - 1)

    def known(self) -> Iterator[Change]:
        """The changes that were read."""
        return self._pages.known()

    async def let_go(self) -> None:
        """As `Source.let_go`."""
        await self._reading.let_go()

    async def close(self) -> None:
        """End what reads."""
        await self._reading.close()

    @property
    def place(self) -> int:
        """Where the cursor is, in numbers that what arrives does not change."""
        return self._lines.at(self.cursor).place if self.total else 0

    def _row_at(self, place: int) -> Change | None:
        return self._pages.row(place + self._pages.arrived)

    def settled(self) -> None:
        """Called after lines have changed: the cursor may be on another change."""
