"""The timeline of a file and its earlier lives: versions, newest first; rows are read by pages as they come into sight."""

from __future__ import annotations

import time
from array import array
from bisect import bisect_right

from rich.segment import Segment
from textual import work
from textual.message import Message
from textual.strip import Strip

from fcm_tui.errors import FcmError
from fcm_tui.model import Change
from fcm_tui.review import keys, wording
from fcm_tui.review.look.theme import Palette
from fcm_tui.review.parts.cursor_view import CursorView
from fcm_tui.review.source import Source, reader_of
from fcm_tui.safetext import visible
from fcm_tui.store.reading import histories
from fcm_tui.store.reading.histories import FileKey
from fcm_tui.store.reading.queries import Reader

PAGE = 100
_PAGES = 40
"""Pages that are kept; those scrolled past long ago are read again."""
_COUNTS = (("+", "created"), ("~", "modified"), ("-", "deleted"))


class VersionsView(CursorView):
    """Row 0 is the newest version; the numbers of all are known, their rows come through a `Source`.

    Below the oldest stands what the first look found, unless the file came later.
    """

    BINDINGS = keys.bindings(keys.LIST)

    class Selected(Message):
        """The cursor is on another version, or there is none."""

        def __init__(self, change: Change | None) -> None:
            super().__init__()
            self.change = change

    class Opened(Message):
        """The diff of the selected version is wanted."""

    def __init__(self, palette: Palette, source: Source, *, id: str) -> None:
        super().__init__(palette, id=id)
        self._source = source
        self._lives: list[FileKey] = []
        self._numbers: array[int] = array("q")
        self._first: Change | None = None
        self._pages: dict[int, list[Change]] = {}
        self._wanted: set[int] = set()
        self._selected: Change | None = None
        self._today = time.localtime()[0], time.localtime()[7]
        self.hits: dict[int, bool | None] = {}
        """By number of a change: whether its version has what is looked for, None where that cannot be known."""
        self.said = ""
        """Why there is nothing, once that is known."""

    @property
    def total(self) -> int:
        return len(self._numbers) + (self._first is not None)

    @property
    def file(self) -> FileKey | None:
        """Whose versions they are: of those that were deleted and made anew the last."""
        return self._lives[-1] if self._lives else None

    @property
    def numbers(self) -> array[int]:
        """The changes that left them, oldest first."""
        return self._numbers

    @property
    def first(self) -> Change | None:
        """What the first look found, if the file was there by then."""
        return self._first

    @property
    def oldest(self) -> Change | None:
        """The first change, where it has been read; before it stood what the first look found."""
        return self._row(len(self._numbers) - 1) if self._numbers else None

    def hit(self, step: int) -> bool:
        """To the next older version (1), or newer one (-1), that has what is looked for; whether there is one."""
        row = self.cursor + step
        while 0 <= row < self.total:
            if self.hits.get(self._numbers[-1 - row] if row < len(self._numbers) else histories.FIRST_LOOK):
                self.go(row)
                return True
            row += step
        return False

    @property
    def selected(self) -> Change | None:
        """The version under the cursor."""
        return self._selected

    def empty(self) -> list[str]:
        return self.said.split("\n") if self.said else []

    # --- reading

    async def open(self, file: FileKey, at: int | None) -> None:
        """Show a file's versions with the cursor on change `at`, or on the newest.

        Raises:
            StoreError: the record cannot be read.
        """
        self._lives, self._numbers, self._first = await self._source.call(
            lambda record: _timeline(reader_of(record), file)
        )
        self.said = "" if self.total else "Nothing has changed in this file since recording began."
        self.cursor = self._row_of(at) if at is not None else 0
        self.rows_changed(top=self.cursor - self.size.height // 2 if at is not None else 0)
        self.reveal()
        self._select()
        if not self.total:
            self.post_message(self.Selected(None))

    async def catch_up(self) -> None:
        """Take in newer versions; the cursor stays on its own.

        Raises:
            StoreError: the record cannot be read.
        """
        file, last = self.file, self._numbers[-1] if self._numbers else 0
        if file is None:
            return
        lives, more = await self._source.call(lambda record: _continued(reader_of(record), file, last))
        if not more or file is not self.file:
            return
        self._lives += lives
        top, had = self.scroll_offset.y, self.total > 0
        self._numbers.extend(more)
        # pages count from the oldest, so that what was read stays true; the last one was not full
        self._pages.pop((len(self._numbers) - len(more)) // PAGE, None)
        self.cursor += len(more) if had else 0
        self.rows_changed(top=top + len(more) if top else 0)
        self.reveal()
        self._select()

    def go_to(self, number: int) -> None:
        """The cursor on the version of a change."""
        self.go(self._row_of(number))

    def _row_of(self, number: int) -> int:
        return max(0, len(self._numbers) - max(1, bisect_right(self._numbers, number)))

    def _row(self, row: int) -> Change | None:
        index = len(self._numbers) - 1 - row
        if index < 0:
            return self._first
        page = self._pages.get(index // PAGE)
        if page is None or index % PAGE >= len(page):
            self._want(index // PAGE)
            return None
        return page[index % PAGE]

    def _want(self, page: int) -> None:
        if page not in self._wanted:
            self._wanted.add(page)
            self._fetch(page)

    @work(group="versions", exit_on_error=False)
    async def _fetch(self, page: int) -> None:
        file, numbers = self.file, self._numbers[page * PAGE : (page + 1) * PAGE]
        assert file is not None
        first = self._lives[0]
        try:
            found = await self._source.call(
                lambda record: histories.changes(reader_of(record), file, numbers)
            )
        except FcmError:
            found = []
        self._wanted.discard(page)
        if not self._lives or self._lives[0] != first or not found:
            return
        self._pages[page] = found
        if len(self._pages) > _PAGES:
            self._pages.pop(next(iter(self._pages)))
        self.refresh()
        self._select()

    def cursor_moved(self) -> None:
        self._select()

    def opened(self) -> None:
        self.post_message(self.Opened())

    def _select(self) -> None:
        change = self._row(self.cursor) if self.total else None
        if change is not None and change != self._selected:
            self._selected = change
            self.post_message(self.Selected(change))

    # --- drawing

    def draw(self, row: int, width: int, *, cursor: str | None) -> Strip:
        over = () if cursor is None else (cursor,)
        change = self._row(row)
        if change is None:
            return Strip([Segment("   …".ljust(width), self.palette("muted", *over))], width)
        wide = width >= 60
        clock = wording.clock(change.time_ns, self._today, wide=wide)
        segments = [
            Segment(wording.HIT if self.hits.get(change.sequence) else " ", self.palette("accent", *over)),
            Segment(f"{clock} ", self.palette("muted", *over)),
            Segment(f"{wording.SIGNS[change.kind]} ", self.palette(change.kind.value, *over)),
            Segment(
                f"{wording.size(change.size) if change.size is not None else '':>8} ",
                self.palette("text", *over),
            ),
            *self._counts(change, over),
        ]
        room = width - Strip(segments).cell_length - 1
        if room > 6:
            segments.append(
                Segment(f" {wording.fit(self._rest(change), room)}", self.palette("muted", *over))
            )
        return Strip(segments).adjust_cell_length(width, self.palette(*over))

    def _counts(self, change: Change, over: tuple[str, ...]) -> list[Segment]:
        if change.capture in wording.NOT_KEPT:
            return [Segment(f"{wording.NOT_KEPT[change.capture]:<15}", self.palette("warning", *over))]
        counts = (change.inserted, change.updated, change.deleted)
        if counts == (None, None, None):
            word = "binary" if change.before != change.after else ""
            return [Segment(f"{word:<15}", self.palette("muted", *over))]
        return [
            Segment(
                f"{sign}{wording.short(lines)}".rjust(5) if lines else " " * 5, self.palette(style, *over)
            )
            for (sign, style), lines in zip(_COUNTS, counts, strict=True)
        ]

    def _rest(self, change: Change) -> str:
        """Where it came to stand, if elsewhere; the process, or where that is not known the owner."""
        who = visible(change.process or change.owner or "")
        if change.previous_path is None:
            return f"{wording.number_of(change)} {who}"
        old = wording.relative_path(change.previous_path, change.root, with_root=False)
        return f"#{change.sequence} {who} {wording.relative_path(change.path, change.root, with_root=False)} ← {old}"


def _timeline(reader: Reader, file: FileKey) -> tuple[list[FileKey], array[int], Change | None]:
    """All lives of a file, the numbers of their changes, and what the first look found, if it found the first of them."""
    earlier = histories.earlier_lives(reader.connection, file)
    later, numbers = _continued(reader, file, 0)
    for life in reversed(earlier):
        numbers = histories.sequences(reader.connection, life) + numbers
    lives = [*earlier, file, *later]
    return lives, numbers, histories.first_look(reader, lives[0])


def _continued(reader: Reader, file: FileKey, last: int) -> tuple[list[FileKey], array[int]]:
    """The lives after a file's own, and the numbers of its and their changes behind `last`."""
    later = histories.later_lives(reader.connection, file)
    numbers = histories.sequences(reader.connection, file, after=last)
    for life in later:
        numbers += histories.sequences(reader.connection, life)
    return later, numbers
