"""Restoring from the screen in a real terminal: a hunk, a version; seen first, recorded, undone."""

from __future__ import annotations

import signal
import sys

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from tests.review.watched import NEW, OLD, Watched
from tests.waiting import wait_for


def test_one_hunk_is_undone_and_that_is_undone(watched: Watched) -> None:
    file = watched.write("a.txt", OLD)
    with watched.screen(str(watched.root)) as terminal:
        terminal.wait("● recording")
        file.write_text(NEW)
        terminal.wait("line ten")
        terminal.press("3")
        terminal.wait("▌Diff")
        terminal.press("G")
        terminal.wait("hunk 2 of 2")
        terminal.press("R")
        terminal.wait("undo this hunk, 2 of 2, at line 50")
        terminal.press("h")
        terminal.wait("y restores what hunk 2 of change 1 replaced")
        terminal.wait("line fifty")
        assert file.read_text() == NEW, "nothing is done before it is confirmed"
        terminal.press("y")
        terminal.wait("recorded as change 2. U undoes it.")
        assert file.read_text() == OLD.replace("line 10\n", "line ten\n")
        assert [c.origin for c in watched.changes()] == ["event", "restore"]
        terminal.press("U")
        terminal.wait("y restores what stood there before")
        terminal.press("y")
        terminal.wait("recorded as change 3. U undoes it.")
        assert file.read_text() == NEW
        terminal.press("U")
        terminal.wait("y restores what stood there before the restore that is change 3; Esc")
        terminal.press("enter", "y")
        terminal.wait("recorded as change 4. U undoes it.")
        assert file.read_text() == OLD.replace("line 10\n", "line ten\n")


def test_undoing_tells_beforehand_what_was_changed_since_and_goes_too(watched: Watched) -> None:
    file = watched.write("a.txt", OLD)
    with watched.screen(str(watched.root), columns=100) as terminal:
        terminal.wait("● recording")
        file.write_text(NEW)
        terminal.wait("line ten")
        terminal.press("R", "b")
        terminal.wait("y restores the version before change 1")
        terminal.press("y")
        terminal.wait("recorded as change 2. U undoes it.")
        terminal.press("U")
        terminal.wait("y restores what stood there before")
        assert "Changed since" not in terminal.text
        terminal.press("escape")
        terminal.wait(lambda screen: "y restores" not in screen)
        file.write_text(OLD + "mine\n")
        wait_for(lambda: len(watched.changes()) == 3)
        terminal.press("U")
        terminal.wait("Changed since the restore, which goes too: a.txt")
        terminal.press("escape")
        terminal.wait(lambda screen: "y restores" not in screen)
        assert file.read_text() == OLD + "mine\n"


def test_leaving_it_changes_nothing(watched: Watched) -> None:
    file = watched.write("a.txt", OLD)
    with watched.screen(str(watched.root)) as terminal:
        terminal.wait("● recording")
        file.write_text(NEW)
        terminal.wait("line ten")
        terminal.press("R")
        terminal.wait("the version before it")
        terminal.press("escape")
        terminal.wait(lambda screen: "the version before it" not in screen)
        terminal.press("R")
        terminal.wait("the version before it")
        terminal.press("b")
        terminal.wait("y restores the version before change 1")
        terminal.press("escape")
        terminal.wait("▌Log")
        terminal.press("R")
        terminal.wait("this version, after change 1")
        terminal.press("v")
        terminal.wait("Nothing to do: it is as it was.")
        terminal.press("q")
        terminal.wait("▌Log")
        assert file.read_text() == NEW


def test_a_version_of_the_history_through_a_rename_comes_back(watched: Watched) -> None:
    file = watched.write("story.txt", "one\n")
    with watched.screen(str(watched.root), columns=140, rows=40) as terminal:
        terminal.wait("● recording")
        file.write_text("two\n")
        terminal.wait("#1  modified")
        file.rename(watched.root / "tale.txt")
        terminal.wait("#2  moved")
        (watched.root / "tale.txt").write_text("three\n")
        terminal.wait("#3  modified")
        terminal.press("H")
        terminal.wait("1 of 4")
        terminal.press("left", "left")
        terminal.wait("#1  modified")
        terminal.press("R")
        terminal.wait("this version, after change 1")
        terminal.press("b")
        terminal.wait("y restores the version before change 1")
        terminal.wait("which was ")
        terminal.press("y")
        terminal.wait("recorded as change 4")
        terminal.wait("4 of 5")
        assert (watched.root / "tale.txt").read_text() == "one\n"
        terminal.press("escape")
        terminal.wait("▌Log")


def test_a_viewer_of_another_recorder_restores_through_it(watched: Watched) -> None:
    file = watched.write("a.txt", OLD)
    with watched.screen(str(watched.root)) as recorder:
        recorder.wait("● recording")
        file.write_text(NEW)
        recorder.wait("line ten")
        with watched.screen() as viewer:
            viewer.wait("◇ viewer")
            viewer.wait("line ten")
            viewer.press("R")
            viewer.wait("the version before it")
            viewer.press("b")
            viewer.wait("y restores")
            viewer.press("y")
            viewer.wait("recorded as change 2. U undoes it.")
            assert file.read_text() == OLD
        recorder.wait("by restore")


def test_a_key_that_would_leave_a_restore_halfway_is_told_that_it_goes_on(watched: Watched) -> None:
    file = watched.write("a.txt", OLD)
    with watched.recorder() as recorder, watched.screen() as terminal:
        file.write_text(NEW)
        terminal.wait("line ten")
        terminal.press("R", "b")
        terminal.wait("y restores the version before change 1")
        recorder.signal(signal.SIGSTOP)
        terminal.press("y")
        terminal.wait("Restoring: 1 of 1 step done…")
        terminal.press("q", "q")
        terminal.wait("It goes on to its end; U undoes it then.")
        recorder.signal(signal.SIGCONT)
        terminal.wait("Restored: 1 step done")
        assert file.read_text() == OLD
