"""What people come for, key by key, in whatever terminal they sit at."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from fcm_tui.model import Kind
from tests.ptyharness import Terminal
from tests.review.builder import START_NS, RecordBuilder, connect
from tests.waiting import wait_for

ROOT = str(Path(__file__).parents[2])
PROGRAM = [sys.executable, "-m", "fcm_tui"]
AT = "/home/ann/project/"
HOUR = 3600 * 10**9

Open = Callable[..., Terminal]
"""`open(argv, environ=…, cwd=…)`: a program in the terminal of this run."""
Journey = Callable[[Open, Path], None]


def _viewer(record: RecordBuilder) -> list[str]:
    return [sys.executable, "-m", "tests.review.look", str(record.database)]


def _leave(terminal: Terminal) -> None:
    assert terminal.leave() == 0


def first_run(open: Open, folder: Path) -> None:
    """From nothing to the first change that is recorded."""
    work = folder / "work"
    work.mkdir()
    with open(PROGRAM, environ={"FCM_DATA_DIR": str(folder / "data")}, cwd=str(work)) as terminal:
        terminal.wait("Record this directory?")
        terminal.press("enter")
        terminal.wait("● recording")
        (work / "new.py").write_text("import os\n")
        terminal.wait("+ new.py")
        terminal.wait("1 + import os")
        terminal.press("?")
        terminal.wait("Esc closes it")
        terminal.press("escape")
        terminal.wait("1 + import os")
        _leave(terminal)


def _record(folder: Path) -> RecordBuilder:
    record = RecordBuilder(folder / "record.sqlite")
    record.root(AT[:-1])
    return record


def night(open: Open, folder: Path) -> None:
    """Which files did the nightly job change, and what in them?"""
    record = _record(folder)
    with record.transaction():
        for number in range(30):
            record.file(f"{AT}conf/{number}.ini", b"a = 1\nport = 80\n")
        for number in range(30):
            record.change(f"{AT}notes{number}.txt", b"by day\n", Kind.CREATED, process="vim")
        for number in (3, 7):
            record.change(
                f"{AT}conf/{number}.ini", b"a = 1\nport = 8%d\n" % number,
                process="nightly", time_ns=START_NS + 13 * HOUR + number,
            )  # fmt: skip
    with open(_viewer(record), environ={"TZ": "UTC"}, cwd=ROOT) as terminal:
        terminal.wait("+ port = 87")
        terminal.press("/")
        terminal.wait("Tab kind:")
        terminal.press(*'since:"2026-09-22 02:00" by:night')
        terminal.wait("2 found")
        terminal.press("enter")
        terminal.wait("▌Log")
        terminal.wait("by nightly of ann")
        terminal.press("down")
        terminal.wait("+ port = 83")
        terminal.press("enter")
        terminal.wait("▌Diff")
        terminal.press("escape", "escape")
        terminal.wait(lambda screen: "32" in screen and "found" not in screen)
        _leave(terminal)
    record.close()


def review(open: Open, folder: Path) -> None:
    """Fifty changes: a burst at once, the others one by one."""
    record = _record(folder)
    with record.transaction():
        for number in range(1, 9):
            record.change(f"{AT}a{number}.py", b"x = %d\n" % number, Kind.CREATED)
        for number in range(42):
            time_ns = START_NS + 10**12 + number
            record.change(f"{AT}src/f{number}.py", b"x\n", Kind.CREATED, time_ns=time_ns)

    def reviewed() -> int:
        with connect(record.database) as connection:
            return int(connection.execute("SELECT count(*) FROM reviews").fetchone()[0])

    with open(_viewer(record), cwd=ROOT) as terminal:
        terminal.wait("▸ 42 files in src")
        terminal.press("space")
        terminal.wait("42 changes reviewed")
        for left in range(8, 0, -1):
            terminal.press("u")
            terminal.wait(f"#{left}  ")
            terminal.press("space")
            wait_for(lambda left=left: reviewed() == 51 - left)  # type: ignore[misc]
        terminal.press("u")
        terminal.wait("nothing here is unreviewed")
        _leave(terminal)
    assert reviewed() == 50
    record.close()


def restore(open: Open, folder: Path) -> None:
    """Of two changed places one goes back to what it was; then that is undone."""
    work = folder / "work"
    work.mkdir()
    lines = [f"line {number}\n" for number in range(1, 201)]
    file = work / "story.txt"
    file.write_text("".join(lines))
    environ = {"FCM_DATA_DIR": str(folder / "data")}
    with open([*PROGRAM, str(work)], rows=16, environ=environ, cwd=ROOT) as terminal:
        terminal.wait("● recording")
        changed = list(lines)
        changed[9], changed[149] = "line ten\n", "line hundred and fifty\n"
        file.write_text("".join(changed))
        terminal.wait("- line 10")
        terminal.press("3", "z")
        terminal.wait(lambda screen: screen.startswith("▌Diff") and "+ line ten" in screen)
        terminal.press("G")
        terminal.wait("hunk 2 of 2")
        terminal.wait("+ line hundred and fifty")
        terminal.press("R")
        terminal.wait("undo this hunk, 2 of 2")
        terminal.press("h")
        terminal.wait("leaves all as it is")
        terminal.press("y")
        changed[149] = lines[149]
        wait_for(lambda: file.read_text() == "".join(changed))
        terminal.wait("U undoes it")
        terminal.press("U")
        terminal.wait("leaves all as it is")
        terminal.press("y")
        terminal.wait(lambda screen: screen.startswith("▌Diff") and "#3  modified" in screen)
        assert "hundred and fifty" in file.read_text()
        _leave(terminal)


def compare(open: Open, folder: Path) -> None:
    """What is different between two versions of a file, not next to one another."""
    record = _record(folder)
    record.file(AT + "main.py", b"VERSION = 1\n")
    for version in (2, 3, 4):
        record.change(AT + "main.py", b"VERSION = %d\n" % version)
    with open(_viewer(record), cwd=ROOT) as terminal:
        terminal.wait("+ VERSION = 4")
        terminal.press("G", "enter")
        terminal.wait("+ VERSION = 2")
        terminal.wait("▌Diff")
        terminal.press("m")
        terminal.wait("marked")
        terminal.press("K", "K")
        terminal.wait("+ VERSION = 4")
        terminal.press("M")
        terminal.wait("- VERSION = 2")
        terminal.press("s")
        terminal.wait("side by side")
        terminal.press("M")
        terminal.wait("- VERSION = 3")
        _leave(terminal)
    record.close()


def palette(open: Open, folder: Path) -> None:
    """An action whose key one does not know, found by its words; then a text in the diff."""
    record = _record(folder)
    record.file(AT + "main.py", b"one\n" * 60)
    record.change(AT + "main.py", b"one\n" * 30 + b"a needle\n" + b"one\n" * 29)
    with open(_viewer(record), cwd=ROOT) as terminal:
        terminal.wait("+ a needle")
        terminal.press(":")
        terminal.wait("Commands")
        terminal.press(*"alone")
        terminal.wait("this pane alone on the screen")
        terminal.press("enter")
        terminal.wait(lambda screen: screen.startswith("▌Log"))
        terminal.press(":", *"whole file", "enter", "3")
        terminal.wait(lambda screen: screen.startswith("▌Diff") and "whole file" in screen)
        terminal.press("/", *"needle")
        terminal.wait("found 1 of 1")
        terminal.press("enter")
        terminal.wait("31 + a needle")
        _leave(terminal)
    record.close()


def settings(open: Open, folder: Path) -> None:
    """Not to be asked any more before one leaves, without knowing what that is called in the file."""
    work, file = folder / "work", folder / "fcm.toml"
    work.mkdir()
    environ = {"FCM_DATA_DIR": str(folder / "data"), "FCM_CONFIG": str(file)}
    file.write_text('theme = "dark"\n')
    with open([*PROGRAM, str(work)], environ=environ, cwd=ROOT) as terminal:
        terminal.wait("● recording")
        terminal.press("q")
        terminal.wait("Leaving ends the recording of 1 folder.")
        assert "▌Log" in terminal.text  # which is still there to be seen
        terminal.press("escape")
        terminal.wait("● recording")
        terminal.press(",")
        terminal.wait("▌Settings")
        terminal.press(*["down"] * 5, "enter")
        terminal.wait("▌Screen")
        terminal.press("/", *"ask", "enter")
        terminal.wait("1 found")
        terminal.press("enter")
        terminal.wait("[ ] off")
        terminal.press("w")
        terminal.wait("+ ask_before_leaving = false")
        terminal.press("enter")
        terminal.wait("Written.")
        terminal.press("escape", "escape")
        terminal.wait("fcm.toml read again")
        terminal.press("q")
        assert terminal.end() == 0
    assert "ask_before_leaving = false" in file.read_text()


JOURNEYS: tuple[Journey, ...] = (first_run, night, review, restore, compare, palette, settings)
