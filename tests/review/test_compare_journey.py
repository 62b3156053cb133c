"""Comparing two versions, as a person does it in a real terminal, large and small, in colours and without."""

from __future__ import annotations

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("there are no pseudo terminals", allow_module_level=True)

from tests.review.builder import RecordBuilder
from tests.review.test_terminal import look
from tests.review.watched import Watched
from tests.waiting import wait_for

AT = "/home/ann/project/"


@pytest.mark.parametrize(
    ("columns", "rows", "environ"),
    [(80, 24, {}), (200, 60, {"COLORTERM": "truecolor"}), (80, 24, {"TERM": "xterm", "NO_COLOR": "1"})],
)
def test_two_versions_are_compared(
    empty: RecordBuilder, columns: int, rows: int, environ: dict[str, str]
) -> None:
    block = [f"def the_function_{number}():\n    return {number}\n" for number in range(20)]
    empty.file(AT + "main.py", "".join(block).encode())
    for version in (2, 3, 4):
        changed = [*block[1:8], block[0], *block[8:]]
        changed[12] = f"VERSION = {version}\n"
        empty.change(AT + "main.py", "".join(changed).encode())
    with look(empty, columns=columns, rows=rows, environ=environ) as terminal:
        terminal.wait("+ VERSION = 4")
        terminal.press("down")
        terminal.wait("+ VERSION = 3")
        terminal.press("down")
        terminal.wait("2 lines moved (< from, > to)")
        terminal.press("enter")
        terminal.wait("▌Diff")
        terminal.press("m")
        terminal.wait("marked")
        terminal.press("K")
        terminal.wait("#1 marked")
        terminal.press("K")
        terminal.wait("+ VERSION = 4")
        terminal.press("M")
        terminal.wait("- VERSION = 2")
        terminal.press("s")
        terminal.wait("unified" if columns == 200 else "side by side")
        terminal.press("M")
        terminal.wait("- VERSION = 3")
        assert terminal.leave() == 0


def test_what_the_first_look_found_is_brought_back(watched: Watched) -> None:
    file = watched.write("a.txt", "first\n")
    with watched.screen(str(watched.root), columns=100) as terminal:
        terminal.wait("● recording")
        for word in ("second", "third"):
            file.write_text(f"{word}\n")
            terminal.wait(f"+ {word}")
        terminal.press("H")
        terminal.wait("▌History")
        terminal.press("G")
        terminal.wait("+ first")
        terminal.press("R")
        terminal.wait("this version, before change 1")
        assert "as it was after change" not in terminal.text
        terminal.press("v")
        terminal.wait("y restores the version before change 1")
        terminal.press("y")
        terminal.wait("recorded as change 3. U undoes it.")
        assert file.read_text() == "first\n"
        terminal.press("escape")
        terminal.wait("▌Log")


def test_what_was_compared_is_brought_back_as_it_was_at_the_mark(watched: Watched) -> None:
    one, other = watched.write("src/one", "1\n"), watched.write("src/other", "1\n")
    with watched.screen(str(watched.root), columns=100) as terminal:
        terminal.wait("● recording")
        for file, word in ((one, "at the mark"), (one, "later"), (other, "later, too")):
            file.write_text(f"{word}\n")
            terminal.wait(f"+ {word}")
        terminal.wait("recording began")  # the last line
        terminal.press("G", "k")
        terminal.wait("+ at the mark")
        terminal.press("m", "g")
        terminal.wait("+ later, too")
        terminal.press("F")
        terminal.wait("2 files differ")
        terminal.press("R")
        terminal.wait("one as it was after change #1")
        terminal.press("m")
        terminal.wait("one as it was after change #1")
        terminal.wait("+ at the mark")
        terminal.press("escape")
        terminal.wait("▌Log")
        terminal.press("1", "j")
        terminal.press("R")
        terminal.wait("all of root as it was after change #1")
        terminal.press("a")
        terminal.wait("y restores")
        terminal.press("y")
        terminal.wait("recorded as changes 4 to 5. U undoes it.")
        assert (one.read_text(), other.read_text()) == ("at the mark\n", "1\n")


def test_of_two_versions_either_is_brought_back(watched: Watched) -> None:
    file = watched.write("a.txt", "one\n")
    with watched.screen(str(watched.root), columns=100) as terminal:
        terminal.wait("● recording")
        for number, word in enumerate(("two", "three", "four"), 1):
            file.write_text(f"{word}\n")
            terminal.wait(f"+ {word}")
            wait_for(lambda number=number: len(watched.changes()) == number)  # type: ignore[misc]
        terminal.wait("recording began")  # the last line
        terminal.press("G", "k")
        terminal.wait("+ two")
        terminal.press("m", "g")
        terminal.wait("+ four")
        terminal.press("M")
        terminal.wait("- two")
        terminal.press("R")
        terminal.wait("this version, after change 3")
        terminal.wait("the marked version, after change 1")
        terminal.press("m")
        terminal.wait("y restores the version after change 1")
        terminal.press("y")
        terminal.wait("recorded as change 4. U undoes it.")
        assert file.read_text() == "two\n"
