"""The rows of the log as pages: any place in millions of rows at the cost of the few pages in sight.

Rows are counted from 0, the newest. Page 0 begins with the row that was the newest when the log
was opened; rows that arrive later go to the pages -1, -2, …, so that no page ever shifts. A page
is fetched by keyset: everything before its anchor, the key of the row just above it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Container, Iterator, Sequence

from fcm_tui.model import Change
from fcm_tui.store.reading.changes import Key, Where, key_of, place_of

PAGE = 256
Reach = Key | dict[bytes, int]
"""The newest change; of a server, where what arrives may be older, the newest of each recorder."""
KEPT = 64
"""Pages in memory: 16,384 rows, about 12 MB."""


class LogPages:
    """What is known of the log, without any reading of its own."""

    def __init__(self) -> None:
        self._pages: OrderedDict[int, list[Change | None]] = OrderedDict()
        self._anchors: dict[int, Key] = {}
        self._seen: set[int] = {0}
        self._top: int | None = None
        """The sequence of row 0 of page 0, where sequences count down without holes."""
        self._arrived = 0
        self._older = 0
        self.newest: Reach | None = None
        """How far the record has been looked at."""
        self.complete = False
        """Whether the oldest row has been seen, or its place is known."""

    def __len__(self) -> int:
        return self._arrived + self._older

    @property
    def arrived(self) -> int:
        """Rows that came since the log was opened."""
        return self._arrived

    def reset(self, first: Sequence[Change], total: int | None, oldest: Change | None) -> None:
        """Start again from the newest page.

        `total` and `oldest` are given where the whole log is shown: without holes in the sequence
        they say where every page begins.
        """
        self._pages.clear()
        self._anchors.clear()
        self._seen = {0}
        self._top = None
        self._arrived = 0
        self._older = len(first)
        self.newest = key_of(first[0]) if first else None
        self.complete = len(first) < PAGE
        self._pages[0] = list(first)
        if len(first) == PAGE:
            self._anchors[1] = key_of(first[-1])
        if (
            total is not None
            and oldest is not None
            and first
            and oldest.recorder_id == first[0].recorder_id
            and first[0].sequence - oldest.sequence + 1 == total
        ):
            self._top = first[0].sequence
            self._older = total
            self.complete = True

    def page_of(self, row: int) -> int:
        return (row - self._arrived) // PAGE

    def row_of(self, key: Key) -> int | None:
        """Where a change stands, as far as that can be told without reading."""
        if self._top is not None:
            return self._top - key[0] + self._arrived
        for page, rows in self._pages.items():
            for place, change in enumerate(rows):
                if change is not None and key_of(change) == key:
                    return page * PAGE + place + self._arrived
        return None

    def rows_of(self, page: int) -> range:
        """The rows that a page holds, as far as they exist."""
        start = page * PAGE + self._arrived
        return range(max(0, start), min(len(self), start + PAGE))

    def row(self, index: int) -> Change | None:
        """A row, or None where its page has to be fetched."""
        page, place = divmod(index - self._arrived, PAGE)
        rows = self._pages.get(page)
        if rows is None:
            return None
        self._pages.move_to_end(page)
        return rows[place] if place < len(rows) else None

    def known(self) -> Iterator[Change]:
        """Every row in memory, in no order."""
        return (change for rows in self._pages.values() for change in rows if change is not None)

    def mark(self, newest: Where, oldest: Where, *, reviewed: bool) -> None:
        """Note that everything between two places, both included, was reviewed, or not after all."""
        for rows in self._pages.values():
            for place, change in enumerate(rows):
                if change is None or change.reviewed == reviewed:
                    continue
                if oldest <= place_of(change) <= newest:
                    rows[place] = change._replace(reviewed=reviewed)

    def keys(self) -> list[list[Key]]:
        """The keys of every row in memory, by page."""
        return [[key_of(change) for change in rows if change is not None] for rows in self._pages.values()]

    def mark_all(self, asked: Collection[Key], reviewed: Container[Key]) -> bool:
        """Note which of those that were asked about are reviewed; whether that is another than before for any."""
        changed = False
        for rows in self._pages.values():
            for place, change in enumerate(rows):
                if change is None or (key := key_of(change)) not in asked:
                    continue
                if change.reviewed != (now := key in reviewed):
                    rows[place] = change._replace(reviewed=now)
                    changed = True
        return changed

    def is_new(self, page: int) -> bool:
        """Whether a page, which is here, is for the first time; asked once, and not of rows that arrived."""
        was_new = page >= 0 and page not in self._seen
        self._seen.add(page)
        return was_new

    def beside(self, start: int, stop: int) -> list[int]:
        """The pages of the places before and behind some, where there is anything, or may be, that was not read yet."""
        end = len(self) - self._arrived
        return [
            place // PAGE
            for place in (start - 1, stop)
            if place >= 0 and (place < end or not self.complete) and place // PAGE not in self._seen
        ]

    def stretches(self) -> Iterator[tuple[int, Sequence[Change]]]:
        """What is in memory: the place at which each page's rows begin, and the rows. They count as seen, no others."""
        self._seen = set(self._pages)
        for page, rows in self._pages.items():
            held = [change for change in rows if change is not None]
            yield page * PAGE + len(rows) - len(held), held

    def anchor(self, page: int) -> Key | None:
        """What the rows of a page stand before; None where the page cannot be reached yet."""
        if self._top is not None:
            return self._top - page * PAGE + 1, b""
        return self._anchors.get(page)

    @property
    def next_page(self) -> int:
        """The page behind the last one known, while the log is not complete."""
        return -(-self._older // PAGE)

    def put(self, page: int, rows: Sequence[Change]) -> None:
        """Keep a fetched page."""
        self._pages[page] = list(rows)
        self._pages.move_to_end(page)
        if not self.complete and page == self.next_page:
            self._older += len(rows)
            if len(rows) < PAGE:
                self.complete = True
        if len(rows) == PAGE:
            self._anchors[page + 1] = key_of(rows[-1])
        self._evict()

    def arrive(self, rows: Sequence[Change]) -> None:
        """New rows, the oldest of them first."""
        for change in rows:
            self._arrived += 1
            page, place = divmod(-self._arrived, PAGE)
            if page not in self._pages:
                self._pages[page] = [None] * PAGE
            self._pages[page][place] = change
            if place == PAGE - 1:
                self._anchors[page + 1] = key_of(change)
            if self._top is not None and change.sequence != self._top + self._arrived:
                self._spoil()
            self.newest = key_of(change)
        self._evict()

    def _spoil(self) -> None:
        """A hole in the sequence: places can no longer be computed for rows above it."""
        assert self._top is not None
        top, self._top = self._top, None
        for page in range(min(self._pages), self.next_page + 1):
            self._anchors.setdefault(page, (top - page * PAGE + 1, b""))

    def _evict(self) -> None:
        filling = self.page_of(0)
        while len(self._pages) > KEPT:
            page = next(page for page in self._pages if page != filling)
            del self._pages[page]
