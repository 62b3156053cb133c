"""Restoring from the screen in a real terminal: a hunk, a version, a folder; seen first, recorded, undone."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from tests.ptyharness import Terminal
from tests.review.builder import RecordBuilder
from tests.review.watched import Watched
from tests.waiting import wait_for

OLD = "".join(f"line {number}\n" for number in range(1, 61))
NEW = OLD.replace("line 10\n", "line ten\n").replace("line 50\n", "line fifty\n")


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


@contextmanager
def paused(watched: Watched, file: Path) -> Iterator[Terminal]:
    """A screen that recorded a change of a file, and was told to pause."""
    with watched.screen(str(watched.root)) as terminal:
        terminal.wait("● recording")
        file.write_text(NEW)
        terminal.wait("line ten")
        terminal.press("r")
        terminal.wait("r again pauses recording")
        terminal.press("r")
        terminal.wait("‖ paused")
        yield terminal


def test_while_recording_is_paused_it_is_refused_before_it_is_asked_for(watched: Watched) -> None:
    file = watched.write("a.txt", OLD)
    with paused(watched, file) as terminal:
        terminal.press("R", "b")
        terminal.wait("recording is paused by")
        assert "line ten" in terminal.text and "y restores" not in terminal.text
        terminal.press("y", "escape")
        terminal.wait("▌Log")
        terminal.press("r")
        terminal.wait("● recording")
        terminal.press("R", "b")
        terminal.wait("y restores the version before change 1")
        terminal.press("escape")
        terminal.wait("▌Log")
        assert file.read_text() == NEW


def test_while_recording_is_paused_nothing_is_promised_of_what_changed_meanwhile(watched: Watched) -> None:
    file = watched.write("a.txt", OLD)
    with paused(watched, file) as terminal:
        file.write_text(NEW + "more\n")
        terminal.press("R", "b")
        terminal.wait("recording is paused by")
        assert "y restores" not in terminal.text
        terminal.press("escape")
        terminal.wait("▌Log")
        assert file.read_text() == NEW + "more\n"


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


def test_a_folder_as_it_was_and_back(watched: Watched) -> None:
    for name in ("src/a.txt", "src/b.txt"):
        watched.write(name, "old\n")
    with watched.screen(str(watched.root), columns=120, rows=40) as terminal:
        terminal.wait("● recording")
        watched.write("src/a.txt", "new\n")
        terminal.wait("#1  modified")
        (watched.root / "src/b.txt").unlink()
        terminal.wait("#2  deleted")
        watched.write("src/c.txt", "came\n")
        terminal.wait("#3  created")
        terminal.press("j", "j")
        terminal.wait("#1  modified")
        terminal.press("R")
        terminal.wait("the folder src as it was after change #1")
        terminal.press("f")
        terminal.wait("2 steps. y restores")
        terminal.wait("would remove")
        terminal.press("y")
        terminal.wait("2 steps done, recorded as changes 4 to 5.")
        assert sorted(p.name for p in (watched.root / "src").iterdir()) == ["a.txt", "b.txt"]
        terminal.press("U")
        terminal.wait("y restores what stood there before the restore that is changes 4 to 5;")
        terminal.press("y")
        terminal.wait("2 steps done, recorded as changes 6 to 7.")
        assert sorted(p.name for p in (watched.root / "src").iterdir()) == ["a.txt", "c.txt"]


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


def test_what_could_not_be_brought_back_is_lost_only_when_that_is_said(watched: Watched) -> None:
    """A file came to stand, as a secret that is not kept, where another one would be brought back."""
    file = watched.write("a.txt", "harmless\n")
    with watched.screen(str(watched.root)) as terminal:
        terminal.wait("● recording")
        file.write_text(
            "-----BEGIN RSA PRIVATE KEY-----\n" + "MIIEpAIBAAKCAQEA" * 8 + "\n-----END RSA PRIVATE KEY-----\n"
        )
        secret = file.read_bytes()
        terminal.wait("it holds secrets")
        terminal.press("R")
        terminal.wait("the version before it")
        terminal.press("b")
        terminal.wait("F restores all")
        terminal.press("y", "enter")
        assert file.read_bytes() == secret
        terminal.press("F")
        terminal.wait("recorded as change 2")
        assert file.read_text() == "harmless\n"


def test_a_record_that_is_only_looked_at(record: RecordBuilder) -> None:
    root = Path(__file__).parents[2]
    argv = [sys.executable, "-m", "tests.review.look", str(record.database)]
    with Terminal(argv, environ={"LC_ALL": "C.UTF-8"}, cwd=str(root)) as terminal:
        terminal.wait("line ten")
        terminal.press("R")
        terminal.wait("reviewer's seat")
        assert terminal.leave() == 0


def test_the_editor_gets_the_terminal_and_recording_goes_on(watched: Watched) -> None:
    file = watched.write("a.txt", OLD)
    editor = watched.root.parent / "vi"
    editor.write_text('#!/bin/sh\necho "editing $1 $2"\nread answer\necho edited >> "$2"\n')
    editor.chmod(0o755)
    with watched.screen(str(watched.root), columns=140, environ={"VISUAL": str(editor)}) as terminal:
        terminal.wait("● recording")
        file.write_text(NEW)
        terminal.wait("line ten")
        terminal.press("3")
        terminal.wait("▌Diff")
        terminal.press("G")
        terminal.wait("hunk 2 of 2")
        terminal.press("e")
        terminal.wait(f"editing +50 {file}")
        watched.write("b.txt", "meanwhile\n")
        wait_for(lambda: len(watched.changes()) == 2)
        terminal.press("enter")
        terminal.wait("▌Diff")
        wait_for(lambda: len(watched.changes()) == 3)
        terminal.press("2")
        terminal.wait("▌Log")
        terminal.press("g")
        terminal.wait("#3  modified")
        terminal.wait("edited")


def test_a_burst_is_undone_as_a_whole_and_that_is_undone(watched: Watched) -> None:
    for number in range(30):
        watched.write(f"f{number}.txt", "old\n")
    with watched.screen(str(watched.root), columns=120, rows=40) as terminal:
        terminal.wait("● recording")
        for number in range(1, 30):
            (watched.root / f"f{number}.txt").write_text("new\n")
        watched.write("made.txt", "made\n")
        terminal.wait("▸ 30 files")
        terminal.press("R")
        terminal.wait("undo the whole burst")
        terminal.press("u")
        terminal.wait("30 steps. y restores the files of ")
        terminal.press("y")
        terminal.wait("Restored: 30 steps done")
        assert {path.read_text() for path in watched.root.iterdir()} == {"old\n"}
        watched.write("later.txt", "not of the burst\n")
        terminal.wait("later.txt")
        terminal.press("U")
        terminal.wait("y restores what stood there before")
        terminal.press("y")
        wait_for(lambda: (watched.root / "made.txt").exists())
        terminal.wait("Restored: 30 steps done")
        assert (watched.root / "made.txt").read_text() == "made\n"
        assert (watched.root / "f1.txt").read_text() == "new\n"
        assert (watched.root / "later.txt").exists(), "undoing concerns the files of the restore"


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


def test_a_hunk_whose_lines_have_changed_is_refused_with_the_key_that_helps(watched: Watched) -> None:
    file = watched.write("a.txt", OLD)
    with watched.screen(str(watched.root), columns=200) as terminal:
        terminal.wait("● recording")
        file.write_text(OLD.replace("line 10\n", "line ten\n"))
        terminal.wait("#1  modified")
        file.write_text(OLD.replace("line 10\n", "line 10.0\n"))
        terminal.wait("#2  modified")
        terminal.press("j")
        terminal.wait("#1  modified")
        terminal.press("R")
        terminal.wait("undo this hunk, 1 of 1, at line 10")
        terminal.press("h")
        terminal.wait("have changed since. R b undoes the whole change. Esc goes back.")
        assert "fcm-tui restore" not in terminal.text
        terminal.press("q")
        terminal.wait("▌Log")
        terminal.press("R")
        terminal.wait("undo the whole change: the version before it")
        terminal.press("b")
        terminal.wait("y restores the version before change 1; Esc")
        terminal.press("y")
        terminal.wait("Restored")
        assert file.read_text() == OLD


def test_a_folder_as_it_was_at_a_moment_that_one_writes(watched: Watched) -> None:
    file, gone = watched.write("a.txt", OLD), watched.write("gone.txt", "it was here\n")
    watched.write("same.txt", "same\n")
    with watched.screen(str(watched.root)) as terminal:
        terminal.wait("● recording")
        then = datetime.now().isoformat(sep=" ")
        file.write_text(NEW)
        terminal.wait("line ten")
        gone.unlink()
        terminal.wait("- gone.txt")
        new = watched.write("new.txt", "brand new\n")
        terminal.wait("+ new.txt")
        terminal.press("1", "@")
        terminal.wait("root as it was at")
        assert "Directories" in terminal.text  # under the question
        terminal.press("soon", "enter")
        terminal.wait("is not a moment")
        terminal.press("ctrl+u", "1999-01-01", "enter")
        terminal.wait("not further")
        terminal.press("ctrl+u", then, "enter")
        terminal.wait("3 files in")
        terminal.wait("- line 10")
        terminal.press("N")
        terminal.wait("file 2 of 3")
        terminal.press("G")
        terminal.wait("1 + brand new")
        terminal.press("R")
        terminal.wait("leaves all as it is")
        terminal.press("y")
        terminal.wait("U undoes it")
        terminal.wait("0 files in")
        assert file.read_text() == OLD and gone.exists() and not new.exists()
        terminal.press("U")
        terminal.wait("leaves all as it is")
        terminal.press("y")
        terminal.wait("3 files in")
        assert file.read_text() == NEW and not gone.exists() and new.exists()
        terminal.press("escape")
        terminal.wait("▌Directories")


def test_files_that_are_not_kept_are_told_first_and_counted(watched: Watched) -> None:
    for name, text in ((".env", "KEY=then\n"), ("a.txt", "old\n")):
        watched.write(name, text)
    with watched.screen(str(watched.root), columns=120) as terminal:
        terminal.wait("● recording")
        watched.write("a.txt", "new\n")
        terminal.wait("#1  modified")
        watched.write("b.txt", "b\n")
        terminal.wait("#2  created")
        watched.write(".env", "KEY=now\n")
        terminal.wait("#3  modified")
        watched.write("id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\n")
        terminal.wait("#4  created")
        terminal.press("G", "k")
        terminal.wait("#1  modified")
        terminal.press("R")
        terminal.wait("the folder root as it was after")
        terminal.press("f")
        terminal.wait("1 step, 2 cannot be done. y restores")
        told = [line for line in terminal.text.splitlines() if "cannot " in line or "would " in line]
        assert ["bring back .env" in told[0], "remove id_rsa" in told[1], "remove b.txt" in told[2]] == [
            True
        ] * 3
        terminal.press("y")
        terminal.wait("Restored: 1 step done, 2 left alone")
        assert (watched.root / "id_rsa").exists()
