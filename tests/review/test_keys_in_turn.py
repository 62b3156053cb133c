"""Keys pressed at once: what a key opens gets the one behind it, however long the opening takes."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual import events

from fcm_tui.review.acts import exporting
from fcm_tui.review.app import ReviewApp
from fcm_tui.review.files.history import HistoryScreen
from fcm_tui.review.parts.menu import Menu
from fcm_tui.store.reading import patches
from tests.review.builder import RecordBuilder, connect
from tests.review.keyboard import NAMES, at_once, settled
from tests.review.screens import shows, text
from tests.waiting import eventually

Make = Callable[..., ReviewApp]


async def test_a_menu_gets_the_key_behind_it(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)):
        await shows(app, "line ten")
        at_once(app, "yp")
        await shows(app, "The path: ")
        assert not isinstance(app.screen, Menu)


async def test_a_filter_written_at_once_is_kept_whole_and_the_log_gets_the_rest(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)):
        await shows(app, "line ten")
        at_once(app, "/*.py\rj")
        await settled(app)
        assert app.log_pane.bar.entry.text == "*.py" and app.focused is app.log_view
        await eventually(lambda: app.log_view.total == 3)


async def test_the_list_of_a_filter_gets_the_keys_behind_it(record: RecordBuilder, make_app: Make) -> None:
    """And not the change that was there before, which the filter may hide."""
    app = make_app(record)
    async with app.run_test(size=(120, 40)):
        await shows(app, "line ten")
        at_once(app, "/*.py\rjj")
        await settled(app)
        assert app.log_view.total == 3
        await eventually(lambda: app.log_view.cursor == 2)
        at_once(app, "\x1b/blob\r ")
        await shows(app, "1 change reviewed")
        assert connect(record.database).execute("SELECT sequence FROM reviews").fetchall() == [(6,)]
        at_once(app, "\x1b/crlfZ\b\x15.env\rH")
        await shows(app, lambda screen: "▌History  .env" in screen)


async def test_the_list_of_a_folder_gets_the_keys_behind_it(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)):
        await shows(app, "line ten")
        await shows(app, "▸ src")
        at_once(app, "1j\r2 ")
        await shows(app, "1 change reviewed")
        assert connect(record.database).execute("SELECT sequence FROM reviews").fetchall() == [(7,)]


async def test_a_note_and_what_follows(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)):
        await shows(app, "line ten")
        at_once(app, "Nwho?\rjj")
        await eventually(lambda: app.log_view.cursor == 2)
        await shows(app, "1 change reviewed")


async def test_a_history_gets_its_keys(record: RecordBuilder, make_app: Make) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)):
        await shows(app, "line ten")
        at_once(app, "jHz")
        await eventually(lambda: isinstance(app.screen, HistoryScreen))
        await settled(app)
        await shows(app, lambda screen: "History" in screen and " Diff" not in screen)
        at_once(app, "\x1bk")
        await eventually(lambda: app.log_view.cursor == 0)


async def test_what_is_being_read_for_a_prompt_holds_the_keys(
    record: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    may_read = threading.Event()
    patch_of = patches.patch_of

    def slowly(*args: Any) -> bytes:
        may_read.wait(20)
        return patch_of(*args)

    monkeypatch.setattr(patches, "patch_of", slowly)
    monkeypatch.chdir(tmp_path)
    app = make_app(record)
    async with app.run_test(size=(120, 40)):
        await shows(app, "line ten")
        at_once(app, "xc2jq\r")
        await eventually(lambda: app._opening)
        await asyncio.sleep(0)
        assert app.log_view.cursor == 0
        may_read.set()
        await shows(app, "change-8.patch2jq")
        await eventually((tmp_path / "change-8.patch2jq").exists)
        assert app.return_value is None


async def test_escape_takes_back_what_waits(
    record: RecordBuilder, make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_read = threading.Event()

    def slowly(*args: Any) -> bytes:
        may_read.wait(20)
        return b""

    monkeypatch.setattr(patches, "patch_of", slowly)
    app = make_app(record)
    async with app.run_test(size=(120, 40)) as pilot:
        await shows(app, "line ten")
        at_once(app, "xcG")
        await eventually(lambda: app._opening)
        await pilot.press("escape", "j")
        await eventually(lambda: app.log_view.cursor == 1)
        may_read.set()
        await shows(app, "nothing is left to export")
        await settled(app)
        assert app.log_view.cursor == 1, text(app)


async def test_keys_that_move_wait_for_nothing(empty: RecordBuilder, make_app: Make) -> None:
    empty.many(b"/home/ann/project", 2000)
    app = make_app(empty)
    async with app.run_test(size=(80, 24)):
        await shows(app, "2,000")
        at_once(app, "j" * 1500 + "k" * 3)
        await settled(app)
        await eventually(lambda: app.log_view.cursor == 1497)


async def test_what_ends_late_of_an_earlier_key_lets_no_other_pass_the_one_on_its_way(
    record: RecordBuilder, make_app: Make
) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)):
        await shows(app, "line ten")
        earlier = app._turn
        for letter in "yP":
            await app.on_event(events.Key(NAMES.get(letter, letter), letter))
        await app._next(earlier)
        assert [event.key for event in app._ahead] == ["P"], "it waits for the menu that y opens"
        await eventually(lambda: not app._ahead)


def hold_writing(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Files are written once the first is set; the second tells that one was."""
    goes_on, is_over = threading.Event(), threading.Event()
    real = exporting.write

    def write(*arguments: Any, **options: Any) -> None:
        goes_on.wait(30)
        real(*arguments, **options)
        is_over.set()

    monkeypatch.setattr(exporting, "write", write)
    return goes_on, is_over


