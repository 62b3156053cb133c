"""Whatever stops, continues or ends the program, at any moment: it goes on, or leaves the terminal as it was."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from tests.ptyharness import Terminal
from tests.waiting import wait_for

CWD = str(Path(__file__).parents[2])
OPENING = "opening the record"
"""Stands there while the screen is imported."""


def recording(folder: Path) -> Terminal:
    """The program as a person starts it, on `folder/root`."""
    (folder / "root").mkdir()
    command = [sys.executable, "-m", "fcm_tui", "--data-dir", str(folder / "data"), str(folder / "root")]
    return Terminal(command, columns=100, rows=30, environ={"LC_ALL": "C.UTF-8"}, cwd=CWD)


def stop_and_continue(terminal: Terminal) -> None:
    stop(terminal)
    terminal.signal(signal.SIGCONT)


def stop(terminal: Terminal) -> None:
    terminal.signal(signal.SIGSTOP)
    assert os.WIFSTOPPED(os.waitpid(terminal.pid, os.WUNTRACED)[1])


@pytest.mark.parametrize("seen", [OPENING, "▌Log", "● recording"])
def test_who_was_stopped_goes_on_and_gives_the_terminal_back(tmp_path: Path, seen: str) -> None:
    with recording(tmp_path) as terminal:
        terminal.wait(seen)
        for _ in range(3):
            stop_and_continue(terminal)
            terminal.pump(0.1)
        terminal.wait("● recording")
        (tmp_path / "root/new").write_text("x\n")
        terminal.wait("+ new")
        for _ in range(5):  # each key reaches the one reader that there is
            terminal.press("?")
            terminal.wait("Esc closes it")
            terminal.press("escape")
            terminal.wait(lambda screen: "Esc closes it" not in screen and "+ new" in screen)
        assert terminal.leave() == 0
        assert terminal.is_as_it_was


def test_what_another_program_wrote_meanwhile_is_drawn_over(tmp_path: Path) -> None:
    with recording(tmp_path) as terminal:
        terminal.wait("● recording")
        terminal.wait("Nothing has changed yet.")
        stop(terminal)
        terminal.overwrite("\x1b[2J\x1b[Hwritten by the shell")
        terminal.wait("written by the shell")
        terminal.signal(signal.SIGCONT)
        terminal.wait(lambda screen: "written by" not in screen and "Nothing has changed yet." in screen)
        assert terminal.leave() == 0


def test_control_z_stops_it_and_gives_the_terminal_back_meanwhile(tmp_path: Path) -> None:
    with recording(tmp_path) as terminal:
        terminal.wait("● recording")
        for _ in range(2):
            terminal.press("\x1a")
            wait_for(lambda: terminal.pump() or os.waitpid(terminal.pid, os.WUNTRACED | os.WNOHANG)[0])
            while terminal.pump():
                pass
            assert terminal.is_as_it_was
            terminal.overwrite("\x1b[2J")
            terminal.signal(signal.SIGCONT)
            terminal.wait("● recording")
        (tmp_path / "root/new").write_text("x\n")
        terminal.wait("+ new")
        assert terminal.leave() == 0
        assert terminal.is_as_it_was


@pytest.mark.parametrize("seen", [OPENING, "▌Log"])
@pytest.mark.parametrize(
    ("number", "statuses"),
    [
        (signal.SIGTERM, (0, -signal.SIGTERM)),
        (signal.SIGHUP, (0, -signal.SIGHUP)),
        (signal.SIGINT, (0, 128 + signal.SIGINT)),
    ],
    ids=["TERM", "HUP", "INT"],
)
def test_what_ends_it_as_it_starts_leaves_the_terminal_as_it_was(
    tmp_path: Path, number: int, statuses: tuple[int, int], seen: str
) -> None:
    with recording(tmp_path) as terminal:
        terminal.wait(seen)
        terminal.signal(number)
        assert terminal.end() in statuses
        assert terminal.is_as_it_was
        assert b"Traceback" not in terminal.raw


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT], ids=["TERM", "HUP", "INT"])
def test_what_ends_the_first_question_leaves_the_terminal_as_it_was(tmp_path: Path, number: int) -> None:
    command = [sys.executable, "-m", "fcm_tui", "--data-dir", str(tmp_path / "data")]
    environ = {
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": CWD,
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path),
    }
    (tmp_path / "here").mkdir()
    with Terminal(command, environ=environ, cwd=str(tmp_path / "here")) as terminal:
        terminal.wait("Record this directory?")
        terminal.signal(number)
        assert terminal.end() == 0
        assert terminal.is_as_it_was


def test_the_terminal_that_an_editor_had_is_read_by_one_again(tmp_path: Path) -> None:
    """And no descriptor of another is closed, however often it was lent."""
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nexit 0\n")
    editor.chmod(0o755)
    (tmp_path / "root").mkdir()
    (tmp_path / "root/a").write_text("x\n")
    command = [sys.executable, "-m", "fcm_tui", "--data-dir", str(tmp_path / "data"), str(tmp_path / "root")]
    environ = {"LC_ALL": "C.UTF-8", "EDITOR": str(editor), "VISUAL": str(editor)}
    with Terminal(command, columns=100, rows=30, environ=environ, cwd=CWD) as terminal:
        terminal.wait("● recording")
        (tmp_path / "root/a").write_text("y\n")
        terminal.wait("~ a")
        for number in range(5):
            terminal.press("e")
            terminal.wait(lambda _, number=number: terminal.raw.count(b"\x1b[?1049h") == number + 3)  # type: ignore[misc]
            (tmp_path / f"root/new{number}").write_text("x\n")
            terminal.wait(f"new{number}")
        assert terminal.leave() == 0
        assert terminal.is_as_it_was
