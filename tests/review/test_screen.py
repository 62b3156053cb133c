"""The three panes in one process: what they show, and what keys do."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from fcm_tui.errors import StoreError
from fcm_tui.model import Kind
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.look.theme import Themes
from fcm_tui.review.parts.pane import Pane
from fcm_tui.settings.config import Settings
from fcm_tui.store.reading.filters import Filters
from tests.review.builder import RecordBuilder, native
from tests.review.fake_engine import FakeEngine, FakeProgress, FakeState
from tests.review.screens import lines, shows, text
from tests.waiting import eventually

Make = Callable[..., ReviewApp]
SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.mark.parametrize("size", SIZES)
async def test_panes_show_directories_log_and_diff(
    record: RecordBuilder, make_app: Make, size: tuple[int, int]
) -> None:
    app = make_app(record)
    async with app.run_test(size=size) as pilot:
        await shows(app, "line ten")
        await shows(app, "▾ project")
        log = lines(app.log_view)
        assert [re.findall(r" ([-+~→·]) ", row)[0] for row in log[:8]] == list("~~~+·→-+")
        assert "moved.txt ← notes.txt" in log[5]
        assert "secret" in log[3]
        assert "main.py" in log[0] and re.search(r"\+1 +~1 +-1$", log[0])
        await shows(app, "3 hunks" if size[1] > 50 else "hunk 1 of 3")
        await shows(app, "◇ viewer")
        await pilot.press("q")
    assert app.return_value == 0


async def test_log_keys_change_the_diff(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(
            app, lambda screen: "line ten" in screen and "owner ann" in screen and "by ann" not in screen
        )
        await pilot.press("j")
        await shows(app, "by vim of ann")
        await pilot.press("down")
        await shows(app, "text → Binary, 792 B → 1.5 kB")
        await pilot.press("j")
        await shows(app, "it holds secrets")
        await pilot.press("j")
        await shows(app, "Only metadata changed: mode -rw-r--r--")
        await pilot.press("j")
        await shows(app, "Moved from /home/ann/project/notes.txt")
        await pilot.press("j")
        await shows(app, "Deleted; it had 792 B.")
        await pilot.press("G")
        await shows(app, "first")
        assert app.log_view.cursor == 7
        await pilot.press("k", "up")
        assert app.log_view.cursor == 5
        await pilot.press("g")
        await shows(app, "line ten")


async def test_tab_enter_and_numbers_move_between_panes(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        assert app.focused is app.log_view
        for key, view in (
            ("tab", app.diff_view), ("tab", app.tree_view), ("shift+tab", app.diff_view),
            ("enter", app.log_view), ("enter", app.diff_view), ("escape", app.log_view), ("1", app.tree_view),
            ("3", app.diff_view), ("2", app.log_view), ("h", app.tree_view),
        ):  # fmt: skip
            await pilot.press(key)
            assert app.focused is view, key
            assert [pane.view for pane in app.query(Pane) if pane.title.focused] == [view]


async def test_hunk_keys_go_through_the_diff(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("3", "n", "n")
        await shows(app, "53  52   line 53")
        await pilot.press("G")
        await shows(app, "90 + more")
        await shows(app, "hunk 3 of 3")
        await pilot.press("p", "p")
        await shows(app, "hunk 1 of 3")
        await pilot.press("f")
        await shows(app, lambda screen: "unchanged" not in screen and "15  15   line 15" in screen)
        await pilot.press("f", "g", "s")
        await shows(app, "- line 10")
        row = next(row for row in lines(app.diff_view) if "line ten" in row)
        assert "- line 10" in row and "│" in row and "+ line ten" in row


async def test_filter_from_the_tree_and_back(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "▸ src")
        await pilot.press("1", "j")
        assert "src" in lines(app.tree_view)[app.tree_view.cursor]
        await pilot.press("enter")
        await shows(app, "Log  in src")
        await eventually(lambda: app.log_view.total == 2)
        await pilot.press("l")
        await shows(app, "    util.py")
        await pilot.press("escape")
        await eventually(lambda: app.log_view.total == 8)
        await pilot.press("h", "h")
        assert app.tree_view.cursor == 0


async def test_new_changes_arrive_live_and_following_shows_them(
    record: RecordBuilder, make_app: Make
) -> None:
    engine = FakeEngine()
    app = make_app(record, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await eventually(lambda: engine.started)
        record.change("/home/ann/project/fresh.txt", b"brand new\n", Kind.CREATED)
        engine.committed(9, 9)
        await shows(app, "brand new")
        await pilot.press("j", "j")
        held = lines(app.log_view)[app.log_view.cursor]
        record.change("/home/ann/project/fresh.txt", b"newer still\n")
        engine.committed(10, 10)
        await eventually(lambda: app.log_view.total == 10)
        assert app.log_view.cursor == 3
        assert lines(app.log_view)[3] == held, "the view must stand still under a cursor that reads"
        await pilot.press("g")
        await shows(app, "newer still")


async def test_reading_a_diff_is_not_disturbed(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.press("enter")
        record.change("/home/ann/project/fresh.txt", b"brand new\n", Kind.CREATED)
        await eventually(lambda: app.log_view.total == 9)
        assert app.log_view.cursor == 1
        assert "line ten" in text(app)
        await pilot.press("K")
        await shows(app, "brand new")


async def test_a_viewer_follows_another_process(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record, None, lambda: "PID 4711 records")
    async with app.run_test(size=(120, 40)):
        await shows(app, "◇ viewer   PID 4711 records")
        record.change("/home/ann/project/fresh.txt", b"from elsewhere\n", Kind.CREATED)
        await shows(app, "from elsewhere")


async def test_quit_waits_until_the_recorder_has_ended(record: RecordBuilder, make_app: Make) -> None:
    engine = FakeEngine()
    engine.may_stop.clear()
    app = make_app(record, engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await eventually(lambda: engine.started)
        await pilot.press("q")
        await shows(app, "Leaving ends the recording of 1 folder.  Enter leaves Esc stays")
        await pilot.press("escape")
        await shows(app, "● recording")
        assert engine.stops == 0
        await pilot.press("q", "q")
        await shows(app, "stopping")
        assert engine.stops == 1
        assert app.return_value is None
        engine.may_stop.set()
        await eventually(lambda: engine.ended)
    assert app.return_value == 0


@pytest.mark.parametrize(
    "keys", [("q", "enter"), ("q", "y"), ("ctrl+c",), ("ctrl+q",), ("R", "ctrl+c"), ("slash", "ctrl+c")]
)
async def test_ways_to_leave(record: RecordBuilder, make_app: Make, keys: tuple[str, ...]) -> None:
    engine = FakeEngine()
    app = make_app(record, engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press(*keys)
        await eventually(lambda: engine.ended)
    assert app.return_value == 0


async def test_nobody_is_asked_who_does_not_want_it(record: RecordBuilder) -> None:
    engine = FakeEngine()
    app = ReviewApp(
        database=record.database,
        engine=engine,
        themes=Themes("dark", colours="truecolor"),
        settings=Settings(ask_before_leaving=False),
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("q")
        await eventually(lambda: engine.ended)
    assert app.return_value == 0


async def test_a_failed_recorder_leaves_the_screen_and_says_why(
    record: RecordBuilder, make_app: Make
) -> None:
    engine = FakeEngine(failure=StoreError("the disk is full: free some space"))
    app = make_app(record, engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "✗ not recording   the disk is full: free some space")
        await pilot.press("q")
    assert app.return_value == 0


async def test_an_unforeseen_failure_of_the_recorder_is_contained(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record, FakeEngine(failure=ZeroDivisionError("one [/] by\x1b nought")))
    async with app.run_test(size=(120, 24)):
        await shows(app, "recording failed: ZeroDivisionError: one [/] by␛ nought")


async def test_baseline_progress_and_messages(record: RecordBuilder, make_app: Make) -> None:
    state = FakeState("baseline", progress=FakeProgress(2500, 10_000, 250_000_000, 4.0))
    app = make_app(record, FakeEngine(state))
    async with app.run_test(size=(120, 40)):
        await shows(app, "◐ first look ━━━━━━━━━━ 2,500 of 10,000 files, 250 MB, 12 s left")
        state.phase, state.files, state.message = (
            "recording",
            10_000,
            "the watch limit is too small: polling /srv",
        )
        await shows(app, "● recording   the watch limit is too small: polling /srv   10,000 files")


async def test_a_later_start_is_no_first_look(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record, FakeEngine(FakeState("scanning")))
    async with app.run_test(size=(120, 24)):
        await shows(app, "◐ scanning")


async def test_a_record_that_does_not_exist_yet_is_waited_for(empty: RecordBuilder, make_app: Make) -> None:
    empty.close()  # Windows renames no file that is open so
    hidden = empty.database.rename(empty.database.with_suffix(".later"))
    app = make_app(empty, FakeEngine(FakeState("starting")))
    async with app.run_test(size=(80, 24)):
        await shows(app, "starting")
        await shows(app, "Reading the record…")
        hidden.rename(empty.database)
        await shows(app, "▾ project")
        await shows(app, "Looking for what changed while")


@pytest.mark.parametrize(
    ("phase", "said"),
    [
        ("starting", "Looking for what changed while"),
        ("scanning", "Looking for what changed while"),
        ("baseline", "What changes after that appears here."),
    ],
)
async def test_nothing_is_said_to_have_changed_before_that_is_known(
    empty: RecordBuilder, make_app: Make, phase: str, said: str
) -> None:
    state = FakeState(phase)
    app = make_app(empty, FakeEngine(state))
    async with app.run_test(size=(120, 24)):
        screen = await shows(app, said)
        assert "has changed yet" not in screen and "0+" not in screen
        state.phase = "recording"
        await shows(app, "Nothing has changed yet.")
        await shows(app, "What the selected change did to its file stands here.")


async def test_a_viewer_says_what_the_record_has(empty: RecordBuilder, make_app: Make) -> None:
    app = make_app(empty)
    async with app.run_test(size=(120, 24)):
        await shows(app, "No change is recorded yet.")


async def test_zoom_gives_the_pane_the_screen(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(80, 24)) as pilot:
        await shows(app, "line ten")
        await pilot.press("3", "z")
        await eventually(lambda: app.diff_view.size.height == 22)
        assert "Directories" not in text(app)
        await pilot.press("tab")
        await eventually(lambda: app.tree_view.size.height == 22)
        await pilot.press("escape")
        await shows(app, lambda screen: "Directories" in screen and "Diff" in screen)


async def test_resize_to_nothing_and_back(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        for size in ((1, 1), (20, 5), (5, 50), (300, 3), (80, 24), (200, 60)):
            await pilot.resize_terminal(*size)
            await pilot.press("j", "tab")
            await pilot.pause()
        await shows(app, "Directories")


async def test_mouse_selects_a_row(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        await pilot.click(app.log_view, offset=(20, 1))
        assert app.log_view.cursor == 1
        await pilot.click(app.diff_view, offset=(20, 1))
        assert app.focused is app.diff_view


async def test_a_gap_is_marked_at_its_place_and_told_when_the_cursor_is_there(
    record: RecordBuilder, make_app: Make
) -> None:
    record.gap(b"/home/ann/project", after=6, found=1)
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "last gap")
        await eventually(lambda: [row[:1] for row in lines(app.log_view)[:9]] == list("  ┄      "))
        assert "1 change found by scan (not running)" in lines(app.log_view)[2]
        await pilot.press("j", "j")
        await shows(app, "┄ gap")
        await pilot.press("j")
        await shows(app, "last gap")
        await pilot.press("q")


async def test_a_gap_elsewhere_is_not_marked_where_one_folder_is_shown(
    record: RecordBuilder, make_app: Make
) -> None:
    record.root("/home/ann/other")
    record.gap(b"/home/ann/other", after=6, found=1)
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await eventually(lambda: "┄" in text(app))
        await app.log_view.load(Filters(path=native("/home/ann/project")))
        await eventually(lambda: "┄" not in text(app))
        await pilot.press("q")


async def test_a_standstill_is_said_first(record: RecordBuilder, make_app: Make) -> None:
    engine = FakeEngine(state=FakeState(standing_still=True, message="recording stands still: no room"))
    app = make_app(record, engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "✗ standing still")
        await shows(app, "recording stands still: no room")
        await pilot.press("q", "q")
    assert app.return_value == 0