async def test_what_is_pressed_while_a_file_is_written_is_for_the_screen_below(
    record: RecordBuilder, make_app: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, _ = hold_writing(monkeypatch)
    app = make_app(record)
    async with app.run_test(size=(120, 40)):
        await shows(app, "line ten")
        at_once(app, f"xc\x15{tmp_path}/jj\r")
        await shows(app, "writing…")
        at_once(app, "H")
        goes_on.set()
        await eventually(lambda: isinstance(app.screen, HistoryScreen))
        assert (tmp_path / "jj").exists()


async def test_esc_leaves_a_question_that_is_being_worked_at_and_its_end_closes_nothing_else(
    record: RecordBuilder, make_app: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    goes_on, is_over = hold_writing(monkeypatch)
    app = make_app(record)
    async with app.run_test(size=(120, 40)):
        await shows(app, "line ten")
        at_once(app, f"xc\x15{tmp_path}/jj\r")
        await shows(app, "writing…")
        at_once(app, "\x1bH")
        await eventually(lambda: isinstance(app.screen, HistoryScreen))
        goes_on.set()
        await asyncio.to_thread(is_over.wait, 30)
        await settled(app)
        assert isinstance(app.screen, HistoryScreen)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo terminals")
def test_in_a_terminal_too(record: RecordBuilder, tmp_path: Path) -> None:
    from tests.ptyharness import Terminal

    argv = [sys.executable, "-m", "tests.review.look", str(record.database)]
    with Terminal(
        argv, columns=100, rows=24, environ={"LC_ALL": "C.UTF-8"}, cwd=str(Path(__file__).parents[2])
    ) as terminal:
        terminal.wait("line ten")
        terminal.press(f"xc\x15{tmp_path}/jj\r")
        terminal.wait("Written to")
        assert (tmp_path / "jj").read_bytes().startswith(b"diff --git")
        terminal.press("yPH")
        terminal.wait("History")
        terminal.press("q")
        terminal.wait("▌Log")
        assert terminal.leave() == 0


@pytest.mark.parametrize("letter", ["j", "r", "\r"])
async def test_a_key_whose_turn_comes_after_the_screens_are_closed_ends_in_nothing(
    record: RecordBuilder, make_app: Make, letter: str
) -> None:
    app = make_app(record)
    async with app.run_test(size=(120, 40)):
        await shows(app, "line ten")
    key = events.Key(NAMES.get(letter, letter), letter)
    await app.on_event(key)
    key._set_forwarded()
    await app.on_event(key)  # as it comes back from the widget that had it
    assert app.crash is None
