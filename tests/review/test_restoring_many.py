"""Restoring many files at once from the screen in a real terminal: a folder as it was, a whole burst."""

from __future__ import annotations

import sys
from datetime import datetime

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from tests.review.watched import NEW, OLD, Watched
from tests.waiting import wait_for


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
        wait_for(lambda: any(change.path.endswith(b"later.txt") for change in watched.changes()))
        terminal.press("U")
        terminal.wait("y restores what stood there before")
        terminal.press("y")
        wait_for(lambda: (watched.root / "made.txt").exists())
        terminal.wait("Restored: 30 steps done")
        assert (watched.root / "made.txt").read_text() == "made\n"
        assert (watched.root / "f1.txt").read_text() == "new\n"
        assert (watched.root / "later.txt").exists(), "undoing concerns the files of the restore"


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
