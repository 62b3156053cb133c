"""The pages of the log against a plain list."""

from __future__ import annotations

import random

import pytest

from fcm_tui.model import Capture, Change, Kind, Origin
from fcm_tui.review.log.pages import KEPT, PAGE, LogPages

RECORDER = b"r" * 16


def change(sequence: int) -> Change:
    return Change(
        recorder_id=RECORDER, host="", sequence=sequence, time_ns=sequence, kind=Kind.MODIFIED, root=b"/r",
        file_id=b"", path=b"/r/a", previous_path=None, before=None, after=None, size=None, mode=None,
        mtime_ns=None, owner=None, process=None, capture=Capture.STORED, origin=Origin.EVENT, group=None,
        inserted=None, updated=None, deleted=None, encoding=None, newline=None, reviewed=False,
    )  # fmt: skip


class Store:
    """The changes of a record, newest first, as `Reader.log` gives them."""

    def __init__(self, sequences: list[int]) -> None:
        self.rows = [change(sequence) for sequence in sorted(sequences, reverse=True)]

    def fetch(self, before: tuple[int, bytes] | None) -> list[Change]:
        rows = self.rows if before is None else [r for r in self.rows if (r.sequence, r.recorder_id) < before]
        return rows[:PAGE]

    def append(self, sequence: int) -> Change:
        self.rows.insert(0, change(sequence))
        return self.rows[0]

    def row(self, pages: LogPages, index: int) -> Change | None:
        """A row as the log reads it: from memory, else by fetching its page."""
        if (found := pages.row(index)) is None:
            page = pages.page_of(index)
            anchor = pages.anchor(page)
            assert anchor is not None, "the page cannot be reached"
            pages.put(page, self.fetch(anchor))
            found = pages.row(index)
        return found


def opened(store: Store, *, whole: bool) -> LogPages:
    pages = LogPages()
    first = store.fetch(None)
    pages.reset(first, len(store.rows) if whole else None, store.rows[-1] if whole and store.rows else None)
    return pages


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1, 3 * PAGE, 5000])
def test_any_row_of_a_log_without_holes_in_one_fetch(count: int) -> None:
    store = Store(list(range(11, 11 + count)))
    pages = opened(store, whole=True)
    assert len(pages) == count and pages.complete
    for index in random.Random(count).sample(range(count), min(count, 200)):
        assert store.row(pages, index) == store.rows[index]


def test_a_filtered_log_is_walked_page_by_page() -> None:
    store = Store(random.Random(1).sample(range(1, 100_000), 1500))
    pages = opened(store, whole=False)
    assert len(pages) == PAGE and not pages.complete
    while not pages.complete:
        pages.put(pages.next_page, store.fetch(pages.anchor(pages.next_page)))
    assert len(pages) == 1500
    assert [store.row(pages, index) for index in range(1500)] == store.rows


def test_a_filtered_log_of_whole_pages_ends_too() -> None:
    store = Store(list(range(1, 2 * PAGE + 1)))
    pages = opened(store, whole=False)
    while not pages.complete:
        pages.put(pages.next_page, store.fetch(pages.anchor(pages.next_page)))
    assert len(pages) == 2 * PAGE


@pytest.mark.parametrize("holes", [False, True])
def test_rows_that_arrive_shift_nothing(holes: bool) -> None:
    source = random.Random(7)
    store = Store(list(range(1, 1001)))
    pages = opened(store, whole=True)
    sequence = 1000
    for _ in range(40):
        rows = []
        for _ in range(source.randrange(1, 120)):
            sequence += source.choice((1, 1, 2)) if holes else 1
            rows.append(store.append(sequence))
        pages.arrive(rows)
        assert len(pages) == len(store.rows)
        for index in source.sample(range(len(store.rows)), 30):
            assert store.row(pages, index) == store.rows[index]
    assert pages.newest == (sequence, RECORDER)


def test_memory_is_bounded_however_many_rows_arrive() -> None:
    store = Store([1])
    pages = opened(store, whole=True)
    for first in range(2, 200 * PAGE, PAGE):
        pages.arrive([change(sequence) for sequence in range(first, first + PAGE)])
    assert len(pages._pages) == KEPT
    newest = pages.row(0)
    assert newest is not None and newest.sequence == pages.newest[0] if pages.newest else False
