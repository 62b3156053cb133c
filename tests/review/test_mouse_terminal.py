"""The mouse in a real terminal, which sends what it does as text."""

from __future__ import annotations

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from fcm_tui.model import Kind
from tests.ptyharness import Terminal
from tests.review.builder import RecordBuilder
from tests.review.test_terminal import look

LEFT, MOVE, WHEEL_UP, WHEEL_DOWN = 0, 32, 64, 65


def mouse(terminal: Terminal, button: int, column: int, row: int, end: str = "M") -> None:
    """Send what a terminal sends in SGR mode; `end` m for a button let go. Counted from 0."""
    terminal.press(f"\x1b[<{button};{column + 1};{row + 1}{end}")


def click(terminal: Terminal, column: int, row: int) -> None:
    mouse(terminal, LEFT, column, row)
    mouse(terminal, LEFT, column, row, "m")


def test_click_double_click_wheel_and_drag(empty: RecordBuilder) -> None:
    at = "/home/ann/project/"
    with empty.transaction():
        for number in range(60):
            lines = b"".join(b"row %d %d\n" % (number, line) for line in range(200))
            empty.change(f"{at}file{number}.txt", lines, Kind.CREATED)
    with look(empty, columns=120, rows=40) as terminal:
        terminal.wait("Diff  60 files in project")
        terminal.press("b")
        terminal.wait(lambda screen: "+ file57.txt" in screen and "60  ● live" in screen)
        click(terminal, 60, 3)
        terminal.wait("3 of 60")
        terminal.wait("row 57 0")
        for _ in range(8):
            mouse(terminal, WHEEL_DOWN, 60, 30)
        terminal.wait(lambda screen: "row 57 14" in screen and "+ file57.txt" in screen)
        assert "▌Log" in terminal.text, "the wheel leaves the keyboard where it is"
        for _ in range(8):
            mouse(terminal, WHEEL_DOWN, 60, 5)
        terminal.wait(lambda screen: "+ file57.txt" not in screen and "3 of 60" in screen)
        for _ in range(20):
            mouse(terminal, WHEEL_UP, 60, 5)
        terminal.wait("+ file57.txt")
        click(terminal, 60, 4)
        click(terminal, 60, 4)
        terminal.wait("▌Diff  file56.txt")
        mouse(terminal, LEFT, 33, 20)
        mouse(terminal, MOVE, 53, 20)
        mouse(terminal, LEFT, 53, 20, "m")
        terminal.wait(lambda screen: screen.split("\n")[5][53] == "│")
        click(terminal, 5, 0)
        terminal.wait("▌Directories")
        assert terminal.leave() == 0
