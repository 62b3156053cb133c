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

CWD = str(Path(__file__).parents[2])
OPENING = "opening the record"
"""Stands there while the screen is imported."""


def recording(folder: Path) -> Terminal:
    """The program as a person starts it, on `folder/root`."""
    (folder / "root").mkdir()
    command = [sys.executable, "-m", "fcm_tui", "--data-dir", str(folder / "data"), str(folder / "root")]
    return Terminal(command, columns=100, rows=30, environ={"LC_ALL": "C.UTF-8"}, cwd=CWD)


def stop_and_continue(terminal: Terminal) -> None:
    terminal.signal(signal.SIGSTOP)
    os.waitid(os.P_PID, terminal.pid, os.WSTOPPED)
    terminal.signal(signal.SIGCONT)


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
            terminal.wait("+ new")
        assert terminal.leave() == 0
        assert terminal.is_as_it_was


def test_what_another_program_wrote_meanwhile_is_drawn_over(tmp_path: Path) -> None:
    with recording(tmp_path) as terminal:
        terminal.wait("● recording")
        terminal.wait("Nothing has changed yet.")
        terminal.signal(signal.SIGSTOP)
        os.waitid(os.P_PID, terminal.pid, os.WSTOPPED)
        terminal.wait("● recording")
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
            while not os.waitid(os.P_PID, terminal.pid, os.WSTOPPED | os.WNOHANG):
                terminal.pump()
            while terminal.pump():
                pass
            assert terminal.is_as_it_was
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
