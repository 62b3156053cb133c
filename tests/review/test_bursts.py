"""Bursts as one line, days and gaps as lines of their own."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable

import pytest

from fcm_tui.model import Change, Gap, Kind, Origin
from fcm_tui.review import wording
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.log.folds import MOST
from fcm_tui.review.log.lines import LogLines, Mark
from fcm_tui.store.reading.bursts import FEWEST
from tests.review.builder import START_NS, RecordBuilder, connect
from tests.review.fake_engine import FakeEngine
from tests.review.screens import lines, shows, text
from tests.review.test_log_pages import change
from tests.waiting import eventually

Make = Callable[..., ReviewApp]
DAY = 86_400 * 10**9


def changes(times: list[int]) -> list[Change]:
    """At these times, in seconds, the newest first."""
    return [change(len(times) - n)._replace(time_ns=t * 10**9) for n, t in enumerate(times)]


def told(rows: list[Change], marks: dict[int, Mark], pages: list[range]) -> list[str]:
    """The lines of rows that are read in these stretches, in their order."""

    def between(newer: Change, older: Change | None) -> list[Mark]:
        mark = None if older is None else marks.get(len(rows) - older.sequence)
        return [] if mark is None else [mark]

    log = LogLines(between)
    log.extend(0, len(rows))
    for page in pages:
        log.learn(page.start, rows[page.start : page.stop])
    found = []
    for number in range(len(log)):
        line = log.at(number)
        if line.fold is not None:
            found.append(f"{len(line.fold)} from {line.place}")
            assert all(log.line_of(place) == number for place in range(line.fold.start, line.fold.stop))
        elif line.mark is not None:
            found.append(f"mark {line.place}")
        else:
            found.append(str(line.place))
            assert log.line_of(line.place) == number
    return found


def test_the_lines_are_the_same_in_whatever_order_pages_are_read() -> None:
    for seed in range(30):
        source = random.Random(seed)
        times, now = [], 10**9
        for _ in range(source.randrange(1, 900)):
            now -= source.choice((0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 5))
            times.append(now)
        rows = changes(times)
        gap = Mark(Gap(1, None, 0, 1, "", 0), 0)
        marks = {source.randrange(len(rows)): gap for _ in range(3)}
        marks.pop(0, None)
        starts = [0, *sorted(source.sample(range(1, len(rows)), min(len(rows) - 1, 5)))]
        pages = [range(a, b) for a, b in zip(starts, [*starts[1:], len(rows)], strict=True)]
        wanted = told(rows, marks, [range(len(rows))])
        source.shuffle(pages)
        assert told(rows, marks, pages) == wanted
        assert any(" from " in line for line in wanted) or len(rows) < 100


def test_few_changes_and_far_ones_are_no_burst_and_long_ones_are_several() -> None:
    assert told(changes([9] * (FEWEST - 1)), {}, [range(FEWEST)]) == [str(n) for n in range(FEWEST - 1)]
    assert told(changes([9] * FEWEST), {}, [range(FEWEST)]) == [f"{FEWEST} from 0"]
    assert len(told(changes([3 * n for n in range(50, 0, -1)]), {}, [range(50)])) == 50
    many = changes([9] * (2 * MOST))
    assert told(many, {}, [range(2 * MOST)]) == [f"{MOST} from 0", f"{MOST} from {MOST}"]


def burst(record: RecordBuilder, count: int, after: int = 100, folder: str = "src") -> None:
    """So many files written at once, so many seconds after the beginning."""
    with record.transaction():
        for number in range(count):
            record.change(
                f"/home/ann/project/{folder}/f{number}.py", b"x\n", Kind.CREATED if number % 4 else Kind.MODIFIED,
                time_ns=START_NS + after * 10**9 + number * 10**6,
            )  # fmt: skip


def test_what_comes_while_a_burst_is_shown_belongs_to_it() -> None:
    rows = changes([9] * 70)
    log = LogLines(lambda newer, older: [])
    log.extend(0, 30)
    log.learn(0, rows[40:])
    log.extend(-40, 30)
    log.learn(-40, rows[:40])
    assert len(log) == 1
    fold = log.at(0).fold
    assert fold is not None and len(fold) == 70


async def test_a_bursts_moves_are_counted_apart(empty: RecordBuilder, make_app: Make) -> None:
    for number in range(FEWEST):
        empty.file(f"/home/ann/project/old/{number}", b"x\n")
    for number in range(FEWEST):
        empty.change(
            f"/home/ann/project/new/{number}", b"x\n", Kind.MOVED, previous=f"/home/ann/project/old/{number}"
        )
    empty.change("/home/ann/project/new/more", b"more\n", Kind.CREATED)
    app = make_app(empty)
    async with app.run_test(size=(80, 24)):
        await eventually(lambda: app.log_view.rows)
        assert lines(app.log_view)[0].split()[-2:] == [f"→{FEWEST}", "+1"]


async def test_a_burst_is_a_line_that_opens_and_closes(record: RecordBuilder, make_app: Make) -> None:
    burst(record, 412)
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "▸ 412 files in src")
        row = lines(app.log_view)[0]
        assert row.endswith("  309 created  103 modified") and "▸" in row
        assert "main.py" in lines(app.log_view)[1]
        await shows(app, "420  ● live")
        await pilot.press("enter")
        await shows(app, "▾ 412 files in src")
        assert "f411.py" in lines(app.log_view)[1]
        await pilot.press("j", "j", "h")
        await shows(app, "▸ 412 files in src")
        assert app.log_view.cursor == 0 and app.focused is app.log_view
        await pilot.press("l", "h", "j")
        await shows(app, "413 of 420")
        await pilot.press("b")
        await eventually(lambda: app.log_view.total == 420)
        assert "f411.py" in app.log_view.render_line(0).text or app.log_view.scroll_offset.y
        await pilot.press("g")
        await eventually(lambda: "f411.py" in lines(app.log_view)[0])
        await pilot.press("b")
        await shows(app, "▸ 412 files in src")


async def test_a_burst_is_reviewed_as_a_whole(record: RecordBuilder, make_app: Make) -> None:
    burst(record, 300)
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "▸ 300 files in src")
        await pilot.press("space")
        await shows(app, "300 changes reviewed")
        await eventually(lambda: lines(app.log_view)[0].startswith("✓"))
        assert connect(record.database).execute("SELECT count(*), min(sequence) FROM reviews").fetchone() == (
            300,
            9,
        )
        await pilot.press("l", "j", "space")
        await eventually(lambda: lines(app.log_view)[0].startswith("∙"))
        assert " note" not in lines(app.log_view)[0]
        await pilot.press("N", *"why", "enter")
        await eventually(lambda: " note" in lines(app.log_view)[1])
        assert "300 files in src note" in lines(app.log_view)[0]
        await pilot.press("space")
        await pilot.press("h", "u")
        await eventually(lambda: app.log_view.row == 300 and app.log_view.cursor == 1)


async def test_a_burst_grows_while_it_comes(record: RecordBuilder, make_app: Make) -> None:
    engine = FakeEngine()
    app = make_app(record, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await eventually(lambda: engine.started)
        for count in (30, 25):
            burst(record, count)
            engine.committed(1, 1)
            await eventually(lambda: app.log_view.rows == record.sequence)
        await shows(app, "▸ 55 changes to 30 files in src")
        assert app.log_view.total == 9 and app.log_view.following
        await pilot.press("j", "enter")
        read = lines(app.log_view)[app.log_view.cursor]
        burst(record, 40)
        engine.committed(1, 1)
        await shows(app, "▸ 95 changes to 40 files in src")
        assert lines(app.log_view)[app.log_view.cursor] == read


async def test_bursts_over_many_pages_become_one_line_each(empty: RecordBuilder, make_app: Make) -> None:
    for number in range(4):
        burst(empty, 1500, 100 * number, f"area{number}")
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await eventually(lambda: sum("▸" in row for row in lines(app.log_view)) >= 4)
        await eventually(lambda: app.log_view.total == 5)
        await shows(app, "6,000  ● live")
        await pilot.press("G")
        await shows(app, "area0")


async def test_days_are_told_between_changes(empty: RecordBuilder, make_app: Make) -> None:
    for day in (0, 1, 1, 3):
        empty.change("/home/ann/project/a", b"", Kind.CREATED, time_ns=START_NS + day * DAY)
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "─── Tue, Sep 22 2026 ─")
        assert [("───" in row) for row in lines(app.log_view)[:6]] == [False, True, False, False, True, False]
        await pilot.press("G")
        await shows(app, "4 of 4")


async def test_times_are_told_as_they_are_or_by_how_long_ago(empty: RecordBuilder, make_app: Make) -> None:
    now = time.time_ns()
    for hours in (24 * 366 * 3, 24 * 60, 49, 5, 0):
        empty.change(
            "/home/ann/project/a", b"", Kind.CREATED, time_ns=now - hours * 3600 * 10**9 - 30 * 10**9
        )
    app = make_app(empty)
    async with app.run_test(size=(100, 40)) as pilot:
        await eventually(lambda: app.log_view.rows == 5)
        await pilot.press("t")
        told = [row[1:9] for row in lines(app.log_view) if " + a" in row]
        assert told[0].endswith(" s ago") and [word.strip() for word in told[1:]] == [
            "5 h ago",
            "2 d ago",
            "60 d ago",
            "3 y ago",
        ]
        await pilot.press("t")
        assert " ago" not in text(app)


@pytest.mark.parametrize("width", [60, 80, 100, 140, 200])
async def test_the_middle_of_a_path_goes_and_its_name_stays(
    empty: RecordBuilder, make_app: Make, width: int
) -> None:
    deep = "/home/ann/project/" + "very/deep/folders/" * 8
    empty.file(f"{deep}old.txt", b"x\n")
    empty.change(f"{deep}name.txt", b"x\n" * 3, Kind.CREATED)
    empty.change("/home/ann/project/there/old.txt", b"x\n", Kind.MOVED, previous=f"{deep}old.txt")
    app = make_app(empty)
    async with app.run_test(size=(width, 24)) as pilot:
        await eventually(lambda: app.log_view.rows == 2)
        rows = lines(app.log_view)
        assert "name.txt" in rows[1] and rows[1].endswith("+3") and (width > 180 or "…" in rows[1])
        assert "old.txt ← " in rows[0] and rows[0].count("old.txt") == 1
        await pilot.press("q")


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("notes.txt", "moved.txt", "notes.txt"),
        ("tui/review/log_feed.py", "tui/review/log/feed.py", "log_feed.py"),
        ("tui/review/log/feed.py", "tui/review/log_feed.py", "log/feed.py"),
        ("tui/old/feed.py", "tui/new/feed.py", "old/"),
        ("tui/review/feed.py", "tui/review/log/feed.py", "review/"),
        ("tui/review/log/feed.py", "tui/feed.py", "review/log/"),
        ("feed.py", "log/feed.py", "./"),
        ("log/feed.py", "feed.py", "log/"),
    ],
)
def test_where_a_file_was_is_told_by_what_is_other_about_it(old: str, new: str, told: str) -> None:
    assert wording.moved_from(old.replace("/", os.sep), new.replace("/", os.sep)) == told.replace("/", os.sep)


async def test_the_line_of_a_restore_says_so_and_where(empty: RecordBuilder, make_app: Make) -> None:
    other = "/home/ann/other"
    with empty.transaction():
        empty.root(other)
        empty.file(f"{other}/a", b"a")
        for number in range(FEWEST):
            path = f"/home/ann/project/{number}"
            empty.change(path, b"", Kind.CREATED, time_ns=START_NS, origin=Origin.RESTORE)
        for number in range(FEWEST):
            is_restored = number > 3
            empty.change(
                f"{other}/new/{number}", b"", Kind.CREATED, time_ns=START_NS + 10**11,
                origin=Origin.RESTORE if is_restored else Origin.EVENT,
            )  # fmt: skip
    app = make_app(empty)
    async with app.run_test(size=(160, 40)):
        await shows(app, f"{FEWEST} files in other/new partly restored")
        await shows(app, f"{FEWEST} files in project restored")
