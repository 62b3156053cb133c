"""The log as an inbox: marking what was reviewed, going on to the next, and what the directories count."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fcm_tui.model import Kind
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.parts.entry import Entry
from fcm_tui.review.parts.said import SECONDS
from fcm_tui.store.reviews import user_name
from tests.review.builder import START_NS, RecordBuilder, connect
from tests.review.fake_engine import FakeEngine
from tests.review.screens import lines, shows, text
from tests.waiting import eventually

Make = Callable[..., ReviewApp]


def marks(app: ReviewApp) -> str:
    """The first cell of each row of the log."""
    return "".join(row[:1] or " " for row in lines(app.log_view)[: app.log_view.total]).rstrip()


def rows(record: RecordBuilder) -> list[tuple[int, str | None]]:
    return connect(record.database).execute("SELECT sequence, note FROM reviews ORDER BY sequence").fetchall()


async def test_space_marks_and_unmarks_and_u_goes_on(record: RecordBuilder, make_app: Make) -> None:
    connect(record.database).execute("UPDATE roots SET changes = 8")
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "▸ src")
        assert "files  changes" in text(app)
        await pilot.press("space")
        await eventually(lambda: marks(app) == "✓")
        await shows(app, "1 change reviewed")
        await shows(app, "files    new")
        await eventually(lambda: lines(app.tree_view)[0].split() == ["▾", "project", "6", "7"])
        await pilot.press("u")
        await eventually(lambda: app.log_view.cursor == 1)
        await pilot.press("space")
        await eventually(lambda: rows(record) == [(7, None), (8, None)])
        await pilot.press("g", "space")
        await eventually(lambda: rows(record) == [(7, None)])
        await eventually(lambda: marks(app) == " ✓")
        await pilot.press("G", "u")
        await eventually(lambda: app.log_view.cursor == 0)


async def test_a_range_is_marked_at_once(record: RecordBuilder, make_app: Make) -> None:
    engine = FakeEngine()
    app = make_app(record, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await eventually(lambda: engine.started)
        await pilot.press("j", "v", "j", "j")
        await shows(app, "3 changes selected")
        record.change("/home/ann/project/fresh.txt", b"new\n", Kind.CREATED)
        engine.committed(9, 9)
        await eventually(lambda: app.log_view.total == 9)
        assert "3 changes selected" in text(app), "what arrives moves the range with its rows"
        await pilot.press("space")
        await eventually(lambda: rows(record) == [(5, None), (6, None), (7, None)])
        await eventually(lambda: marks(app) == "  ✓✓✓")
        await pilot.press("v", "escape")
        assert app.log_view.range_from is None


async def test_a_note_is_kept_with_it(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("N")
        await shows(app, "note:")
        await pilot.press("a", "s", "k", "space", "q", "enter")
        await eventually(lambda: rows(record) == [(8, "ask q")])
        assert app.focused is app.log_view
        await eventually(lambda: "note:" not in text(app))
        await shows(app, re.compile(r"Note by \S+, [-0-9]+ [0-9:]+: ask q +\n").search)
        await pilot.press("N", "x", "escape")
        await eventually(lambda: app.focused is app.log_view)
        assert rows(record) == [(8, "ask q")]


async def test_a_note_is_about_what_it_was_asked_for(record: RecordBuilder, make_app: Make) -> None:
    """However much comes while it is written."""
    engine = FakeEngine()
    app = make_app(record, engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("N")
        await shows(app, "note:")
        await pilot.press("o", "l", "d")
        record.change("/home/ann/project/fresh.txt", b"new\n", Kind.CREATED)
        engine.committed(9, 9)
        await eventually(lambda: app.log_view.total == 9)
        await pilot.press("enter")
        await eventually(lambda: rows(record) == [(8, "old")])


async def test_a_screen_over_the_panes_does_not_zoom_them(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("S")
        await eventually(lambda: len(app.screen_stack) == 2)
        await pilot.press("z", "escape")
        await eventually(lambda: len(app.screen_stack) == 1)
        assert not app.panes.is_zoomed


async def test_what_is_told_now_is_not_hidden_by_what_was_said_before(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        app.say("Restored: 1 step done. U undoes it.")
        await shows(app, "Restored")
        app.pausing = lambda is_sure: ""
        await pilot.press("r")
        await eventually(
            lambda: "r again pauses recording" in text(app) and "Restored" not in text(app), SECONDS / 2
        )
        await pilot.pause()


@pytest.mark.parametrize("between", ["\n", "\r", "\r\n"])
def test_lines_that_are_pasted_stay_apart(between: str) -> None:
    entry = Entry("")
    entry.insert(f"one line{between}and another{between}")
    assert entry.text == "one line and another"


async def test_notes_of_others_stand_over_the_diff_and_act_on_nothing(
    record: RecordBuilder, make_app: Make
) -> None:
    connect(record.database).execute(
        "INSERT INTO reviews SELECT recorder_id, 8, '[e]ve', ?, 'pinned', ? FROM recorders",
        (1_790_000_000_000_000_000, "[/] see\x1b[2J \u202e" + "long " * 60),
    )
    app = make_app(record)
    async with app.run_test(size=(80, 40)) as pilot:
        await shows(app, "Pinned by [e]ve, 2026-09-")
        screen = await shows(app, "[/] see␛[2J <202E>long")
        assert screen.count("long") == 60, "a long note is wrapped"
        assert "line ten" in screen
        await pilot.press("H")
        await shows(app, "[/] see␛[2J <202E>long")


@pytest.mark.parametrize("engine", [None, FakeEngine()])
async def test_what_another_process_reviews_is_seen_at_once(
    record: RecordBuilder, make_app: Make, engine: FakeEngine | None
) -> None:
    connect(record.database).execute("UPDATE roots SET changes = 8")
    app = make_app(record, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "files  changes")
        other = connect(record.database)
        other.execute("INSERT INTO reviews SELECT recorder_id, 8, 'eve', 1, 'accepted', 'odd' FROM recorders")
        other.execute("INSERT INTO reviews SELECT recorder_id, 6, 'eve', 2, 'accepted', NULL FROM recorders")
        await eventually(lambda: marks(app) == "✓ ✓")
        await shows(app, "files    new")
        await eventually(lambda: lines(app.tree_view)[0].split() == ["▾", "project", "6", "6"])
        await shows(app, "Note by eve")
        other.execute("DELETE FROM reviews WHERE sequence = 8")
        await eventually(lambda: marks(app) == "  ✓")
        await shows(app, lambda screen: "Note by eve" not in screen)
        await pilot.press("j")
        await eventually(lambda: app.log_view.cursor == 1)


async def test_a_burst_counts_what_another_process_reviews(empty: RecordBuilder, make_app: Make) -> None:
    with empty.transaction():
        for number in range(30):
            empty.change(f"/home/ann/project/{number}", b"", Kind.CREATED, time_ns=START_NS)
    app = make_app(empty)
    async with app.run_test(size=(120, 40)):
        await shows(app, "30 files")
        other = connect(empty.database)
        other.execute("INSERT INTO reviews SELECT recorder_id, 8, 'eve', 1, 'accepted', NULL FROM recorders")
        await eventually(lambda: marks(app) == "∙")
        other.execute(
            "INSERT OR IGNORE INTO reviews SELECT recorder_id, sequence, 'eve', 2, 'accepted', NULL FROM changes"
        )
        await eventually(lambda: marks(app) == "✓")


async def test_a_mark_leaves_the_diff_where_it_is(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("3", "n", "n", "2")
        await shows(app, "53  52   line 53")
        await pilot.press("N", *"so", "enter")
        await shows(app, "1 change reviewed")
        await shows(app, "53  52   line 53")
        subject = app.subject()
        assert subject is not None and len(subject.hunks) == 3


async def test_all_that_a_filter_shows(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("slash", *"py", "enter")
        await shows(app, "3 found")
        await pilot.press("A")
        await shows(app, "A again: all 3 shown are reviewed")
        assert rows(record) == []
        await pilot.press("j")  # anything else takes the question back
        await shows(app, lambda screen: "A again" not in screen)
        await pilot.press("A")
        await shows(app, "A again: all 3 shown are reviewed")
        record.change("/home/ann/project/src/new.py", b"new\n", Kind.CREATED)
        await shows(app, "4 found")
        await pilot.press("A")  # what came since was not asked about
        await eventually(lambda: [sequence for sequence, _ in rows(record)] == [4, 7, 8])
        await pilot.press("u")
        await shows(app, "#9  created")
        await pilot.press("space")
        await shows(app, "1 change reviewed")
        await pilot.press("u")
        await shows(app, "nothing here is unreviewed")


async def test_what_others_reviewed_stays(record: RecordBuilder, make_app: Make) -> None:
    connect(record.database).execute(
        "INSERT INTO reviews SELECT recorder_id, 8, 'eve', 1, 'accepted', NULL FROM recorders"
    )
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        assert marks(app) == "✓"
        await pilot.press("space")
        await shows(app, "others reviewed it: that stays")
        assert marks(app) == "✓"


async def test_the_next_one_is_found_far_below(empty: RecordBuilder, make_app: Make) -> None:
    empty.many(b"/home/ann/project", 3000)
    connect(empty.database).execute(
        "INSERT INTO reviews SELECT recorder_id, sequence, 'eve', 1, 'accepted', NULL FROM changes WHERE sequence <> 77"
    )
    app = make_app(empty)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "3,000  ● live")
        await pilot.press("u")
        await shows(app, "2,924 of 3,000")
        await pilot.press("slash", *"file", "enter")
        await shows(app, "3,000 found")
        await pilot.press("u")
        await shows(app, "2,924 of ")


async def test_a_narrow_tree_gives_names_the_room_that_numbers_do_not_need(
    empty: RecordBuilder, make_app: Make
) -> None:
    path = "/home/ann/project/typing_extensions/PKG"
    empty.change(path, b"one\n", Kind.CREATED)
    connect(empty.database).execute("UPDATE roots SET changes = 1")
    app = make_app(empty)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "▸ typing_")
        await shows(app, "Directories   changes")
        await pilot.press("space")
        await shows(app, "Directories       new")
        await shows(app, "▸ typing_extensions")


async def test_taking_reviews_back_leaves_every_note(empty: RecordBuilder, make_app: Make) -> None:
    with empty.transaction():
        for number in range(30):
            empty.change(f"/home/ann/project/{number}", b"", Kind.CREATED, time_ns=START_NS)
    connect(empty.database).executemany(
        "INSERT INTO reviews SELECT recorder_id, ?, ?, 1, 'accepted', ? FROM recorders",
        [(1, user_name(), "one"), (2, user_name(), "two"), (3, user_name(), None)],
    )
    app = make_app(empty)
    async with app.run_test(size=(160, 40)) as pilot:
        await shows(app, "30 files")
        await eventually(lambda: marks(app) == "∙")
        await pilot.press("space")
        await eventually(lambda: marks(app) == "✓")
        await pilot.press("space")
        await shows(app, "28 changes not reviewed after all; note or pin on 2: stays")
        await eventually(lambda: marks(app) == "∙")
        assert rows(empty) == [(1, "one"), (2, "two")]
        await pilot.press("enter", "G", "space")
        await shows(app, "it has a note or a pin: N changes it")
        assert rows(empty) == [(1, "one"), (2, "two")]


async def test_a_note_is_seen_changed_and_taken_away(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("N", *"ask", "enter")
        await eventually(lambda: rows(record) == [(8, "ask")])
        await eventually(lambda: " note " in lines(app.log_view)[0])
        await pilot.press("N", *"ed", "enter")
        await eventually(lambda: rows(record) == [(8, "asked")])
        await pilot.press("N", "ctrl+u", "enter")
        await eventually(lambda: rows(record) == [(8, None)])
        await eventually(lambda: " note " not in lines(app.log_view)[0])


async def test_the_notes_of_several_changes_are_seen_changed_and_taken_away_together(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("N", *"own", "enter")
        await eventually(lambda: rows(record) == [(8, "own")])
        await pilot.press("g", "v", "j", "j", "N")
        await shows(app, "note, in place of 1: own")
        await pilot.press("ctrl+u", *"all", "enter")
        await eventually(lambda: rows(record) == [(6, "all"), (7, "all"), (8, "all")])
        await pilot.press("g", "N")
        await shows(app, " note: all")
        await pilot.press("ctrl+u", *"one", "enter")
        await eventually(lambda: rows(record) == [(6, "all"), (7, "all"), (8, "one")])
        await pilot.press("g", "v", "j", "j", "N")
        await shows(app, "note, in place of 3: ")
        assert not app.log_pane.note.entry.text, "they differ"
        await pilot.press("enter")
        await eventually(lambda: rows(record) == [(6, None), (7, None), (8, None)])


async def test_any_other_key_takes_back_the_question_of_a_folder(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("1", "space")
        await shows(app, "Space again reviews 8 changes")
        await pilot.press("j")
        await shows(app, lambda screen: "again reviews" not in screen)
        await pilot.press("k", "space")
        await shows(app, "Space again reviews 8 changes")
        assert not rows(record)
        await pilot.press("space")
        await eventually(lambda: len(rows(record)) == 8)


async def test_a_refusal_goes_with_the_next_key_once_it_was_read(
    record: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("1", "v")
        await shows(app, "v works in the log")
        await pilot.press("j", "k")
        assert "v works in the log" in text(app), "nobody has read it yet"
        monkeypatch.setattr("fcm_tui.review.refusing._READ", 0.0)
        await pilot.press("j")
        await shows(app, lambda screen: "v works in the log" not in screen)
        app.say("stands until it is mended", "warning", stays=True)
        await shows(app, "stands until it is mended")
        await pilot.press("k")
        await pilot.pause()
        assert "stands until it is mended" in text(app)


async def test_the_diff_reviews_and_goes_on(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("3", "o")
        await eventually(lambda: rows(record) == [(8, None)])
        await pilot.press("u")
        await eventually(lambda: app.log_view.cursor == 1)
        assert app.focused is app.diff_view
